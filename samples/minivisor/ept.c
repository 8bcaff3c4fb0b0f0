// SPDX-License-Identifier: GPL-2.0-only
/*
 * EPT page tables for the first 2 MiB of guest-physical memory, in pages of 4 KiB.
 *
 * SDM volume 3, "The Extended Page Table Mechanism (EPT)".
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <asm/vmx.h>

#include "minivisor.h"

#define INVEPT_TYPES	(VMX_EPT_EXTENT_CONTEXT_BIT | VMX_EPT_EXTENT_GLOBAL_BIT)
#define EPT_NEEDED	(VMX_EPT_PAGE_WALK_4_BIT | VMX_EPTP_WB_BIT | VMX_EPT_INVEPT_BIT)
#define LEAF_WB		(VMX_EPTP_MT_WB << VMX_EPT_MT_EPTE_SHIFT)

/*
 * Returns 0 if this machine has the EPT features that minivisor needs, else
 * -EOPNOTSUPP.
 */
int minivisor_ept_supported(void)
{
	u64 cap = vmxcore_caps()->ept_vpid;

	if ((cap & EPT_NEEDED) != EPT_NEEDED || !(cap & INVEPT_TYPES))
		return -EOPNOTSUPP;
	return 0;
}

/* Allocates page tables that map nothing. */
int minivisor_ept_init(struct minivisor_ept *ept)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ept->tables); i++) {
		ept->tables[i] = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (!ept->tables[i]) {
			minivisor_ept_free(ept);
			return -ENOMEM;
		}
		if (i)
			ept->tables[i - 1][0] = virt_to_phys(ept->tables[i]) | VMX_EPT_RWX_MASK;
	}
	ept->eptp = virt_to_phys(ept->tables[0]) | VMX_EPTP_PWL_4 | VMX_EPTP_MT_WB;
	return 0;
}

/*
 * No CPU may have a VMCS with these tables active. CPUs may still cache
 * mappings under the root's address: the next owner of that page calls
 * vmxcore_ept_activate().
 */
void minivisor_ept_free(struct minivisor_ept *ept)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ept->tables); i++)
		free_page((unsigned long)ept->tables[i]);
}

static u64 *entry_of(struct minivisor_ept *ept, u64 gpa)
{
	return &ept->tables[3][gpa >> PAGE_SHIFT];
}

/*
 * A new mapping needs no INVEPT: a CPU never caches an entry that is not
 * present.
 */
void minivisor_ept_map(struct minivisor_ept *ept, u64 gpa, struct page *page)
{
	WRITE_ONCE(*entry_of(ept, gpa), page_to_phys(page) | LEAF_WB | VMX_EPT_RWX_MASK);
}

/*
 * The guest must not run meanwhile. The INVEPT is left to minivisor_ept_sync().
 */
void minivisor_ept_unmap(struct minivisor_ept *ept, u64 gpa)
{
	WRITE_ONCE(*entry_of(ept, gpa), 0);
	ept->stale = true;
}

/*
 * Executes the INVEPT that an unmap or a move has made due. Preemption is off
 * and VMX is on.
 *
 * With a VPID, translations outlive VM exits, also on a CPU that the vCPU has
 * left: when it returns there, they are as old as its last run on that CPU. The
 * VM has one vCPU, so it is enough to flush the CPU that is about to run it.
 */
int minivisor_ept_sync(struct minivisor_ept *ept)
{
	int err;

	if (!ept->stale)
		return 0;
	if (vmxcore_caps()->ept_vpid & VMX_EPT_EXTENT_CONTEXT_BIT)
		err = vmxcore_invept_single(ept->eptp);
	else
		err = vmxcore_invept_all();
	if (!err)
		ept->stale = false;
	return err;
}
