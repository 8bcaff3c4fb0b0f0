/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before all other headers in vmxcore's own code. The machine of the
 * suites has no capability MSRs, no CR4.VMXE, no Intel PT and no emergency
 * slot, so vmxcore uses those of hw.c. Everything else is the kernel's. VMX
 * instructions are executed and fault, and insn.c emulates them.
 */
#ifndef VMXCORE_KUNIT_SEAM_H
#define VMXCORE_KUNIT_SEAM_H

/* The log and sysfs have this name. */
#undef KBUILD_MODNAME
#define KBUILD_MODNAME "vmxcore"

/*
 * The same definition in vmxcore's files comes after the headers below, which
 * is too late.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cache.h>
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/nospec-branch.h>
#include <asm/perf_event.h>
#include <asm/reboot.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>

/*
 * The suites call init and exit functions many times, so they must not be
 * freed.
 */
#undef __init
#undef __exit
#undef __ro_after_init
#define __init
#define __exit
#define __ro_after_init

/* world.c loads and unloads vmxcore by these. */
extern int (*const world_init_module)(void);
extern void (*const world_exit_module)(void);
extern struct module world_module;

#undef module_init
#undef module_exit
#undef THIS_MODULE
#define module_init(init)	int (*const world_init_module)(void) = (init)
#define module_exit(exit)	void (*const world_exit_module)(void) = (exit)
#define THIS_MODULE		(&world_module)

/* vmxcore.ko exports these symbols. */
#undef EXPORT_SYMBOL_GPL
#undef EXPORT_PER_CPU_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(symbol)
#define EXPORT_PER_CPU_SYMBOL_GPL(symbol)

bool hw_cpu_has(unsigned int feature);
u32 hw_cpuid_ecx(u32 leaf);
int hw_setup_hotplug_state(enum cpuhp_state state, const char *name,
			   int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu));
u64 hw_rdmsr(u32 msr);
unsigned long hw_cr4(void);
void hw_cr4_set(unsigned long bits);
void hw_cr4_clear(unsigned long bits);
void hw_on_each_cpu(smp_call_func_t func, void *info, int wait);
void hw_pt_handle_vmx(int on);
void hw_ibpb(void);
void hw_fill_emergency_slot(cpu_emergency_virt_cb *callback);
void hw_empty_emergency_slot(cpu_emergency_virt_cb *callback);

#undef this_cpu_has
#undef rdmsrl
#define this_cpu_has(feature)		hw_cpu_has(feature)
#define cpuid_ecx(leaf)			hw_cpuid_ecx(leaf)
#define cpuhp_setup_state		hw_setup_hotplug_state
#define rdmsrl(msr, value)		((value) = hw_rdmsr(msr))
#define __read_cr4()			hw_cr4()
#define cr4_set_bits_irqsoff(bits)	hw_cr4_set(bits)
#define cr4_clear_bits_irqsoff(bits)	hw_cr4_clear(bits)
#define on_each_cpu			hw_on_each_cpu
#define intel_pt_handle_vmx(on)		hw_pt_handle_vmx(on)
#define indirect_branch_prediction_barrier()	hw_ibpb()
#define cpu_emergency_register_virt_callback	hw_fill_emergency_slot
#define cpu_emergency_unregister_virt_callback	hw_empty_emergency_slot

#endif
