/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * How vmxcore's kvm_intel passes the kernel's VMX on to vmxcore. Since Linux 7.1 the kernel
 * executes VMXON and VMXOFF, and exports the functions for it only to modules whose names begin
 * with kvm. Hypervisors include vmxcore.h instead.
 */
#ifndef _VMXCORE_PROVIDER_H
#define _VMXCORE_PROVIDER_H

struct module;

/**
 * struct vmxcore_provider - access to the kernel's VMX
 * @owner: the module that holds the functions, %THIS_MODULE. It stays loaded as long as a
 *	client of another module holds a reference, vmxcore's own client excepted.
 * @get_ref: put this CPU into VMX operation, or count another user of it; called with
 *	interrupts off. Return: 0; -EBUSY: another hypervisor has set CR4.VMXE; or the
 *	kernel's error
 * @put_ref: undoes a @get_ref that succeeded
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
