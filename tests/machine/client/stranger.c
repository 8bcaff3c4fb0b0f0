// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stranger, as VirtualBox's driver is one: it loads and VMCLEARs its VMCSs without
 * vmxcore's knowledge, in a task with preemption off.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include <vmxcore/insn.h>

#include "test.h"

/* A VMCS for each CPU */
static DEFINE_PER_CPU(u32 *, strangers_vmcs);

static u64 address(void)
{
	return virt_to_phys(this_cpu_read(strangers_vmcs));
}

/* Leaves the VMCS current on this CPU, and launched. */
static int stay(void *unused)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = vmxcore_vmclear(address()) ?: vmxcore_vmptrld(address()) ?: test_vm_entry(false);
	local_irq_restore(flags);
	return err;
}

/* Leaves no VMCS current on this CPU, as VirtualBox at the end of each stay. */
static int visit(void *unused)
{
	return stay(NULL) ?: vmxcore_vmclear(address());
}

static int leave(void *unused)
{
	return vmxcore_vmclear(address());
}

/*
 * @how: "visit": load the VMCS, run a guest, VMCLEAR it; "stay": the same without
 * VMCLEAR; "leave": VMCLEAR it.
 */
int test_stranger(unsigned int cpu, const char *how)
{
	static const struct {
		const char *how;
		int (*call)(void *unused);
	} ways[] = {
		{ "visit", visit },
		{ "stay", stay },
		{ "leave", leave },
	};
	unsigned int i;

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	if (!per_cpu(strangers_vmcs, cpu))
		per_cpu(strangers_vmcs, cpu) = test_vmcs_page();
	if (!per_cpu(strangers_vmcs, cpu))
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!strcmp(how, ways[i].how))
			return test_call_on(cpu, "", ways[i].call, NULL);
	}
	return -EINVAL;
}

void test_stranger_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu(strangers_vmcs, cpu));
}
