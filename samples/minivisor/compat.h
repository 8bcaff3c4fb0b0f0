/* SPDX-License-Identifier: GPL-2.0-only */
/* Every difference between the kernels that minivisor builds for. */
#ifndef _MINIVISOR_COMPAT_H
#define _MINIVISOR_COMPAT_H

#include <linux/version.h>
#include <asm/msr.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define rdmsrq	rdmsrl
#define wrmsrq	wrmsrl
#endif

#endif /* _MINIVISOR_COMPAT_H */
