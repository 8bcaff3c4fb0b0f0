// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore_bench.ko: reading one of its files in /sys/kernel/debug/vmxcore_bench
 * starts the measurement. Each line is a figure: its name, and the median,
 * minimum and maximum of its samples, in TSC ticks.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "bench.h"

static struct dentry *dir;
static DEFINE_MUTEX(bench_lock);

static const struct bench_file {
	const char *name;
	int (*show)(struct seq_file *m);
} files[] = {
	{ "edge", bench_edge_show },
	{ "calls", bench_calls_show },
	{ "calls_all", bench_calls_all_show },
	{ "switch", bench_switch_show },
};

static int figures_show(struct seq_file *m, void *unused)
{
	const struct bench_file *file = m->private;
	int err;

	mutex_lock(&bench_lock);
	err = file->show(m);
	mutex_unlock(&bench_lock);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(figures);

static int __init bench_init(void)
{
	unsigned int i;

	dir = debugfs_create_dir("vmxcore_bench", NULL);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		debugfs_create_file(files[i].name, 0400, dir, (void *)&files[i], &figures_fops);
	return 0;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(dir);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Measure the cost of vmxcore's calls");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
