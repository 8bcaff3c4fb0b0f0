// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated TDX module for tests on machines without SEAM. Its files in
 * /sys/kernel/debug/vmxcore_tdx_sim:
 *
 * command	one command for each write, which returns its errno (command.c
 *		lists the commands)
 * state	"NAME VALUE" in each line, of the platform and the TDX module
 * cpus		one line for each present CPU
 * calls	the last calls: "SEQ cpu C LEAF STATUS in RAX RCX RDX R8 R9 R10
 *		R11 out RAX ..."
 * counts	"LEAF STATUS CALLS" in each line; statuses without their details
 * injections	the injections, and how often each matched and caused a failure
 * pamt		one line for each TDMR, with the number of words of its PAMT that
 *		the host has overwritten
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sim.h"

#define LINE_MAX_LEN 256

static char *abi = "1.5";
module_param(abi, charp, 0400);
MODULE_PARM_DESC(abi, "The ABI of the TDX module, 1.5 or 1.0 (default: 1.5)");

static u16 version[4] = { 1, 5, 6, 0 };
static unsigned int num_version_parts;
module_param_array(version, ushort, &num_version_parts, 0400);
MODULE_PARM_DESC(version, "MAJOR,MINOR,UPDATE,INTERNAL of both SEAM modules (default: 1,5,6,0; with abi=1.0: 1,0,3,0)");

bool sim_abi_1_0;

static struct dentry *dir;
static DEFINE_MUTEX(command_lock);

/*
 * The version of both SEAM modules; parts 0 to 3 are major, minor, update and
 * internal.
 */
u16 sim_version(unsigned int part)
{
	return version[part];
}

static ssize_t command_write(struct file *file, const char __user *text, size_t size, loff_t *pos)
{
	char *line;
	int err;

	if (size >= LINE_MAX_LEN)
		return -E2BIG;
	line = memdup_user_nul(text, size);
	if (IS_ERR(line))
		return PTR_ERR(line);

	mutex_lock(&command_lock);
	err = sim_command(line);
	mutex_unlock(&command_lock);

	kfree(line);
	return err ?: size;
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = command_write,
};

static int state_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "state %s\n", sim_state_name());
	seq_printf(m, "seamldr %s\n", sim_seamldr_present() ? "present" : "absent");
	seq_printf(m, "lps %llu\n", sim_num_lps());
	seq_printf(m, "init_lps %d\n", atomic_read(&sim.num_init_lps));
	seq_printf(m, "packages %llu\n", sim_num_packages());
	seq_printf(m, "init_packages %u\n", sim.num_init_packages);
	seq_printf(m, "hkid %u\n", sim.hkid);
	seq_printf(m, "tdmrs %u\n", sim.num_tdmrs);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int cpus_show(struct seq_file *m, void *unused)
{
	unsigned int cpu;

	for_each_present_cpu(cpu)
		seq_printf(m, "cpu %u package %u lp_init %d lp_shutdown %d key %d\n", cpu,
			   sim_package(cpu), cpumask_test_cpu(cpu, &sim.lp_init),
			   cpumask_test_cpu(cpu, &sim.lp_shutdown),
			   test_bit(sim_package(cpu), &sim.packages));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

static int calls_show(struct seq_file *m, void *unused)
{
	sim_calls_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(calls);

static int counts_show(struct seq_file *m, void *unused)
{
	sim_counts_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

static int injections_show(struct seq_file *m, void *unused)
{
	sim_injections_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(injections);

static int pamt_show(struct seq_file *m, void *unused)
{
	mutex_lock(&command_lock);
	sim_pamt_show(m);
	mutex_unlock(&command_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pamt);

static int choose_abi(void)
{
	static const u16 version_1_0[] = { 1, 0, 3, 0 };

	sim_abi_1_0 = !strcmp(abi, "1.0");
	if (!sim_abi_1_0 && strcmp(abi, "1.5"))
		return -EINVAL;
	if (sim_abi_1_0 && !num_version_parts)
		memcpy(version, version_1_0, sizeof(version));
	return 0;
}

static const struct {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ sim_sleep_init, sim_sleep_exit },
	{ sim_msr_init, sim_msr_exit },
	{ sim_trap_init, sim_trap_exit },
};

static void parts_exit(unsigned int count)
{
	while (count--)
		parts[count].exit();
}

static int parts_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err) {
			parts_exit(i);
			return err;
		}
	}
	return 0;
}

static int __init tdx_sim_init(void)
{
	int err = choose_abi() ?: sim_platform_init() ?: parts_init();

	if (err)
		return err;
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("command", 0200, dir, NULL, &command_fops);
	debugfs_create_file("state", 0400, dir, NULL, &state_fops);
	debugfs_create_file("cpus", 0400, dir, NULL, &cpus_fops);
	debugfs_create_file("calls", 0400, dir, NULL, &calls_fops);
	debugfs_create_file("counts", 0400, dir, NULL, &counts_fops);
	debugfs_create_file("injections", 0400, dir, NULL, &injections_fops);
	debugfs_create_file("pamt", 0400, dir, NULL, &pamt_fops);
	return 0;
}
module_init(tdx_sim_init);

static void __exit tdx_sim_exit(void)
{
	debugfs_remove_recursive(dir);
	parts_exit(ARRAY_SIZE(parts));
}
module_exit(tdx_sim_exit);

MODULE_DESCRIPTION("Simulated TDX module, for tests");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
