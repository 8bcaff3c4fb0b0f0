// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID-pointer tables. A client that offers IPI virtualization to its guests has one table per
 * VM, as KVM does (kvm_intel.enable_ipiv).
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/slab.h>

#include <vmxcore/vmxcore.h>

#include "compat.h"

/* A descriptor is 64 bytes, aligned (SDM volume 3, "Posted-Interrupt Processing"). */
#define DESCRIPTOR_ALIGN	64

/* The page allocator can allocate the largest table. */
static_assert((VMXCORE_MAX_VCPU_ID + 1UL) * sizeof(u64) <= PAGE_SIZE << MAX_PAGE_ORDER);

static unsigned int order_of(const struct vmxcore_pid_table *table)
{
	return get_order((table->last + 1UL) * sizeof(*table->entries));
}

/**
 * vmxcore_pid_table_alloc() - allocate a table without a valid entry
 * @max_vcpu_id: the highest id that a vCPU of this VM can have, up to %VMXCORE_MAX_VCPU_ID
 *
 * Context: task, may sleep.
 * Return: the table, or ERR_PTR: -EINVAL: no VMCS can name such an id; -ENOMEM.
 */
struct vmxcore_pid_table *vmxcore_pid_table_alloc(unsigned int max_vcpu_id)
{
	struct vmxcore_pid_table *table;
	struct page *pages;

	if (max_vcpu_id > VMXCORE_MAX_VCPU_ID)
		return ERR_PTR(-EINVAL);
	table = kzalloc(sizeof(*table), GFP_KERNEL_ACCOUNT);
	if (!table)
		return ERR_PTR(-ENOMEM);
	table->last = max_vcpu_id;
	pages = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, order_of(table));
	if (!pages) {
		kfree(table);
		return ERR_PTR(-ENOMEM);
	}
	table->entries = page_address(pages);
	return table;
}
EXPORT_SYMBOL_GPL(vmxcore_pid_table_alloc);

/**
 * vmxcore_pid_table_free() - free a table that no VMCS points to any more
 * @table: may be NULL
 *
 * Context: task.
 */
void vmxcore_pid_table_free(struct vmxcore_pid_table *table)
{
	if (!table)
		return;
	free_pages((unsigned long)table->entries, order_of(table));
	kfree(table);
}
EXPORT_SYMBOL_GPL(vmxcore_pid_table_free);

/**
 * vmxcore_pid_table_set() - deliver IPIs to a vCPU as posted interrupts from now on
 * @table: CPUs may be reading it
 * @vcpu_id: the vCPU
 * @descriptor: its posted-interrupt descriptor, complete
 *
 * Context: any.
 * Return: 0; -EINVAL: no such entry, or a descriptor that is not aligned.
 */
int vmxcore_pid_table_set(struct vmxcore_pid_table *table, unsigned int vcpu_id,
			  const void *descriptor)
{
	if (vcpu_id > table->last || !IS_ALIGNED((unsigned long)descriptor, DESCRIPTOR_ALIGN))
		return -EINVAL;
	/* The descriptor is complete before a CPU can follow the entry, which is one store. */
	smp_wmb();
	WRITE_ONCE(table->entries[vcpu_id], virt_to_phys((void *)descriptor) | VMXCORE_PID_VALID);
	return 0;
}
EXPORT_SYMBOL_GPL(vmxcore_pid_table_set);

/**
 * vmxcore_pid_table_clear() - have IPIs to a vCPU cause VM exits again
 * @table: CPUs may be reading it
 * @vcpu_id: the vCPU. Its descriptor must stay allocated until each vCPU of this VM has had a
 *	VM exit, because its CPU may have read the entry before
 *
 * Context: any.
 */
void vmxcore_pid_table_clear(struct vmxcore_pid_table *table, unsigned int vcpu_id)
{
	if (vcpu_id <= table->last)
		WRITE_ONCE(table->entries[vcpu_id], 0);
}
EXPORT_SYMBOL_GPL(vmxcore_pid_table_clear);
