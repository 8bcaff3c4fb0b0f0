/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between the kernel versions that the test modules are built
 * for.
 */
#ifndef _TEST_COMPAT_H
#define _TEST_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/version.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "test.h"

/*
 * The kernel's emergency callback, the functions that set and clear it, and the
 * function that executes VMXON
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#define EMERGENCY_SLOT		"cpu_emergency_virt_callback"
#define EMERGENCY_REGISTER	"cpu_emergency_register_virt_callback"
#define EMERGENCY_UNREGISTER	"cpu_emergency_unregister_virt_callback"
#define VMXON_FUNCTION		"vmxcore:execute_vmxon"
#define ROOT_VMCS		NULL

static inline u32 *root_vmcs_of(struct pt_regs *vmxon, void __percpu *pages)
{
	return (u32 *)regs_get_kernel_argument(vmxon, 0);
}
#else
#define EMERGENCY_SLOT		"kvm_emergency_callback"
#define EMERGENCY_REGISTER	"x86_virt_register_emergency_callback"
#define EMERGENCY_UNREGISTER	"x86_virt_unregister_emergency_callback"
#define VMXON_FUNCTION		"x86_virt_get_ref"
#define ROOT_VMCS		"root_vmcs"

static inline u32 *root_vmcs_of(struct pt_regs *vmxon, void __percpu *pages)
{
	return *(u32 **)this_cpu_ptr(pages);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
static inline void __apic_send_IPI_mask(const struct cpumask *mask, int vector)
{
	apic->send_IPI_mask(mask, vector);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *timer),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define rdmsrq		rdmsrl
#define rdmsrq_safe	rdmsrl_safe
#define wrmsrq		wrmsrl
#endif

#ifdef X86_FEATURE_FRED
#define FEATURE_FRED	X86_FEATURE_FRED
#else
#define FEATURE_FRED	(-1)
#endif

#endif /* _TEST_COMPAT_H */
