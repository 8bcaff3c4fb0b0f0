// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/vmxcore/capabilities: the VMX capability MSRs.
 */
#include <linux/bitfield.h>
#include <linux/stddef.h>

#include "caps.h"
#include "sysfs.h"

struct cap_file {
	struct kobj_attribute attr;
	size_t offset;
};

static struct kobject *dir;

static ssize_t cap_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	const struct cap_file *file = container_of(attr, struct cap_file, attr);
	const u64 *cap = (const void *)vmxcore_caps() + file->offset;

	return sysfs_emit(text, "0x%016llx\n", *cap);
}

static ssize_t revision_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "0x%08x\n", vmxcore_caps_revision());
}

static ssize_t vmcs_size_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%llu\n", FIELD_GET(VMXCORE_BASIC_SIZE, vmxcore_caps()->basic));
}

static ssize_t memory_type_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%llu\n",
			  FIELD_GET(VMXCORE_BASIC_MEM_TYPE, vmxcore_caps()->basic));
}

VMXCORE_SYSFS_ALL(revision);
VMXCORE_SYSFS_ALL(vmcs_size);
VMXCORE_SYSFS_ALL(memory_type);

#define CAP(name) (&((struct cap_file) { \
	.attr = __ATTR(name, 0444, cap_show, NULL), \
	.offset = offsetof(struct vmxcore_caps, name), \
}).attr.attr)

static struct attribute *files[] = {
	&revision_attr.attr,
	&vmcs_size_attr.attr,
	&memory_type_attr.attr,
	CAP(basic), CAP(misc), CAP(pinbased), CAP(procbased), CAP(exit),
	CAP(entry), CAP(true_pinbased), CAP(true_procbased), CAP(true_exit),
	CAP(true_entry), CAP(procbased2), CAP(procbased3), CAP(ept_vpid),
	CAP(vmfunc), CAP(cr0_fixed0), CAP(cr0_fixed1), CAP(cr4_fixed0),
	CAP(cr4_fixed1), CAP(vmcs_enum),
	NULL
};

static const struct attribute_group group = {
	.attrs = files,
};

/* Return: 0 or -ENOMEM. */
int vmxcore_sysfs_caps_init(struct kobject *root)
{
	dir = vmxcore_sysfs_dir("capabilities", root, &group);
	return dir ? 0 : -ENOMEM;
}

void vmxcore_sysfs_caps_exit(void)
{
	vmxcore_sysfs_remove(dir);
	dir = NULL;
}
