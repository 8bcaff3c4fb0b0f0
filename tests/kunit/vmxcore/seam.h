/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before all else in vmxcore's own code. What the machine that the suites run in has
 * not got, VMX, its MSRs and CR4.VMXE, is the simulated one's instead (hw.c); all else is the
 * kernel's. The backend is replaced as a whole, when it is linked.
 */
#ifndef VMXCORE_KUNIT_SEAM_H
#define VMXCORE_KUNIT_SEAM_H

/* Theirs comes too late, and is the same. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cache.h>
#include <linux/init.h>
#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

/* What is done once at load is done for each test. */
#undef __init
#undef __ro_after_init
#define __init
#define __ro_after_init

bool hw_cpu_has(unsigned int feature);
u64 hw_rdmsr(u32 msr);
unsigned long hw_cr4(void);

#undef this_cpu_has
#undef rdmsrl
#define this_cpu_has(feature)	hw_cpu_has(feature)
#define rdmsrl(msr, value)	((value) = hw_rdmsr(msr))
#define __read_cr4()		hw_cr4()

/* In place of <vmxcore/insn.h>. */
#define _VMXCORE_INSN_H

int vmxcore_vmptrst(u64 *pa);
int vmxcore_vmptrld(u64 pa);
int vmxcore_vmclear(u64 pa);
int vmxcore_invept_single(u64 eptp);
int vmxcore_invept_all(void);
int vmxcore_invvpid_all(void);

#endif
