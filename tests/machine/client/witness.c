// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page for the crash kernel: the addresses of this kernel's launched VMCSs.
 * If the crash kernel finds one of them still launched, it was not VMCLEARed.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <asm/vmx.h>

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

	if (vmxcore_vmptrst(&pa) || pa == NO_CURRENT_VMCS ||
	    test_vmresume_error(pa) != VMXERR_ENTRY_INVALID_CONTROL_FIELD)
		return;
	raw_spin_lock(&lock);
	note(pa);
	raw_spin_unlock(&lock);
}

/* Notes the current VMCS of each CPU, if it is launched. */
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

void test_witness_show(struct seq_file *m)
{
	if (page)
		seq_printf(m, "page 0x%llx launched %llu\n", (u64)virt_to_phys(page), page->count);
}

void test_witness_exit(void)
{
	free_page((unsigned long)page);
}
