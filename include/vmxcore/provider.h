/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmxcore: how kvm_intel lends on what the kernel lends to it. Since Linux 7.1 the
 * kernel executes VMXON and VMXOFF, for modules named kvm* only.
 *
 * For vmxcore's own kvm_intel; hypervisors want vmxcore.h.
 */
#ifndef _VMXCORE_PROVIDER_H
#define _VMXCORE_PROVIDER_H

struct module;

/**
 * struct vmxcore_provider - access to the kernel's VMX
 * @owner: the module that holds the functions, %THIS_MODULE. It stays loaded as long as
 *	a client of another module holds a reference.
 * @get_ref: put this CPU into VMX operation, or count another user of it; called with
 *	interrupts off. 0; -EBUSY: somebody set CR4.VMXE behind the kernel's back; or
 *	what the kernel says
 * @put_ref: the counterpart of a @get_ref that succeeded
 * @ibpb: flush the branch history of this CPU (IBPB), if the kernel does so between two guests of
 *	KVM's; called with interrupts off
 */
struct vmxcore_provider {
	struct module *owner;
	int (*get_ref)(void);
	void (*put_ref)(void);
	void (*ibpb)(void);
};

int vmxcore_provider_register(const struct vmxcore_provider *provider);
void vmxcore_provider_unregister(const struct vmxcore_provider *provider);
void vmxcore_provider_emergency(void);

#endif /* _VMXCORE_PROVIDER_H */
