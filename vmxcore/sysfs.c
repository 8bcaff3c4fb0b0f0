// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/vmxcore: see docs/ABI/sysfs-kernel-vmxcore
 */
#include <linux/cpumask.h>
#include <linux/module.h>

#include <vmxcore/vmxcore.h>

#include "backend.h"
#include "compat.h"
#include "cpu.h"
#include "init.h"
#include "sysfs.h"

static struct kobject *root;

/* The parameter enable_virt_at_load. */
static bool always;

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
	return sysfs_emit(text, "%s\n", always ? "always" : "on-demand");
}

static ssize_t provider_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	char name[MODULE_NAME_LEN] = "";

	if (VMXCORE_BACKEND.provider)
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

/* Before the first client registers. Return: 0 or -ENOMEM. */
int vmxcore_sysfs_init(bool at_load)
{
	int err;

	always = at_load;
	root = vmxcore_sysfs_dir(KBUILD_MODNAME, kernel_kobj, &group);
	if (!root)
		return -ENOMEM;
	err = vmxcore_sysfs_caps_init(root);
	if (!err)
		err = vmxcore_sysfs_cpus_init(root);
	if (!err)
		err = vmxcore_sysfs_clients_init(root);
	if (err)
		vmxcore_sysfs_exit();
	return err;
}

/* Also after vmxcore_sysfs_init() has failed half-way; no client is registered. */
void vmxcore_sysfs_exit(void)
{
	vmxcore_sysfs_clients_exit();
	vmxcore_sysfs_cpus_exit();
	vmxcore_sysfs_caps_exit();
	vmxcore_sysfs_remove(root);
	root = NULL;
}
