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

/* @how: "visit": load the VMCS, run a guest, VMCLEAR it; "stay": without VMCLEAR. */
int test_stranger(unsigned int cpu, const char *how)
{
	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	if (!per_cpu(strangers_vmcs, cpu))
		per_cpu(strangers_vmcs, cpu) = test_vmcs_page();
	if (!per_cpu(strangers_vmcs, cpu))
		return -ENOMEM;
	if (!strcmp(how, "visit"))
		return test_call_on(cpu, "", visit, NULL);
	if (!strcmp(how, "stay"))
		return test_call_on(cpu, "", stay, NULL);
	return -EINVAL;
}

void test_stranger_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu(strangers_vmcs, cpu));
}
