/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmxcore: the owner of VMX root operation, and what it lends to its clients.
 *
 * vmxcore.ko is the only code of the machine that executes VMXON and VMXOFF.
 * A hypervisor (or any module that needs a CPU in VMX operation) registers as
 * a client under a name, takes references, and finds VMX on exactly where and
 * while it holds one.
 */
#ifndef _VMXCORE_VMXCORE_H
#define _VMXCORE_VMXCORE_H

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

/* The longest name of a client, its terminating NUL included. */
#define VMXCORE_NAME_LEN	32

/* How many clients can be registered at the same time. */
#define VMXCORE_MAX_CLIENTS	32

/*
 * An opaque handle. It is not a pointer to memory: a handle that has been
 * unregistered is recognised and refused for as long as vmxcore is loaded, where
 * a pointer to freed memory would be dereferenced.
 */
struct vmxcore_client;

/*
 * A VMCS that vmxcore knows: also an opaque handle and no pointer, so that one that has been
 * freed, or taken back from its client, is refused.
 */
struct vmxcore_vmcs;

/*
 * VMXCORE_EXCLUSIVE: VMX is this client's alone as long as it is registered. It cannot
 * be registered while others hold references, and they get -EBUSY while it is.
 * VMXCORE_TAKE_OVER: with VMXCORE_EXCLUSIVE: ask others to give back what they can, and
 * wait for it, before that is given up.
 * VMXCORE_EVMCS: this client runs on Hyper-V's enlightened VMCS, beside which no VMCS can be
 * loaded: while it is registered no client gets one, and those that exist are VMCLEARed and
 * cannot be loaded.
 */
#define VMXCORE_EXCLUSIVE	BIT(0)
#define VMXCORE_TAKE_OVER	BIT(1)
#define VMXCORE_EVMCS		BIT(2)

/**
 * struct vmxcore_client_desc - what a client tells of itself
 * @name: what the log and sysfs call this client: 1 to VMXCORE_NAME_LEN - 1 of
 *	[A-Za-z0-9_.-], not starting with a dot, used by no other client
 * @owner: the module that holds the callbacks, %THIS_MODULE. If it is unloaded
 *	without having unregistered, vmxcore takes everything back and says so.
 * @flags: VMXCORE_EXCLUSIVE and so on, or 0
 * @emergency: optional. This CPU crashes, or the machine reboots, is switched off
 *	or goes to another kernel (kexec), in order or in a hurry: VMCLEAR what this
 *	client has loaded here, VMXOFF follows. Called on the CPU in question with
 *	interrupts off, maybe in NMI context, maybe more than once: no lock may be
 *	taken and nothing may be waited for. Also called where VMX is off (check
 *	CR4.VMXE before any VMX instruction), so that a client can note that its
 *	instructions will fault from now on.
 * @cpu_gone: optional. CPU @cpu goes offline and takes with it every reference
 *	that this client took there with vmxcore_get_cpu(). Called on that CPU with
 *	interrupts off and no task left to run there, VMX still on; VMXOFF
 *	follows. VMCLEAR what this client has loaded here. References of
 *	vmxcore_get() are not affected: they hold again when the CPU comes back.
 *	Called only for a client that has such references there.
 *
 * @yield: optional. Somebody wants VMX for himself (%VMXCORE_TAKE_OVER): give back
 *	references that are held for nobody's sake. Called in a task that may sleep;
 *	every call that puts is fine in it, vmxcore_unregister() is not.
 * @regain: optional. He has gone, or did not get it: take again what was yielded, if
 *	that is still wanted. Called as @yield is, and maybe without one before.
 *
 * The structure and the name are copied.
 */
struct vmxcore_client_desc {
	const char *name;
	struct module *owner;
	unsigned int flags;
	void (*emergency)(void);
	void (*cpu_gone)(unsigned int cpu);
	void (*yield)(void);
	void (*regain)(void);
};

/**
 * struct vmxcore_caps - the VMX capability MSRs of this machine
 * @basic: IA32_VMX_BASIC: revision identifier, size and memory type of a VMCS
 * @misc: IA32_VMX_MISC
 * @pinbased: IA32_VMX_PINBASED_CTLS
 * @procbased: IA32_VMX_PROCBASED_CTLS
 * @exit: IA32_VMX_EXIT_CTLS
 * @entry: IA32_VMX_ENTRY_CTLS
 * @true_pinbased: IA32_VMX_TRUE_PINBASED_CTLS, 0 where BASIC[55] is clear, as
 *	the other three of its kind
 * @true_procbased: IA32_VMX_TRUE_PROCBASED_CTLS
 * @true_exit: IA32_VMX_TRUE_EXIT_CTLS
 * @true_entry: IA32_VMX_TRUE_ENTRY_CTLS
 * @procbased2: IA32_VMX_PROCBASED_CTLS2, 0 where the CPU has none
 * @procbased3: IA32_VMX_PROCBASED_CTLS3 (allowed 1-settings), 0 where the CPU
 *	has none
 * @ept_vpid: IA32_VMX_EPT_VPID_CAP, 0 where the CPU has neither EPT nor VPIDs
 * @vmfunc: IA32_VMX_VMFUNC, 0 where the CPU has none
 * @cr0_fixed0: IA32_VMX_CR0_FIXED0: bits of CR0 that must be 1 in VMX operation
 * @cr0_fixed1: IA32_VMX_CR0_FIXED1: bits of CR0 that may be 1
 * @cr4_fixed0: IA32_VMX_CR4_FIXED0
 * @cr4_fixed1: IA32_VMX_CR4_FIXED1
 * @vmcs_enum: IA32_VMX_VMCS_ENUM
 *
 * Intel SDM volume 3, appendix A, "VMX Capability Reporting Facility".
 */
