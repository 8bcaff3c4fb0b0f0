/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_TLB_H
#define _VMXCORE_TLB_H

#include <linux/limits.h>
#include <linux/types.h>

struct vmxcore_client_entry;

/* VPID 0 is the host's. */
#define VMXCORE_FIRST_VPID	1
#define VMXCORE_NR_VPIDS	(U16_MAX + 1)

/*
 * VMXCORE_VPID_CLEAN: free, and no CPU where VMX is on has translations of its last guest.
 * VMXCORE_VPID_DIRTY: free, and CPUs may have such translations.
 * VMXCORE_VPID_OF_CLIENT + i: its owner is the client with entry i.
 * Where CPUs can flush single VPIDs only, a VPID is flushed when it is given out, and CLEAN
 * and DIRTY mean the same.
 */
enum {
	VMXCORE_VPID_CLEAN,
	VMXCORE_VPID_DIRTY,
	VMXCORE_VPID_OF_CLIENT,
};

/* The state of each VPID, written by vpid.c under its lock. */
extern u8 *vmxcore_vpids;

void vmxcore_flush_all(u64 ept_vpid);
void vmxcore_flush_vpids(u64 ept_vpid);
bool vmxcore_has_invvpid(u64 ept_vpid, u32 extent);

int vmxcore_vpids_init(void);
void vmxcore_vpids_exit(void);
void vmxcore_vpids_flush_here(void);
unsigned int vmxcore_vpids_take_back(struct vmxcore_client_entry *entry);

#endif /* _VMXCORE_TLB_H */
