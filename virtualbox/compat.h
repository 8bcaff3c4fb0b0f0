/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between the kernels that vmxcore_vbox supports. LINUX_VERSION_CODE is used
 * nowhere else.
 */
#ifndef _VMXCORE_VBOX_COMPAT_H
#define _VMXCORE_VBOX_COMPAT_H

#include <linux/version.h>

/* vmxcore gets VMX by kvm_intel, which VirtualBox's users may not have loaded. */
#define VBOX_NEEDS_KVM_INTEL	(LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0))

#endif /* _VMXCORE_VBOX_COMPAT_H */
