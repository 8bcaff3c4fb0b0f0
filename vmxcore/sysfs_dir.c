// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories and texts of /sys/kernel/vmxcore.
 *
 * Every directory is a kobject that the kernel allocates and frees, so no release function of
 * this module can be called after it is unloaded. A read holds its file in place, and a
 * directory is not removed before the last read in it is over; a file that is still open then
 * reads ENODEV.
 */
#include <linux/math64.h>
#include <linux/time64.h>

#include "sysfs.h"

/* @files: may be NULL. Return: NULL if memory is short or the name is taken. */
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

/* When this returns none of its files is being read or can be. @dir: may be NULL. */
void vmxcore_sysfs_remove(struct kobject *dir)
{
	kobject_del(dir);
	kobject_put(dir);
}

/* @ns: CLOCK_BOOTTIME; 0 becomes an empty line. Return: the length of the text. */
ssize_t vmxcore_sysfs_time(char *text, u64 ns)
{
	u32 rest;
	u64 seconds = div_u64_rem(ns, NSEC_PER_SEC, &rest);

	if (!ns)
		return sysfs_emit(text, "\n");
	return sysfs_emit(text, "%llu.%06ld\n", seconds, rest / NSEC_PER_USEC);
}
