/* SPDX-License-Identifier: GPL-2.0-only */
/* All differences between the kernels that vmxcore_tdx builds for */
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

/* Linux 6.1 does not define it. */
#ifndef MSR_IA32_MKTME_KEYID_PARTITIONING
#define MSR_IA32_MKTME_KEYID_PARTITIONING	0x87
#endif

/*
 * A kernel with CONFIG_INTEL_TDX_HOST sets this feature bit on a machine where
 * it initialises the TDX module itself.
 */
static inline bool tdx_kernel_has_tdx(void)
{
#ifdef X86_FEATURE_TDX_HOST_PLATFORM
	return boot_cpu_has(X86_FEATURE_TDX_HOST_PLATFORM);
#else
	return false;
#endif
}

/* Linux 7.0 replaced the migrate type by a flags argument. */
static inline int tdx_alloc_contig_range(unsigned long start, unsigned long end)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	return alloc_contig_range(start, end, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_NOWARN);
#else
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, GFP_KERNEL | __GFP_NOWARN);
#endif
}

/* Until Linux 6.7 movdir64b() took an __iomem destination. */
static inline void tdx_movdir64b(void *dst, const void *src)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	movdir64b((void __iomem *)dst, src);
#else
	movdir64b(dst, src);
#endif
}

#endif /* _VMXCORE_TDX_COMPAT_H */
