/* SPDX-License-Identifier: GPL-2.0-only */
/* Every difference between the kernels that vmxcore_tdx builds for. */
#ifndef _VMXCORE_TDX_COMPAT_H
#define _VMXCORE_TDX_COMPAT_H

#include <linux/gfp.h>
#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define rdmsrq_safe	rdmsrl_safe
#endif

/* Linux 6.1 has no name for it. */
#ifndef MSR_IA32_MKTME_KEYID_PARTITIONING
#define MSR_IA32_MKTME_KEYID_PARTITIONING	0x87
#endif

/* A kernel with CONFIG_INTEL_TDX_HOST sets it on a machine where it does what this module does. */
static inline bool tdx_kernel_has_tdx(void)
{
#ifdef X86_FEATURE_TDX_HOST_PLATFORM
	return boot_cpu_has(X86_FEATURE_TDX_HOST_PLATFORM);
#else
	return false;
#endif
}

/* Physically contiguous memory: what else is to be moved away is said in another type since 7.0. */
static inline int tdx_alloc_contig_range(unsigned long start, unsigned long end)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	return alloc_contig_range(start, end, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_NOWARN);
#else
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, GFP_KERNEL | __GFP_NOWARN);
#endif
}

/* It took the address of a device before 6.7. */
static inline void tdx_movdir64b(void *dst, const void *src)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	movdir64b((void __iomem *)dst, src);
#else
	movdir64b(dst, src);
#endif
}

#endif /* _VMXCORE_TDX_COMPAT_H */
