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

#include <linux/module.h>
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

/**
 * struct vmxcore_client_desc - what a client tells of itself
 * @name: what the log and sysfs call this client: 1 to VMXCORE_NAME_LEN - 1 of
 *	[A-Za-z0-9_.-], not starting with a dot, used by no other client
 * @owner: the module that holds the callbacks, %THIS_MODULE. If it is unloaded
 *	without having unregistered, vmxcore takes everything back and says so.
 * @emergency: optional. This CPU crashes or the machine reboots in a hurry:
 *	VMCLEAR what this client has loaded here, VMXOFF follows. Called on the
 *	CPU in question with interrupts off, maybe in NMI context, maybe more
 *	than once: no lock may be taken and nothing may be waited for. Also
 *	called where VMX is off (check CR4.VMXE before any VMX instruction),
 *	so that a client can note that its instructions will fault from now on.
 * @cpu_gone: optional. CPU @cpu goes offline and takes with it every reference
 *	that this client took there with vmxcore_get_cpu(). Called on that CPU with
 *	interrupts off and no task left to run there, VMX still on; VMXOFF
 *	follows. VMCLEAR what this client has loaded here. References of
 *	vmxcore_get() are not affected: they hold again when the CPU comes back.
 *	Called only for a client that has such references there.
 *
 * The structure and the name are copied.
 */
struct vmxcore_client_desc {
	const char *name;
	struct module *owner;
	void (*emergency)(void);
	void (*cpu_gone)(unsigned int cpu);
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

#endif /* _VMXCORE_VMXCORE_H */
