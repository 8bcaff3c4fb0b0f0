/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels that vmxcore supports stands here.
 * LINUX_VERSION_CODE is used nowhere else.
 */
#ifndef _VMXCORE_COMPAT_H
#define _VMXCORE_COMPAT_H

#include <linux/cpuhotplug.h>
#include <linux/version.h>
#include <asm/reboot.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "vmxcore supports Linux 6.12 only: build it for a 6.12 kernel (KDIR=)"
#endif

/*
 * The STARTING section, where a CPU turns VMX on before it is marked online and
 * off after its last task and interrupt, has no dynamic states. This one belongs
 * to a 32-bit ARM floating point unit: no x86 kernel ever uses it. It must come
 * before CPUHP_AP_SMPCFD_DYING: that one runs the cross calls still queued for
 * a dying CPU, a VMCLEAR among them perhaps, and they need VMX.
 */
#define VMXCORE_CPUHP_STARTING	CPUHP_AP_ARM_VFP_STARTING

#endif /* _VMXCORE_COMPAT_H */
