/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/vmxcore: what its parts share. No other file of vmxcore depends on sysfs but
 * main.c.
 */
#ifndef _VMXCORE_SYSFS_H
#define _VMXCORE_SYSFS_H

#include <linux/kobject.h>
#include <linux/sysfs.h>
#include <linux/types.h>

/* Readable by all users, or by root only: docs/ABI/sysfs-kernel-vmxcore says which and why. */
#define VMXCORE_SYSFS_ALL(name) \
	static struct kobj_attribute name##_attr = __ATTR_RO(name)
#define VMXCORE_SYSFS_ROOT(name) \
	static struct kobj_attribute name##_attr = __ATTR_RO_MODE(name, 0400)

struct kobject *vmxcore_sysfs_dir(const char *name, struct kobject *parent,
				  const struct attribute_group *files);
void vmxcore_sysfs_remove(struct kobject *dir);
ssize_t vmxcore_sysfs_time(char *text, u64 ns);

int vmxcore_sysfs_caps_init(struct kobject *root);
void vmxcore_sysfs_caps_exit(void);
int vmxcore_sysfs_cpus_init(struct kobject *root);
void vmxcore_sysfs_cpus_exit(void);
int vmxcore_sysfs_clients_init(struct kobject *root);
void vmxcore_sysfs_clients_exit(void);

#endif /* _VMXCORE_SYSFS_H */
