/* SPDX-License-Identifier: GPL-2.0-only */
/* All differences between the kernels that the simulation builds for */
#ifndef _TDX_SIM_COMPAT_H
#define _TDX_SIM_COMPAT_H

#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#include <asm/processor.h>
#else
#include <asm/cpuid/api.h>
#endif

/* Makes native_read_msr_safe() return this value to its caller. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
static inline void answer_read_msr_safe(struct pt_regs *regs, u64 value)
{
	*(int *)regs_get_kernel_argument(regs, 1) = 0;
	regs->ax = value;
}
#else
static inline void answer_read_msr_safe(struct pt_regs *regs, u64 value)
{
	*(u64 *)regs_get_kernel_argument(regs, 1) = value;
	regs->ax = 0;
}
#endif

#endif /* _TDX_SIM_COMPAT_H */
