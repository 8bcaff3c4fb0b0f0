/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CAPS_H
#define _VMXCORE_CAPS_H

#include <vmxcore/vmxcore.h>

int vmxcore_caps_init(void);
int vmxcore_caps_read(struct vmxcore_caps *caps);
int vmxcore_caps_compare(const struct vmxcore_caps *here);
u32 vmxcore_caps_revision(void);

#endif /* _VMXCORE_CAPS_H */
