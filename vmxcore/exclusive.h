/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_EXCLUSIVE_H
#define _VMXCORE_EXCLUSIVE_H

#include <linux/types.h>

struct vmxcore_slot;

bool vmxcore_excluded(const struct vmxcore_slot *slot);
const char *vmxcore_excluder(void);
int vmxcore_exclude(struct vmxcore_slot *slot);
void vmxcore_exclude_end(const struct vmxcore_slot *slot);
void vmxcore_yield_barrier(void);

#endif /* _VMXCORE_EXCLUSIVE_H */
