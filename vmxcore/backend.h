/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_BACKEND_H
#define _VMXCORE_BACKEND_H

#include <linux/types.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

struct module;

/*
 * The page of a VMCS or root VMCS. Software may rely on the revision identifier and the VMX-abort
 * indicator only (SDM volume 3, "Format of the VMCS Region"), and vmxcore does not use the latter.
 */
struct vmxcore_vmcs_region {
	u32 revision;
	u8 reserved[];
};

/* Read the register and not the kernel's shadow, which another hypervisor may leave stale. */
static inline bool vmxcore_cr4_vmxe(void)
{
	return __read_cr4() & X86_CR4_VMXE;
}

/**
 * struct vmxcore_backend_events - what a backend calls
 * @emergency: called when this CPU crashes or reboots without notice; interrupts off, maybe in
 *	an NMI
 * @added: called in a task when VMX has become available. A backend that always has it never
 *	calls this
 * @removing: called in a task when VMX is about to become unavailable. It must turn VMX off on
 *	all CPUs before it returns
 */
struct vmxcore_backend_events {
	void (*emergency)(void);
	void (*added)(void);
	void (*removing)(void);
};

/**
 * struct vmxcore_backend - how a CPU enters and leaves VMX operation
 * @name: in the log and in sysfs
 * @start: called before VMX is turned on for the first time; @events are called from here
 *	on. Return: 0 or -ENOMEM
 * @stop: undoes @start, when VMX is off on every CPU; or NULL
 * @on: put this CPU into VMX operation. Return: 0 or one of the errors of vmxcore_get()
 * @off: take this CPU out of VMX operation. Return: 0, or -EFAULT if it was out already
 * @emergency_off: as @off, but in a crash: VMX may be on or off, no lock is taken, maybe in an
 *	NMI. NULL if the kernel executes VMXOFF then
 * @available: is VMX available? False while no module lends it; @added tells when one does.
 *	Any context
 * @ibpb: flush the branch history of this CPU where the kernel does so between KVM's guests;
 *	VMX is on
 * @pins: must a client of module @owner keep the provider's module loaded while it has
 *	references? Called once, when the client registers; NULL in a backend that never has a
 *	provider
 * @pin: take a reference to the provider's module. Return: 0 or -ENODEV. Any context; not
 *	called if @pins is NULL
 * @unpin: undoes @pin
 * @provider: copy the name of the provider's module to @name, which has %MODULE_NAME_LEN
 *	bytes, and is left as it is while there is no provider. NULL in a backend that never has
 *	a provider
 *
 * @on, @off, @emergency_off and @ibpb act on this CPU, with interrupts off. A backend does not
 * know which client has a reference to VMX.
 */
struct vmxcore_backend {
	const char *name;
	int (*start)(const struct vmxcore_backend_events *events);
	void (*stop)(void);
	int (*on)(void);
	int (*off)(void);
	void (*emergency_off)(void);
	bool (*available)(void);
	void (*ibpb)(void);
	bool (*pins)(const struct module *owner);
	int (*pin)(void);
	void (*unpin)(void);
	void (*provider)(char *name);
};

extern const struct vmxcore_backend vmxcore_backend_native;
extern const struct vmxcore_backend vmxcore_backend_kernel;

#endif /* _VMXCORE_BACKEND_H */
