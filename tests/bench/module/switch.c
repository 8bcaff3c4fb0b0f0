// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of two hypervisors that take turns on a CPU: through vmxcore, and as
 * two hypervisors have to do it that do not know of each other.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/preempt.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/io.h>
#include <asm/msr.h>

#include <vmxcore/insn.h>
#include <vmxcore/vmxcore.h>

#include "bench.h"

/* Switches in a sample */
#define SWITCHES	1000

static struct vmxcore_client *clients[2];
static struct vmxcore_vmcs *vmcss[2];
static struct page *pages[2];

static int load(struct vmxcore_vmcs *vmcs)
{
	int redo = vmxcore_vmcs_load(vmcs);

	return min(redo, 0);
}

static int switch_through_vmxcore(u64 *ticks)
{
	u64 start = rdtsc_ordered();
	unsigned int i;
	int err = 0;

	for (i = 0; i < SWITCHES && !err; i++)
		err = load(vmcss[i % 2]);
	*ticks = rdtsc_ordered() - start;
	return err;
}

/* The VMCS stays current: the cost of a load that is only a comparison. */
static int stay(u64 *ticks)
{
	u64 start;
	unsigned int i;
	int err = load(vmcss[0]);

	start = rdtsc_ordered();
	for (i = 0; i < SWITCHES && !err; i++)
		err = load(vmcss[0]);
	*ticks = rdtsc_ordered() - start;
	return err;
}

/*
 * Without vmxcore, a hypervisor has to VMCLEAR its VMCS when it is done, as it
 * cannot know which one is next. The next VM entry then has to be a VMLAUNCH,
 * whose cost is not counted here.
 */
static int switch_with_vmclear(u64 *ticks)
{
	u64 start = rdtsc_ordered();
	unsigned int i;
	int err = 0;

	for (i = 0; i < SWITCHES && !err; i++) {
		u64 pa = page_to_phys(pages[i % 2]);

		err = vmxcore_vmptrld(pa) ?: vmxcore_vmclear(pa);
	}
	*ticks = rdtsc_ordered() - start;
	return err;
}

/**
 * struct bench_turns - a way to take turns
 * @name: name of the figure, which is in ticks of %SWITCHES switches
 * @run: makes one sample
 */
struct bench_turns {
	const char *name;
	int (*run)(u64 *ticks);
};

static const struct bench_turns turns[] = {
	{ "switch", switch_through_vmxcore },
	{ "stay", stay },
	{ "switch_with_vmclear", switch_with_vmclear },
};

static int run_turns(const void *data, u64 *ticks)
{
	const struct bench_turns *way = data;
	int err;

	preempt_disable();
	err = way->run(ticks);
	preempt_enable();
	return err;
}

static int measure(struct seq_file *m)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(turns) && !err; i++)
		err = bench_measure(m, turns[i].name, run_turns, &turns[i]);
	return err;
}

static void tear_down(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (!IS_ERR_OR_NULL(clients[i]))
			vmxcore_unregister(clients[i]);
		clients[i] = NULL;
		vmcss[i] = NULL;
		if (pages[i])
			__free_page(pages[i]);
		pages[i] = NULL;
	}
}

static int set_up_one(unsigned int i)
{
	const char name[] = { 'b', 'e', 'n', 'c', 'h', '0' + i, '\0' };
	const struct vmxcore_client_desc desc = { .name = name, .owner = THIS_MODULE };
	int err;

	clients[i] = vmxcore_register(&desc);
	if (IS_ERR(clients[i]))
		return PTR_ERR(clients[i]);
	err = vmxcore_get(clients[i]);
	if (err)
		return err;
	vmcss[i] = vmxcore_vmcs_alloc(clients[i], NUMA_NO_NODE);
	if (IS_ERR(vmcss[i]))
		return PTR_ERR(vmcss[i]);
	pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!pages[i])
		return -ENOMEM;
	*(u32 *)page_address(pages[i]) = vmxcore_caps()->basic;
	return 0;
}

int bench_switch_show(struct seq_file *m)
{
	int err = set_up_one(0) ?: set_up_one(1);

	err = err ?: measure(m);
	tear_down();
	return err;
}
