// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/vmxcore/clients: one directory each, from vmxcore_register() to its end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/mutex.h>

#include "client.h"
#include "register.h"
#include "sysfs.h"

/* Longer than ",CPU-CPU:COUNT" and the mark of a list that is cut off. */
#define LIST_RESERVE	48

static struct kobject *dir;

/* By the index of the slot. Set before the first file is there, and until the last is gone. */
static struct kobject *client_dirs[VMXCORE_MAX_CLIENTS];
static struct vmxcore_slot *client_slots[VMXCORE_MAX_CLIENTS];

/* Against a client that is unregistered before it is shown. */
static DEFINE_MUTEX(dirs_lock);

/*
 * A file's own reader keeps its directory in place, and that keeps the slot from being the
 * next client's.
 */
static const struct vmxcore_slot *slot_of(const struct kobject *kobj)
{
	unsigned int i;

	for (i = 0; i < VMXCORE_MAX_CLIENTS; i++) {
		if (READ_ONCE(client_dirs[i]) == kobj)
			return client_slots[i];
	}
	return NULL;
}

static ssize_t module_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", slot_of(kobj)->desc.owner->name);
}

static ssize_t references_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", vmxcore_slot_refs(slot_of(kobj)));
}

static unsigned int live_on(const struct vmxcore_slot *slot, unsigned int cpu)
{
	return READ_ONCE(per_cpu_ptr(slot->cpu_refs, cpu)->live);
}

/* The last CPU of those from this one on that have as many references. */
static unsigned int end_of_range(const struct vmxcore_slot *slot, unsigned int cpu,
				 unsigned int live)
{
	unsigned int next = cpumask_next(cpu, cpu_possible_mask);

	while (next == cpu + 1 && next < nr_cpu_ids && live_on(slot, next) == live) {
		cpu = next;
		next = cpumask_next(cpu, cpu_possible_mask);
	}
	return cpu;
}

static ssize_t cpu_references_show(struct kobject *kobj, struct kobj_attribute *attr,
				   char *text)
{
	const struct vmxcore_slot *slot = slot_of(kobj);
	unsigned int cpu, live, last = 0;
	int len = 0;

	for_each_possible_cpu(cpu) {
		live = live_on(slot, cpu);
		if (!live || (len && cpu <= last))
			continue;
		if (len > PAGE_SIZE - LIST_RESERVE) {
			len += sysfs_emit_at(text, len, ",...");
			break;
		}
		last = end_of_range(slot, cpu, live);
		len += sysfs_emit_at(text, len, "%s%u", len ? "," : "", cpu);
		if (last > cpu)
			len += sysfs_emit_at(text, len, "-%u", last);
		len += sysfs_emit_at(text, len, ":%u", live);
	}
	len += sysfs_emit_at(text, len, "\n");
	return len;
}

static ssize_t since_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return vmxcore_sysfs_time(text, vmxcore_slot_since(slot_of(kobj)));
}

static ssize_t vpids_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(slot_of(kobj)->nr_vpids));
}

static ssize_t vmcss_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(slot_of(kobj)->nr_vmcss));
}

/* Who wants that is shown once he has it. */
static ssize_t exclusive_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%d\n", !!(slot_of(kobj)->desc.flags & VMXCORE_EXCLUSIVE));
}

VMXCORE_SYSFS_ROOT(module);
VMXCORE_SYSFS_ROOT(references);
VMXCORE_SYSFS_ROOT(cpu_references);
VMXCORE_SYSFS_ROOT(since);
VMXCORE_SYSFS_ROOT(vpids);
VMXCORE_SYSFS_ROOT(vmcss);
VMXCORE_SYSFS_ROOT(exclusive);

static struct attribute *files[] = {
	&module_attr.attr,
	&references_attr.attr,
	&cpu_references_attr.attr,
	&since_attr.attr,
	&vpids_attr.attr,
	&vmcss_attr.attr,
	&exclusive_attr.attr,
	NULL
};

static const struct attribute_group group = {
	.attrs = files,
};

static void hide(unsigned int i)
{
	vmxcore_sysfs_remove(client_dirs[i]);
	WRITE_ONCE(client_dirs[i], NULL);
}

static int show(struct vmxcore_slot *slot)
{
	unsigned int i = vmxcore_slot_index(slot);
	struct kobject *client = vmxcore_sysfs_dir(slot->name, dir, NULL);

	if (!client)
		return -ENOMEM;
	client_slots[i] = slot;
	/* Whoever opens one of its files must find the slot. */
	smp_store_release(&client_dirs[i], client);
	return sysfs_create_group(client, &group);
}

/* A client that cannot be shown is one all the same. */
static void came(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot;

	mutex_lock(&dirs_lock);
	slot = vmxcore_slot_find(client);
	if (slot && show(slot)) {
		hide(vmxcore_slot_index(slot));
		pr_warn("client '%s' is not shown in sysfs: out of memory\n", slot->name);
	}
	mutex_unlock(&dirs_lock);
}

static void going(struct vmxcore_slot *slot)
{
	mutex_lock(&dirs_lock);
	hide(vmxcore_slot_index(slot));
	mutex_unlock(&dirs_lock);
}

static const struct vmxcore_watcher watcher = {
	.came = came,
	.going = going,
};

/**
 * vmxcore_sysfs_clients_init - make clients/
 * @root: where
 *
 * Context: task, at load, before the first client registers.
 * Return: 0 or -ENOMEM.
 */
int vmxcore_sysfs_clients_init(struct kobject *root)
{
	dir = vmxcore_sysfs_dir("clients", root, NULL);
	if (!dir)
		return -ENOMEM;
	vmxcore_watch_clients(&watcher);
	return 0;
}

/**
 * vmxcore_sysfs_clients_exit - the counterpart
 *
 * Context: task; nobody is registered any more.
 */
void vmxcore_sysfs_clients_exit(void)
{
	vmxcore_watch_clients(NULL);
	vmxcore_sysfs_remove(dir);
	dir = NULL;
}
