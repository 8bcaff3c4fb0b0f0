// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page for the next kernel: where the VMCSs of this one are. A crash kernel that finds one of
 * them launched knows that it was not VMCLEARed.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <vmxcore/insn.h>

#include "cpus.h"
#include "test.h"
#include "witness.h"

static struct witness *page;
static DEFINE_RAW_SPINLOCK(lock);

static void note(u64 pa)
{
	unsigned int i;

	for (i = 0; i < page->count; i++) {
		if (page->vmcs[i] == pa)
			return;
	}
	if (i < ARRAY_SIZE(page->vmcs)) {
		page->vmcs[i] = pa;
		page->count = i + 1;
	}
}

static void note_current(void *unused)
{
	u64 pa;

	if (vmxcore_vmptrst(&pa) || pa == NO_CURRENT_VMCS)
		return;
	raw_spin_lock(&lock);
	note(pa);
	raw_spin_unlock(&lock);
}

/**
 * test_witness - note each CPU's current VMCS
 *
 * Return: 0 or -ENOMEM.
 */
int test_witness(void)
{
	if (!page) {
		page = (struct witness *)get_zeroed_page(GFP_KERNEL);
		if (!page)
			return -ENOMEM;
		page->magic = WITNESS_MAGIC;
	}
	on_each_cpu(note_current, NULL, 1);
	return 0;
}

/**
 * test_witness_show - where the page is, how many VMCSs it names, how many are launched now
 * @m: where to
 */
void test_witness_show(struct seq_file *m)
{
	unsigned int i, count = 0;

	if (!page)
		return;
	for (i = 0; i < page->count; i++)
		count += test_launched(phys_to_virt(page->vmcs[i]));
	seq_printf(m, "page 0x%llx vmcs %llu launched %u\n", (u64)virt_to_phys(page), page->count,
		   count);
}

/**
 * test_witness_exit - free the page
 */
void test_witness_exit(void)
{
	free_page((unsigned long)page);
}
