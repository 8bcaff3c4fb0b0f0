// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test client: user space registers clients, takes references on chosen
 * CPUs, breaks the hardware, and reads its state. It is driven by files in
 * /sys/kernel/debug/vmxcore_test:
 *
 * command	one command per write; the write's errno is its result (command.c)
 * clients	one line per client that was ever registered, with callback counts
 * storm	totals of all storms
 * fuzz		what vmxcore must report at the end of a round of the fuzzer, and
 *		which calls the fuzzer has made
 * hooks	results of get_cpu on a CPU's ways up and down
 * witness	where the crash kernel finds the VMCSs of this kernel
 * counts	how often functions were called
 * emergency	the kernel's emergency callback
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "test.h"

#define LINE_MAX_LEN 256

static struct dentry *dir;
static DEFINE_MUTEX(command_lock);

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
	err = test_command(line);
	mutex_unlock(&command_lock);

	kfree(line);
	return err ?: size;
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = command_write,
};

static int clients_show(struct seq_file *m, void *unused)
{
	mutex_lock(&command_lock);
	test_clients_show(m);
	mutex_unlock(&command_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(clients);

static int storm_show(struct seq_file *m, void *unused)
{
	test_storm_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(storm);

static int fuzz_show(struct seq_file *m, void *unused)
{
	mutex_lock(&command_lock);
	test_fuzz_show(m);
	mutex_unlock(&command_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(fuzz);

static int hooks_show(struct seq_file *m, void *unused)
{
	test_hooks_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hooks);

static int witness_show(struct seq_file *m, void *unused)
{
	test_witness_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(witness);

static int emergency_show(struct seq_file *m, void *unused)
{
	test_emergency_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(emergency);

static int counts_show(struct seq_file *m, void *unused)
{
	mutex_lock(&command_lock);
	test_counts_show(m);
	mutex_unlock(&command_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

static bool leak;
module_param(leak, bool, 0600);
MODULE_PARM_DESC(leak, "Do not unregister the clients at unload");

static const struct {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ test_broken_init, test_broken_exit },
	{ test_launch_init, test_launch_exit },
	{ test_emergency_init, test_emergency_exit },
	{ test_wake_init, test_wake_exit },
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

static int __init test_init(void)
{
	int err = parts_init();

	if (err)
		return err;

	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("command", 0200, dir, NULL, &command_fops);
	debugfs_create_file("clients", 0400, dir, NULL, &clients_fops);
	debugfs_create_file("storm", 0400, dir, NULL, &storm_fops);
	debugfs_create_file("fuzz", 0400, dir, NULL, &fuzz_fops);
	debugfs_create_file("hooks", 0400, dir, NULL, &hooks_fops);
	debugfs_create_file("witness", 0400, dir, NULL, &witness_fops);
	debugfs_create_file("counts", 0400, dir, NULL, &counts_fops);
	debugfs_create_file("emergency", 0400, dir, NULL, &emergency_fops);
	return 0;
}
module_init(test_init);

static void __exit test_exit(void)
{
	debugfs_remove_recursive(dir);
	test_inject_exit();
	test_mce_exit();
	test_storm_stop();
	test_fuzz_end();
	test_hooks_off();
	if (!leak)
		test_unregister_all();
	test_vmcss_exit();
	test_stranger_exit();
	parts_exit(ARRAY_SIZE(parts));
	test_witness_exit();
}
module_exit(test_exit);

MODULE_DESCRIPTION("Client of vmxcore for tests, driven from user space");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
