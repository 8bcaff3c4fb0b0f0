// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vmxcore: the references of all CPUs and clients, for root.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "client.h"
#include "cpu.h"
#include "init.h"

static struct dentry *dir;

/* A line per CPU: its number, state, its own references, and whether all CPUs are held. */
static int cpus_show(struct seq_file *m, void *unused)
{
	const struct vmxcore_cpu *c;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(&vmxcore_cpu, cpu);
		seq_printf(m, "cpu %u %s refs %u all %d\n", cpu, vmxcore_cpu_state_name(cpu),
			   READ_ONCE(c->refs), READ_ONCE(c->system_ref));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

/* A line per client: its name, its system-wide references, then CPU:references. */
static int clients_show(struct seq_file *m, void *unused)
{
	struct vmxcore_client_entry *entry = NULL;
	unsigned int cpu, live;

	while ((entry = vmxcore_entry_next(entry))) {
		seq_printf(m, "client %s all %u cpus", entry->name, vmxcore_entry_refs(entry));
		for_each_possible_cpu(cpu) {
			live = READ_ONCE(per_cpu_ptr(entry->cpu_refs, cpu)->live);
			if (live)
				seq_printf(m, " %u:%u", cpu, live);
		}
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(clients);

/* A kernel without debugfs has no files here, which is no error. */
void vmxcore_debugfs_init(void)
{
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("cpus", 0400, dir, NULL, &cpus_fops);
	debugfs_create_file("clients", 0400, dir, NULL, &clients_fops);
}

void vmxcore_debugfs_exit(void)
{
	debugfs_remove_recursive(dir);
}
