/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * vmxcore owns VMX root operation and lends it to clients.
 *
 * Up to Linux 7.0 vmxcore.ko executes VMXON and VMXOFF, and no client does. Since Linux 7.1 the
 * kernel executes them, and vmxcore asks it to. A hypervisor, or any module that needs a CPU in
 * VMX operation, registers as a client under a name and takes references.
 * VMX is on, on a CPU, while a client holds a reference to it, except while the machine sleeps
 * or goes down.
 */
#ifndef _VMXCORE_VMXCORE_H
#define _VMXCORE_VMXCORE_H

#include <linux/bits.h>
#include <linux/jump_label.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

/* The longest name of a client, with its terminating NUL. */
#define VMXCORE_NAME_LEN	32

/* How many clients can be registered at the same time. */
#define VMXCORE_MAX_CLIENTS	32

/*
 * An opaque handle. It has a pointer's type, but is not an address: a handle that has been
 * unregistered is recognised and refused, where a pointer to freed memory would be
 * dereferenced.
 */
struct vmxcore_client;

/*
 * An opaque handle of a VMCS, which is not an address either: the handle of a VMCS that was
 * freed, or taken back from its client, is refused.
 */
struct vmxcore_vmcs;

/*
 * VMXCORE_EXCLUSIVE: no other client has VMX while this one is registered. Its registration
 * fails while other clients hold references. While it is registered, or waits for that,
 * vmxcore_register() of other clients returns -EBUSY, and so do vmxcore_get() of a client
 * without a system-wide reference, and vmxcore_get_cpu() of one without a reference there.
 * VMXCORE_TAKE_OVER: with VMXCORE_EXCLUSIVE: vmxcore calls the yield callbacks of the other
 * clients, and waits up to five seconds until they have put their references. If they have
 * not, the registration fails.
 * VMXCORE_STRANGER: this client executes VMPTRLD itself and does not store in
 * @vmxcore_current_vmcs what it loads. It takes references with vmxcore_get() alone. While it
 * holds one, all others check what is current.
 * VMXCORE_EVMCS: this client runs on Hyper-V's enlightened VMCSs, beside which no VMCS can be
 * loaded. While it is registered no client gets a VMCS, and those that exist are VMCLEARed
 * and cannot be loaded.
 */
#define VMXCORE_EXCLUSIVE	BIT(0)
#define VMXCORE_TAKE_OVER	BIT(1)
#define VMXCORE_EVMCS		BIT(2)
#define VMXCORE_STRANGER	BIT(3)

/**
 * struct vmxcore_client_desc - the description of a client
 * @name: the client's name in the log and in sysfs: 1 to VMXCORE_NAME_LEN - 1 of
 *	[A-Za-z0-9_.-], not starting with a dot, used by no other client
 * @owner: the module that holds the callbacks, %THIS_MODULE. If it is unloaded
 *	without having unregistered, vmxcore takes back what the client holds, and logs it.
 * @flags: VMXCORE_EXCLUSIVE and the others above, or 0
 * @emergency: optional. Called on each CPU when the machine crashes, reboots, is powered off
 *	or enters another kernel (kexec), with or without a notifier having been called
 *	before. Since Linux 7.1 a crash or a forced reboot calls it only where CR4.VMXE is set.
 *	A client that executes VMPTRLD itself must VMCLEAR what it has loaded on this
 *	CPU, because VMXOFF follows. Interrupts are off, and the CPU may be in an NMI: the
 *	callback must not take a lock and must not wait. It may be called more than once, and
 *	where VMX is off, so that a client can note that its instructions will fault from now
 *	on; it must check CR4.VMXE before any VMX instruction.
 * @cpu_gone: optional. Called when CPU @cpu goes offline. The references that this client
 *	took there with vmxcore_get_cpu() end. A client that executes VMPTRLD itself must
 *	VMCLEAR what it has loaded there, because VMXOFF follows. VMX may be off if the CPU
 *	has lost it before. Called on that CPU with interrupts off, when no task is left to
 *	run there, and only for a client that has such references there.
 *	References of vmxcore_get() do not end: vmxcore turns VMX on again for them when
 *	the CPU comes back online.
 * @yield: optional. Called when a client with %VMXCORE_TAKE_OVER registers while others hold
 *	references. It must put the references that no VM depends on. Called in a task that
 *	may sleep. vmxcore_put() and vmxcore_put_cpu() may be called in it,
 *	vmxcore_unregister() may not.
 * @regain: optional. Called when an exclusive client has unregistered, or when one with
 *	%VMXCORE_TAKE_OVER was refused. It may take again the references that @yield has
 *	put. The context is that of @yield; it may be called without a @yield before.
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
 * @true_pinbased: IA32_VMX_TRUE_PINBASED_CTLS. It is 0 if IA32_VMX_BASIC[55] is clear, and
 *	so are the next three
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
 * True from the moment the machine goes down (reboot, power-off, kexec, crash), before VMX is
 * turned off on any CPU. A VMX instruction that faults while this is set is no bug of its
 * caller.
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
 * The reload flags of vmxcore_vmcs_load(): what its caller has to do again.
 * VMXCORE_VMCS_CLEAR: the VMCS has been VMCLEARed since it was last loaded. The next VM entry
 * must be a VMLAUNCH, and the guest's translations on this CPU may be stale: see
 * vmxcore_ept_activate().
 * VMXCORE_VMCS_MOVED: the VMCS was last loaded on another CPU, or never. The host's TR, GDTR
 * and GS bases, SYSENTER_ESP and all else that is per CPU have to be set.
 * The first load of a VMCS returns both.
 */
