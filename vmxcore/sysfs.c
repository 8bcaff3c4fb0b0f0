// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/vmxcore: docs/ABI/sysfs-kernel-vmxcore
 *
 * Every directory is a kobject that the kernel allocates and frees: no release function of
 * this module can be called after it is gone. A read holds its file in place, and a
 * directory is not removed before the last read in it is over; whoever still has one of
 * its files open then reads ENODEV.
 */
#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/time64.h>

#include <vmxcore/vmxcore.h>

#include "backend.h"
#include "compat.h"
#include "cpu.h"
#include "sysfs.h"

static struct kobject *root;

/* The parameter enable_virt_at_load. */
static bool at_load;

static ssize_t backend_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", VMXCORE_BACKEND.name);
}

static const char *where_on(void)
{
	bool on = false, off = false;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (READ_ONCE(per_cpu(vmxcore_cpu.state, cpu)) == VMXCORE_CPU_ON)
			on = true;
		else
			off = true;
	}
	if (!on)
		return "off";
	return off ? "partial" : "on";
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	const char *state;

	if (READ_ONCE(vmxcore_rebooting))
		state = "down";
	else if (vmxcore_cpus_failed())
		state = "failed";
	else
		state = where_on();
	return sysfs_emit(text, "%s\n", state);
}

static ssize_t policy_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", at_load ? "always" : "on-demand");
}

static ssize_t provider_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	char name[MODULE_NAME_LEN] = "";

	VMXCORE_BACKEND.provider(name);
	return sysfs_emit(text, "%s\n", name);
}

VMXCORE_SYSFS_ALL(backend);
VMXCORE_SYSFS_ALL(state);
VMXCORE_SYSFS_ALL(policy);
VMXCORE_SYSFS_ALL(provider);

static struct attribute *files[] = {
	&backend_attr.attr,
	&state_attr.attr,
	&policy_attr.attr,
	&provider_attr.attr,
	NULL
};

static const struct attribute_group group = {
	.attrs = files,
};

/**
 * vmxcore_sysfs_dir - make a directory
 * @name: its name
 * @parent: where
 * @files: what is in it, or NULL: directories only
 *
 * Context: task, may sleep.
 * Return: the directory, or NULL: no memory, or the name is taken.
 */
struct kobject *vmxcore_sysfs_dir(const char *name, struct kobject *parent,
				  const struct attribute_group *files)
{
	struct kobject *dir = kobject_create_and_add(name, parent);

	if (dir && files && sysfs_create_group(dir, files)) {
		kobject_put(dir);
		dir = NULL;
	}
	return dir;
}

/**
 * vmxcore_sysfs_remove - remove a directory
 * @dir: from vmxcore_sysfs_dir(); NULL is fine
 *
 * When this returns nobody reads one of its files or will.
 *
 * Context: task, may sleep.
 */
void vmxcore_sysfs_remove(struct kobject *dir)
{
	kobject_del(dir);
	kobject_put(dir);
}

/**
 * vmxcore_sysfs_time - the text of a moment
 * @text: where to
 * @ns: CLOCK_BOOTTIME, or 0: there is none
 *
 * Context: task.
 * Return: its length.
 */
ssize_t vmxcore_sysfs_time(char *text, u64 ns)
{
	u32 rest;
	u64 seconds = div_u64_rem(ns, NSEC_PER_SEC, &rest);

	if (!ns)
		return sysfs_emit(text, "\n");
	return sysfs_emit(text, "%llu.%06ld\n", seconds, rest / NSEC_PER_USEC);
}

static int fill(void)
{
	int err;

	err = vmxcore_sysfs_caps_init(root);
	if (err)
		return err;
	err = vmxcore_sysfs_cpus_init(root);
	if (err)
		return err;
	return vmxcore_sysfs_clients_init(root);
}

/**
 * vmxcore_sysfs_init - show what there is
 * @always: the parameter enable_virt_at_load
 *
 * Context: task, at load, before the first client registers.
 * Return: 0 or -ENOMEM.
 */
int vmxcore_sysfs_init(bool always)
{
	int err;

	at_load = always;
	root = vmxcore_sysfs_dir(KBUILD_MODNAME, kernel_kobj, &group);
	if (!root)
		return -ENOMEM;
	err = fill();
	if (err)
		vmxcore_sysfs_exit();
	return err;
}

/**
 * vmxcore_sysfs_exit - the counterpart; waits for whoever reads
 *
 * Context: task; nobody is registered any more.
 */
void vmxcore_sysfs_exit(void)
{
	vmxcore_sysfs_clients_exit();
	vmxcore_sysfs_cpus_exit();
	vmxcore_sysfs_caps_exit();
	vmxcore_sysfs_remove(root);
	root = NULL;
}
