// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/vmxcore_tdx, documented in docs/ABI/sysfs-kernel-vmxcore_tdx */
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "tdx.h"

static struct kobject *dir;

static const char *const state_name[] = {
	[TDX_ABSENT] = "absent",
	[TDX_INITIALIZED] = "initialized",
	[TDX_CONFIGURED] = "configured",
	[TDX_READY] = "ready",
	[TDX_SHUT_DOWN] = "shut down",
};

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", state_name[tdx_state()]);
}

static ssize_t module_version_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u.%u.%02u\n", tdx_info.major_version, tdx_info.minor_version,
			  tdx_info.update_version);
}

static ssize_t build_date_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	u32 date = tdx_info.build_date;

	return sysfs_emit(text, "%04u-%02u-%02u\n", date / 10000, date / 100 % 100, date % 100);
}

static ssize_t build_num_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", tdx_info.build_num);
}

static ssize_t attributes_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "0x%08x\n", tdx_info.attributes);
}

static ssize_t features0_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "0x%016llx\n", tdx_info.features0);
}

static ssize_t keyids_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u-%u\n", tdx_platform.first_keyid,
			  tdx_platform.first_keyid + tdx_platform.nr_keyids - 1);
}

static ssize_t cpus_initialized_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", tdx_lp_count());
}

static ssize_t seamldr_version_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	u16 major, minor, update;

	if (!tdx_seamldr_version(&major, &minor, &update))
		return sysfs_emit(text, "\n");
	return sysfs_emit(text, "%u.%u.%02u\n", major, minor, update);
}

static ssize_t tdmrs_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", tdx_memory_given().tdmrs);
}

static ssize_t memory_usable_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%llu\n", tdx_memory_given().usable);
}

static ssize_t memory_left_out_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%llu\n", tdx_memory_given().left_out);
}

static ssize_t memory_pamt_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%llu\n", tdx_memory_given().pamt);
}

static ssize_t last_error_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	char error[128];

	tdx_last_error(error, sizeof(error));
	return sysfs_emit(text, "%s\n", error);
}

#define RO(name) static struct kobj_attribute name##_attr = __ATTR_RO(name)
#define ROOT(name) static struct kobj_attribute name##_attr = __ATTR_RO_MODE(name, 0400)

RO(state);
RO(module_version);
RO(build_date);
RO(build_num);
RO(attributes);
RO(features0);
RO(cpus_initialized);
RO(seamldr_version);
RO(tdmrs);
RO(memory_usable);
RO(memory_left_out);
RO(memory_pamt);
ROOT(keyids);
ROOT(last_error);

static struct attribute *attrs[] = {
	&state_attr.attr,
	&module_version_attr.attr,
	&build_date_attr.attr,
	&build_num_attr.attr,
	&attributes_attr.attr,
	&features0_attr.attr,
	&cpus_initialized_attr.attr,
	&seamldr_version_attr.attr,
	&tdmrs_attr.attr,
	&memory_usable_attr.attr,
	&memory_left_out_attr.attr,
	&memory_pamt_attr.attr,
	&keyids_attr.attr,
	&last_error_attr.attr,
	NULL
};

static const struct attribute_group group = {
	.attrs = attrs,
};

int tdx_sysfs_init(void)
{
	int err;

	dir = kobject_create_and_add(KBUILD_MODNAME, kernel_kobj);
	if (!dir)
		return -ENOMEM;
	err = sysfs_create_group(dir, &group);
	if (err)
		kobject_put(dir);
	return err;
}

void tdx_sysfs_exit(void)
{
	kobject_put(dir);
}
