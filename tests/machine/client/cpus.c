// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore_cpus.ko: the VMX state that the CPUs themselves report, independent
 * of any module's counters and without vmxcore. /sys/kernel/debug/vmxcore_cpus
 * has one line for each online CPU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/processor-flags.h>

#include <vmxcore/insn.h>

#include "cpus.h"

static struct dentry *file;

struct report {
	bool vmxe;
	bool ne;
	bool vmx;
	bool current_vmcs;
};

/**
 * test_current_vmcs - ask this CPU for its current VMCS
 *
 * Context: preemption off.
 * Return: its physical address, NO_CURRENT_VMCS if there is none, or 0 if VMX is
 * off.
 */
u64 test_current_vmcs(void)
{
	u64 pa;

	return vmxcore_vmptrst(&pa) ? 0 : pa;
}
EXPORT_SYMBOL_GPL(test_current_vmcs);

/**
 * test_vmx_on - ask this CPU whether it is in VMX operation
 *
 * Context: preemption off.
 * Return: true if VMPTRST works.
 */
bool test_vmx_on(void)
{
	return test_current_vmcs() != 0;
}
EXPORT_SYMBOL_GPL(test_vmx_on);

static void count_off(void *nr_off)
{
	if (!test_vmx_on())
		atomic_inc(nr_off);
}

/**
 * test_cpus_off - count the CPUs on which VMX is off
 * @all: ask all online CPUs, otherwise this one only
 *
 * Context: task; with @all preemptible.
 * Return: the number of CPUs.
 */
int test_cpus_off(bool all)
{
	atomic_t nr_off = ATOMIC_INIT(0);

	if (all) {
		cpus_read_lock();
		on_each_cpu(count_off, &nr_off, 1);
		cpus_read_unlock();
	} else {
		preempt_disable();
		count_off(&nr_off);
		preempt_enable();
	}
	return atomic_read(&nr_off);
}
EXPORT_SYMBOL_GPL(test_cpus_off);

static void report_here(void *data)
{
	struct report *report = data;
	u64 pa = test_current_vmcs();

	report->vmxe = read_raw_cr4() & X86_CR4_VMXE;
	report->ne = read_raw_cr0() & X86_CR0_NE;
	report->vmx = pa != 0;
	report->current_vmcs = pa && pa != NO_CURRENT_VMCS;
}

/*
 * Addresses are left out: a case needs to know only whether there is a current
 * VMCS.
 */
static int vmxcore_cpus_show(struct seq_file *m, void *unused)
{
	struct report report;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (smp_call_function_single(cpu, report_here, &report, 1))
			continue;
		seq_printf(m, "cpu %u vmxe %d vmx %d current %s ne %d\n", cpu, report.vmxe,
			   report.vmx, report.current_vmcs ? "some" : "none", report.ne);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vmxcore_cpus);

static int __init vmxcore_cpus_init(void)
{
	file = debugfs_create_file("vmxcore_cpus", 0400, NULL, NULL, &vmxcore_cpus_fops);
	return PTR_ERR_OR_ZERO(file);
}
module_init(vmxcore_cpus_init);

static void __exit vmxcore_cpus_exit(void)
{
	debugfs_remove(file);
}
module_exit(vmxcore_cpus_exit);

MODULE_DESCRIPTION("Show the VMX state that the CPUs report");
MODULE_LICENSE("GPL");
