/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CAPS_H
#define _VMXCORE_CAPS_H

#include <linux/bits.h>

#include <vmxcore/vmxcore.h>

/* IA32_VMX_BASIC, SDM volume 3, appendix A.1 */
#define VMXCORE_BASIC_SIZE	GENMASK_ULL(44, 32)
#define VMXCORE_BASIC_MEM_TYPE	GENMASK_ULL(53, 50)

int vmxcore_caps_init(void);
int vmxcore_caps_read(struct vmxcore_caps *caps);
int vmxcore_caps_compare(const struct vmxcore_caps *here);
u32 vmxcore_caps_revision(void);

#endif /* _VMXCORE_CAPS_H */
