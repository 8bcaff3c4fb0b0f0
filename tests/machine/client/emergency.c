// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's emergency callback: which function it is, and how often it was
 * set or cleared. Also an NMI that no handler expects.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/irq_vectors.h>

#include "compat.h"
#include "test.h"

static void **slot;
static atomic_t touched;

static int count_touch(struct kprobe *probe, struct pt_regs *regs)
{
	atomic_inc(&touched);
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = EMERGENCY_REGISTER, .pre_handler = count_touch },
	{ .symbol_name = EMERGENCY_UNREGISTER, .pre_handler = count_touch },
};

void test_emergency_show(struct seq_file *m)
{
	seq_printf(m, "slot %ps touched %d\n", READ_ONCE(*slot), atomic_read(&touched));
}

/* Sends an NMI that no handler expects. */
int test_nmi(unsigned int cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENXIO;
	__apic_send_IPI_mask(cpumask_of(cpu), NMI_VECTOR);
	return 0;
}

int test_emergency_init(void)
{
	int err;

	slot = test_variable(EMERGENCY_SLOT);
	if (!slot)
		return -ENOENT;

	err = register_kprobe(&probes[0]);
	if (err)
		return err;
	err = register_kprobe(&probes[1]);
	if (err)
		unregister_kprobe(&probes[0]);
	return err;
}

void test_emergency_exit(void)
{
	unregister_kprobe(&probes[1]);
	unregister_kprobe(&probes[0]);
}
