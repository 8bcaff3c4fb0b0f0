/* SPDX-License-Identifier: GPL-2.0-only */
/* All differences between the kernel versions that minivisor builds for. */
#ifndef _MINIVISOR_COMPAT_H
#define _MINIVISOR_COMPAT_H

#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define rdmsrq	rdmsrl
#define wrmsrq	wrmsrl
#endif

/* Kernels without the feature bit never use FRED. */
#ifdef X86_FEATURE_FRED
#define minivisor_has_fred()	cpu_feature_enabled(X86_FEATURE_FRED)
#else
#define minivisor_has_fred()	false
#endif

#endif /* _MINIVISOR_COMPAT_H */
