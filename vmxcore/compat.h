/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between the kernels that vmxcore supports. LINUX_VERSION_CODE is used
 * nowhere else.
 */
#ifndef _VMXCORE_COMPAT_H
#define _VMXCORE_COMPAT_H

#include <linux/cpuhotplug.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/syscore_ops.h>
#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/reboot.h>
#include <asm/vmx.h>

/* The line of a kernel, without the number of its stable update. */
#define VMXCORE_LINE	(LINUX_VERSION_CODE >> 8)
#define LINUX_6_1	0x0601
#define LINUX_6_12	0x060c
#define LINUX_7_2	0x0702

#if VMXCORE_LINE != LINUX_6_1 && VMXCORE_LINE != LINUX_6_12 && VMXCORE_LINE != LINUX_7_2
#error "vmxcore supports Linux 6.1, 6.12 and 7.2 only: build it for such a kernel (KDIR=)"
#endif

/*
 * The STARTING section, where VMX is turned on before a CPU is marked online and off after its
 * last task and interrupt, has no dynamic states. CPUHP_AP_ARM_VFP_STARTING belongs to a
 * 32-bit ARM floating point unit, so no x86 kernel uses it. The state must have a smaller
 * number than CPUHP_AP_SMPCFD_DYING: on the way down the states run in reverse order, and that
 * one runs the cross calls that are still queued, among them VMCLEARs, which need VMX. It must
 * also have a smaller number than CPUHP_AP_KVM_STARTING, where KVM takes its reference in
 * Linux 6.1.
 */
#define VMXCORE_CPUHP_STARTING	CPUHP_AP_ARM_VFP_STARTING

/* Since 7.1 the kernel executes VMXON, by functions that it exports to KVM's modules only. */
#if VMXCORE_LINE == LINUX_7_2
#define VMXCORE_BACKEND		vmxcore_backend_kernel
#else
#define VMXCORE_BACKEND		vmxcore_backend_native
#endif

/*
 * The controls that KVM of Linux 7.2 uses in addition: loading CET state, saving
 * IA32_PERF_GLOBAL_CTRL at a VM exit, and mode-based EPT, for which KVM needs the advanced
 * VM-exit information about EPT violations.
 */
#if VMXCORE_LINE == LINUX_7_2
#define VMXCORE_KVM_PROCBASED2	SECONDARY_EXEC_MODE_BASED_EPT_EXEC
#define VMXCORE_KVM_EXIT	(VM_EXIT_LOAD_CET_STATE | VM_EXIT_SAVE_IA32_PERF_GLOBAL_CTRL)
#define VMXCORE_KVM_ENTRY	VM_ENTRY_LOAD_CET_STATE
#define VMXCORE_KVM_EPT		VMX_EPT_ADVANCED_VMEXIT_INFO_BIT
#else
#define VMXCORE_KVM_PROCBASED2	0
#define VMXCORE_KVM_EXIT	0
#define VMXCORE_KVM_ENTRY	0
#define VMXCORE_KVM_EPT		0
#endif

/* kvm.ko registers the kernel's emergency callback; in 6.1 kvm_intel.ko registers it. */
#define VMXCORE_KVM_HAS_EMERGENCY	(VMXCORE_LINE != LINUX_6_1)

/*
 * In 6.1 kernel_kexec() calls the reboot notifiers only, and not syscore_shutdown(). vmxcore's
 * notifier runs before all others but those of priority INT_MAX, which is left to clients that
 * need VMX in a notifier of their own. KVM's notifier VMCLEARs what KVM has loaded. If another
 * client kept VMX on then, instructions of a running vCPU would VMfail, of which KVM complains.
 * With VMX off they fault, which KVM expects.
 */
#if VMXCORE_LINE == LINUX_6_1
static inline void vmxcore_register_shutdown(struct notifier_block *nb)
{
	nb->priority = INT_MAX - 1;
	register_reboot_notifier(nb);
}

static inline void vmxcore_unregister_shutdown(struct notifier_block *nb)
{
	unregister_reboot_notifier(nb);
}
#else
static inline void vmxcore_register_shutdown(struct notifier_block *nb)
{
}

static inline void vmxcore_unregister_shutdown(struct notifier_block *nb)
{
}
#endif

/* Newer kernels and stable updates pass a pointer to syscore callbacks: vmxcore/Kbuild looks. */
#ifdef VMXCORE_HAVE_SYSCORE
#define VMXCORE_SYSCORE_DATA	void *unused

struct vmxcore_syscore {
	struct syscore_ops ops;
	struct syscore syscore;
};

static inline void vmxcore_register_syscore(struct vmxcore_syscore *s)
{
	s->syscore.ops = &s->ops;
	register_syscore(&s->syscore);
}

static inline void vmxcore_unregister_syscore(struct vmxcore_syscore *s)
{
	unregister_syscore(&s->syscore);
}
#else
#define VMXCORE_SYSCORE_DATA	void

struct vmxcore_syscore {
	struct syscore_ops ops;
};

static inline void vmxcore_register_syscore(struct vmxcore_syscore *s)
{
	register_syscore_ops(&s->ops);
}

static inline void vmxcore_unregister_syscore(struct vmxcore_syscore *s)
{
	unregister_syscore_ops(&s->ops);
}
#endif

/*
 * Does a module that is COMING link against vmxcore? The list of the modules that it uses is
 * complete in this state. Since 7.0 only the module loader may read that list, so any module
 * built out of the tree counts as linked. A kvm_intel that is not vmxcore's does no harm since
 * then: the kernel counts the users of VMX, and vmxcore's clients get no VMX without a provider.
 */
#if VMXCORE_LINE == LINUX_7_2
static inline bool vmxcore_is_used_by(const struct module *mod)
{
	return test_bit(TAINT_OOT_MODULE, &mod->taints);
}
#else
static inline bool vmxcore_is_used_by(const struct module *mod)
{
	const struct module_use *use;

	list_for_each_entry(use, &mod->target_list, target_list) {
		if (use->target == THIS_MODULE)
			return true;
	}
	return false;
}
#endif

/* cpuid_ecx() */
#if VMXCORE_LINE == LINUX_7_2
#include <asm/cpuid/api.h>
#else
#include <asm/processor.h>
#endif

/* Up to 6.9 __assign_str() wants the source again; in trace.h it has the name of the field. */
#if VMXCORE_LINE == LINUX_6_1
#define vmxcore_assign_str(field)	__assign_str(field, field)
#else
#define vmxcore_assign_str(field)	__assign_str(field)
#endif

/* Names and values that have changed. */
#ifndef MAX_PAGE_ORDER
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#endif

#if VMXCORE_LINE == LINUX_6_1
#define SECONDARY_EXEC_ENABLE_XSAVES	SECONDARY_EXEC_XSAVES
#define SECONDARY_EXEC_EPT_VIOLATION_VE	VMCS_CONTROL_BIT(EPT_VIOLATION_VE)
#endif

#if VMXCORE_LINE != LINUX_7_2
#define rdmsrq		rdmsrl
#define rdmsrq_safe	rdmsrl_safe
#endif

#endif /* _VMXCORE_COMPAT_H */
