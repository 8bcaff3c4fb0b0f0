/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_BACKEND_H
#define _VMXCORE_BACKEND_H

#include <linux/types.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

struct module;

/* The page that VMXON is given, as far as software may know it: SDM 25.11.5. */
struct vmxcore_root_vmcs {
	u32 revision;
	u8 reserved[];
};

/*
 * The register itself, and not the kernel's shadow of it: another hypervisor that sets VMXE
 * leaves the shadow as it was.
 */
static inline bool vmxcore_cr4_vmxe(void)
{
	return __read_cr4() & X86_CR4_VMXE;
}

/**
 * struct vmxcore_backend_events - what a backend tells
 * @emergency: this CPU crashes or reboots in a hurry; interrupts off, maybe NMI
 * @came: VMX can be had from now on; task. Not called by a backend that always has it
 * @going: it cannot be had any more when this returns: turn it off everywhere; task
 */
struct vmxcore_backend_events {
	void (*emergency)(void);
	void (*came)(void);
	void (*going)(void);
};

/**
 * struct vmxcore_backend - how a CPU enters and leaves VMX operation
 * @name: as shown to admins
 * @start: from here on @emergency and the others are called; before VMX goes on for
 *	the first time. 0 or -ENOMEM
 * @stop: the counterpart; VMX is off on every CPU
 * @on: put this CPU into VMX operation; 0 or one of the errors of vmxcore_get()
 * @off: take it out again; -EFAULT when it was out already
 * @emergency_off: the same when the machine crashes: no state, no locks, NMI
 * @available: can VMX be had? False while no module lends it; @came tells when one does. Any
 *	context
 * @ibpb: flush this CPU's branch history, where the kernel flushes it between guests of KVM;
 *	interrupts off, VMX on
 * @pins: must a client of this module keep somebody's module in place while it holds
 *	VMX? Asked once, when it registers
 * @pin: do that; 0 or -ENODEV. Any context
 * @unpin: end it
 * @provider: the name of the module that lends VMX, into %MODULE_NAME_LEN bytes, which are
 *	left as they are when there is none. Task
 *
 * Mechanism only: @on, @off, @emergency_off and @ibpb are about one CPU, this one, interrupts
 * off. No policy, no books.
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

extern const struct vmxcore_backend vmxcore_native;
extern const struct vmxcore_backend vmxcore_borrowed;

#endif /* _VMXCORE_BACKEND_H */
