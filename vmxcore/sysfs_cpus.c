// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/vmxcore/cpus: a directory for each possible CPU, so that nothing has to be done
 * when one comes online or goes offline.
 */
#include <linux/cpumask.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>

#include "cpu.h"
#include "sysfs.h"

#define PREFIX	"cpu"

static struct kobject *dir;
static struct kobject **cpu_dirs;

static unsigned int cpu_of(struct kobject *kobj)
{
	unsigned int cpu = 0;

	/* It cannot fail: the name was made from a number. */
	if (kstrtouint(kobject_name(kobj) + strlen(PREFIX), 10, &cpu))
		return 0;
	return cpu;
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", vmxcore_cpu_state_name(cpu_of(kobj)));
}

static ssize_t references_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(per_cpu(vmxcore_cpu.refs, cpu_of(kobj))));
}

static ssize_t held_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%d\n", READ_ONCE(per_cpu(vmxcore_cpu.system_ref, cpu_of(kobj))));
}

static ssize_t since_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return vmxcore_sysfs_time(text, vmxcore_cpu_since(cpu_of(kobj)));
}

static ssize_t foreign_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%d\n", vmxcore_cpu_foreign(cpu_of(kobj)));
}

VMXCORE_SYSFS_ROOT(state);
VMXCORE_SYSFS_ROOT(references);
VMXCORE_SYSFS_ROOT(held);
VMXCORE_SYSFS_ROOT(since);
VMXCORE_SYSFS_ROOT(foreign);

static struct attribute *files[] = {
	&state_attr.attr,
	&references_attr.attr,
	&held_attr.attr,
	&since_attr.attr,
	&foreign_attr.attr,
	NULL
};

static const struct attribute_group group = {
	.attrs = files,
};

/* Return: 0 or -ENOMEM; vmxcore_sysfs_cpus_exit() removes what was made until then. */
int vmxcore_sysfs_cpus_init(struct kobject *root)
{
	char name[sizeof(PREFIX) + 10];
	unsigned int cpu;

	cpu_dirs = kcalloc(nr_cpu_ids, sizeof(*cpu_dirs), GFP_KERNEL);
	if (!cpu_dirs)
		return -ENOMEM;
	dir = vmxcore_sysfs_dir("cpus", root, NULL);
	if (!dir)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		snprintf(name, sizeof(name), PREFIX "%u", cpu);
		cpu_dirs[cpu] = vmxcore_sysfs_dir(name, dir, &group);
		if (!cpu_dirs[cpu])
			return -ENOMEM;
	}
	return 0;
}

void vmxcore_sysfs_cpus_exit(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu_dirs && cpu < nr_cpu_ids; cpu++)
		vmxcore_sysfs_remove(cpu_dirs[cpu]);
	kfree(cpu_dirs);
	cpu_dirs = NULL;
	vmxcore_sysfs_remove(dir);
	dir = NULL;
}
