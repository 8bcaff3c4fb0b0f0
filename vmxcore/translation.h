/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_TRANSLATION_H
#define _VMXCORE_TRANSLATION_H

#include <linux/types.h>

struct vmxcore_slot;

void vmxcore_flush_all(u64 ept_vpid);
bool vmxcore_has_invvpid_all(u64 ept_vpid);
bool vmxcore_has_invvpid_single(u64 ept_vpid);

int vmxcore_vpids_init(void);
void vmxcore_vpids_exit(void);
void vmxcore_vpids_flush_here(void);
unsigned int vmxcore_vpids_take_back(const struct vmxcore_slot *slot);

#endif /* _VMXCORE_TRANSLATION_H */
