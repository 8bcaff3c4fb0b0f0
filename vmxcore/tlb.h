/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_TLB_H
#define _VMXCORE_TLB_H

#include <linux/types.h>

struct vmxcore_client_entry;

void vmxcore_flush_all(u64 ept_vpid);
bool vmxcore_has_invvpid(u64 ept_vpid, u32 extent);

int vmxcore_vpids_init(void);
void vmxcore_vpids_exit(void);
void vmxcore_vpids_flush_here(void);
unsigned int vmxcore_vpids_take_back(struct vmxcore_client_entry *entry);

#endif /* _VMXCORE_TLB_H */