#define VMXCORE_VMCS_CLEAR	BIT(0)
#define VMXCORE_VMCS_MOVED	BIT(1)

/*
 * The VMCS that is current on each CPU: the address of its page if a client has executed
 * VMPTRLD itself, as kvm_intel does on its way to a guest; the handle, which is no address, if
 * vmxcore_vmcs_load() has loaded it; NULL if it is not known.
 *
 * A client that executes VMPTRLD itself must store the address of the page here before VMPTRLD,
 * or register as a %VMXCORE_STRANGER. When it VMCLEARs a VMCS whose address is stored here, it
 * must store NULL. It must treat any other value as "not my VMCS", and must not dereference it.
 * All other clients call vmxcore_vmcs_load().
 */
DECLARE_PER_CPU(void *, vmxcore_current_vmcs);

/*
 * The handle that vmxcore_vmcs_load() loaded last on each CPU, which is never the address of a
 * page. If @vmxcore_current_vmcs is equal to it, the VMCS of another hypervisor is current. If
 * @vmxcore_current_vmcs is NULL, the VMCS of another hypervisor may have been current. In both
 * cases a client that executes VMPTRLD itself must flush the branch history (IBPB).
 */
DECLARE_PER_CPU(void *, vmxcore_lent_vmcs);

/*
 * On while there is a stranger: a module that executes VMPTRLD where a client has turned VMX on,
 * and does not write @vmxcore_current_vmcs. That is a client with %VMXCORE_STRANGER that holds a
 * reference, and VirtualBox's driver, unless a client named vboxdrv speaks for it. A client that
 * executes VMPTRLD itself must call vmxcore_vmcs_check() then before it compares that variable
 * with its VMCS. All clients must call vmxcore_vmcs_leave() then before they turn preemption on.
 */
DECLARE_STATIC_KEY_FALSE(vmxcore_strangers);

void vmxcore_vmcs_check(bool flush_vpids);
void vmxcore_vmcs_leave(bool flush_vpids);

struct vmxcore_vmcs *vmxcore_vmcs_alloc(struct vmxcore_client *client, int node);
struct vmxcore_vmcs *vmxcore_vmcs_adopt(struct vmxcore_client *client, void *page);
void vmxcore_vmcs_free(struct vmxcore_vmcs *vmcs);
int vmxcore_vmcs_load(struct vmxcore_vmcs *vmcs);
void vmxcore_vmcs_clear(struct vmxcore_vmcs *vmcs);
int vmxcore_vmcs_borrow(struct vmxcore_vmcs *vmcs, u64 *interrupted);
void vmxcore_vmcs_return(struct vmxcore_vmcs *vmcs, u64 interrupted);

int vmxcore_ept_activate(u64 eptp);

/*
 * IPI virtualization (SDM volume 3, "IPI Virtualization"): the VMCS points to a table that is
 * indexed by vCPU id. An entry points to the posted-interrupt descriptor of that vCPU. A CPU
 * reads an entry whenever a guest sends an IPI.
 */
#define VMXCORE_MAX_VCPU_ID	U16_MAX
#define VMXCORE_PID_VALID	BIT_ULL(0)

/**
 * struct vmxcore_pid_table - a PID-pointer table
 * @entries: the table; its physical address goes into the VMCS
 * @last: the highest vCPU id that it has an entry for; goes into the VMCS, too
 *
 * Clients may read it; only the calls below write it.
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