struct vmxcore_caps {
	u64 basic;
	u64 misc;
	u64 pinbased;
	u64 procbased;
	u64 exit;
	u64 entry;
	u64 true_pinbased;
	u64 true_procbased;
	u64 true_exit;
	u64 true_entry;
	u64 procbased2;
	u64 procbased3;
	u64 ept_vpid;
	u64 vmfunc;
	u64 cr0_fixed0;
	u64 cr0_fixed1;
	u64 cr4_fixed0;
	u64 cr4_fixed1;
	u64 vmcs_enum;
};

/*
 * True from the moment the machine goes down (reboot, power-off, kexec, crash):
 * set before VMX is taken from any CPU. A VMX instruction that faults while
 * this is set has lost VMX under it and is no bug of its caller.
 */
extern bool vmxcore_rebooting;

struct vmxcore_client *vmxcore_register(const struct vmxcore_client_desc *desc);
void vmxcore_unregister(struct vmxcore_client *client);

int vmxcore_get(struct vmxcore_client *client);
void vmxcore_put(struct vmxcore_client *client);

int vmxcore_get_cpu(struct vmxcore_client *client);
void vmxcore_put_cpu(struct vmxcore_client *client);

const struct vmxcore_caps *vmxcore_caps(void);

/*
 * What vmxcore_vmcs_load() tells its caller to do again, or'ed together.
 * VMXCORE_VMCS_CLEAR: the VMCS has been VMCLEARed since it was last loaded: the next VM entry
 * is a VMLAUNCH, and nothing of the CPU's translations for it can be relied upon.
 * VMXCORE_VMCS_MOVED: this is another CPU than the last one: set the host's TR, GDTR and GS
 * bases, SYSENTER_ESP and whatever else is each CPU's own.
 */
#define VMXCORE_VMCS_CLEAR	BIT(0)
#define VMXCORE_VMCS_MOVED	BIT(1)

/*
 * The VMCS that is current on each CPU: the address of its page where a client executes VMPTRLD
 * itself, as kvm_intel does on its way to a guest; the handle where vmxcore_vmcs_load() has loaded
 * it, which is no address; NULL when that is not known. A client that executes VMPTRLD itself
 * writes the address before VMPTRLD, sets the variable to NULL when it VMCLEARs that VMCS, and
 * takes its VMCS for current only where it finds that address. It must not dereference what it
 * finds. All other clients call vmxcore_vmcs_load().
 */
DECLARE_PER_CPU(void *, vmxcore_current_vmcs);

/*
 * The handle that vmxcore_vmcs_load() loaded last on each CPU. A client that executes VMPTRLD
 * itself finds @vmxcore_current_vmcs equal to it where another hypervisor's VMCS is current, or
 * NULL where that one may have been, and flushes the branch history (IBPB). No page is ever
 * equal to it, also not one that was that hypervisor's.
 */
DECLARE_PER_CPU(void *, vmxcore_lent_vmcs);

struct vmxcore_vmcs *vmxcore_vmcs_alloc(struct vmxcore_client *client, int node);
struct vmxcore_vmcs *vmxcore_vmcs_adopt(struct vmxcore_client *client, void *page);
void vmxcore_vmcs_free(struct vmxcore_vmcs *vmcs);
int vmxcore_vmcs_load(struct vmxcore_vmcs *vmcs);
void vmxcore_vmcs_clear(struct vmxcore_vmcs *vmcs);
int vmxcore_vmcs_borrow(struct vmxcore_vmcs *vmcs, u64 *interrupted);
void vmxcore_vmcs_return(struct vmxcore_vmcs *vmcs, u64 interrupted);

int vmxcore_ept_activate(u64 eptp);

/*
 * IPI virtualization (SDM volume 3, "IPI Virtualization"): the VMCS names a table of pointers
 * to the posted-interrupt descriptors of a VM's vCPUs, by their ids. A CPU reads an entry
 * whenever a guest sends an IPI.
 */
#define VMXCORE_MAX_VCPU_ID	U16_MAX
#define VMXCORE_PID_VALID	BIT_ULL(0)

/**
 * struct vmxcore_pid_table - a PID-pointer table
 * @entries: the table; its physical address goes into the VMCS
 * @last: the highest vCPU id it has an entry for; goes into the VMCS too
 *
 * Read by whoever likes, written by the calls below only.
 */
struct vmxcore_pid_table {
	u64 *entries;
	u16 last;
};

struct vmxcore_pid_table *vmxcore_pid_table_alloc(unsigned int max_vcpu_id);
void vmxcore_pid_table_free(struct vmxcore_pid_table *table);
int vmxcore_pid_table_set(struct vmxcore_pid_table *table, unsigned int vcpu_id,
			  const void *descriptor);
void vmxcore_pid_table_clear(struct vmxcore_pid_table *table, unsigned int vcpu_id);

int vmxcore_vpid_alloc(struct vmxcore_client *client);
void vmxcore_vpid_free(struct vmxcore_client *client, int vpid);

#endif /* _VMXCORE_VMXCORE_H */
