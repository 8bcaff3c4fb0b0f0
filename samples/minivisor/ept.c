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

/**
 * minivisor_ept_supported - has this machine the EPT that is needed?
 *
 * Context: any.
 * Return: 0 or -EOPNOTSUPP.
 */
int minivisor_ept_supported(void)
{
	u64 cap = vmxcore_caps()->ept_vpid;

	if ((cap & EPT_NEEDED) != EPT_NEEDED || !(cap & INVEPT_TYPES))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * minivisor_ept_init - page tables that map nothing
 * @ept: to fill in
 *
 * Context: task, may sleep.
 * Return: 0 or -ENOMEM.
 */
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

/**
 * minivisor_ept_free - free the page tables
 * @ept: whose; no VMCS that is loaded anywhere points to them
 *
 * What the CPUs have cached under the root's address stays there: vmxcore_ept_activate()
 * is the next owner's duty, whoever he is.
 *
 * Context: task.
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

/**
 * minivisor_ept_map - map a page
 * @ept: where
 * @gpa: a guest-physical address in it, below GUEST_MEMORY
 * @page: the page
 *
 * Needs no INVEPT: nothing that is not present is cached.
 *
 * Context: any.
 */
void minivisor_ept_map(struct minivisor_ept *ept, u64 gpa, struct page *page)
{
	WRITE_ONCE(*entry_of(ept, gpa), page_to_phys(page) | LEAF_WB | VMX_EPT_RWX_MASK);
}

/**
 * minivisor_ept_unmap - take a page out
 * @ept: where
 * @gpa: a guest-physical address in it
 *
 * Context: any; the guest does not run.
 */
void minivisor_ept_unmap(struct minivisor_ept *ept, u64 gpa)
{
	WRITE_ONCE(*entry_of(ept, gpa), 0);
	ept->stale = true;
}

static int invalidate(u64 eptp)
{
	if (vmxcore_caps()->ept_vpid & VMX_EPT_EXTENT_CONTEXT_BIT)
		return vmxcore_invept_single(eptp);
	return vmxcore_invept_all();
}

/**
 * minivisor_ept_sync - this CPU forgets what is no longer in the page tables
 * @ept: whose
 *
 * With a VPID, translations outlive exits, also those of a CPU that this vCPU left: on its
 * return they are as old as that. So it is due after an unmap and after a move, and only
 * where the guest is about to run: there is one vCPU.
 *
 * Context: preemption off, post-VMXON.
 * Return: 0 or an error of vmxcore_invept_single().
 */
int minivisor_ept_sync(struct minivisor_ept *ept)
{
	int err;

	if (!ept->stale)
		return 0;
	err = invalidate(ept->eptp);
	if (!err)
		ept->stale = false;
	return err;
}
