// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vmxcore: who holds VMX, and where. Root only.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "client.h"
#include "cpu.h"
#include "debugfs.h"

static struct dentry *dir;

/* One line a CPU: number, state, references on this CPU, held with all others? */
static int cpus_show(struct seq_file *m, void *unused)
{
	const struct vmxcore_cpu *c;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(&vmxcore_cpu, cpu);
		seq_printf(m, "cpu %u %s refs %u all %d\n", cpu,
			   vmxcore_cpu_state_name(cpu), READ_ONCE(c->refs),
			   READ_ONCE(c->all));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

/* One line a client: name, references on all CPUs, then CPU:references. */
static int clients_show(struct seq_file *m, void *unused)
{
	struct vmxcore_slot *slot = NULL;
	unsigned int cpu, live;

	while ((slot = vmxcore_slot_next(slot))) {
		seq_printf(m, "client %s all %u cpus", slot->name,
			   vmxcore_slot_refs(slot));
		for_each_possible_cpu(cpu) {
			live = READ_ONCE(per_cpu_ptr(slot->cpu_refs, cpu)->live);
			if (live)
				seq_printf(m, " %u:%u", cpu, live);
		}
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(clients);

/**
 * vmxcore_debugfs_init - make the files; without debugfs there are none
 *
 * Context: task, at load.
 */
void vmxcore_debugfs_init(void)
{
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("cpus", 0400, dir, NULL, &cpus_fops);
	debugfs_create_file("clients", 0400, dir, NULL, &clients_fops);
}

/**
 * vmxcore_debugfs_exit - remove the files
 *
 * Context: task.
 */
void vmxcore_debugfs_exit(void)
{
	debugfs_remove_recursive(dir);
}
