// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore_bench.ko: measures when one of its files in /sys/kernel/debug/vmxcore_bench is read.
 * Each line is a figure: its name, the median, the least and the most of its samples, in ticks of
 * the TSC.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "bench.h"

static struct dentry *dir;
static DEFINE_MUTEX(bench_lock);

#define DEFINE_FIGURES(name) \
static int name##_show(struct seq_file *m, void *unused) \
{ \
	int err; \
	\
	mutex_lock(&bench_lock); \
	err = bench_##name##_show(m, unused); \
	mutex_unlock(&bench_lock); \
	return err; \
} \
DEFINE_SHOW_ATTRIBUTE(name)

DEFINE_FIGURES(edge);
DEFINE_FIGURES(calls);
DEFINE_FIGURES(calls_all);
DEFINE_FIGURES(switch);

static int __init bench_init(void)
{
	dir = debugfs_create_dir("vmxcore_bench", NULL);
	debugfs_create_file("edge", 0400, dir, NULL, &edge_fops);
	debugfs_create_file("calls", 0400, dir, NULL, &calls_fops);
	debugfs_create_file("calls_all", 0400, dir, NULL, &calls_all_fops);
	debugfs_create_file("switch", 0400, dir, NULL, &switch_fops);
	return 0;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(dir);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("What vmxcore costs");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
