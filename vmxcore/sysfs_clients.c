// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/vmxcore/clients: a directory for each registered client.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/mutex.h>

#include "client.h"
#include "register.h"
#include "sysfs.h"

/* Longer than ",CPU-CPU:COUNT" and the mark of a list that does not fit the page. */
#define LIST_RESERVE	48

static struct kobject *dir;

/* By the index of the entry. Set before the client's first file exists, until its last is gone. */
static struct kobject *client_dirs[VMXCORE_MAX_CLIENTS];
static struct vmxcore_client_entry *client_entries[VMXCORE_MAX_CLIENTS];

/* Orders added() and removing(): a client may unregister before its directory is made. */
static DEFINE_MUTEX(dirs_lock);

/*
 * The reader of a file keeps the directory in place, and with it the entry: it is not given
 * to another client before the directory is removed.
 */
static const struct vmxcore_client_entry *entry_of_dir(const struct kobject *kobj)
{
	unsigned int i;

	for (i = 0; i < VMXCORE_MAX_CLIENTS; i++) {
		if (READ_ONCE(client_dirs[i]) == kobj)
			return client_entries[i];
	}
	return NULL;
}

static ssize_t module_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", entry_of_dir(kobj)->desc.owner->name);
}

static ssize_t references_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", vmxcore_entry_refs(entry_of_dir(kobj)));
}

static unsigned int live_on(const struct vmxcore_client_entry *entry, unsigned int cpu)
{
	return READ_ONCE(per_cpu_ptr(entry->cpu_refs, cpu)->live);
}

/* The last CPU of the range that begins at @cpu and has @live references on each CPU. */
static unsigned int end_of_range(const struct vmxcore_client_entry *entry, unsigned int cpu,
				 unsigned int live)
{
	unsigned int next = cpumask_next(cpu, cpu_possible_mask);

	while (next == cpu + 1 && next < nr_cpu_ids && live_on(entry, next) == live) {
		cpu = next;
		next = cpumask_next(cpu, cpu_possible_mask);
	}
	return cpu;
}

static ssize_t cpu_references_show(struct kobject *kobj, struct kobj_attribute *attr,
				   char *text)
{
	const struct vmxcore_client_entry *entry = entry_of_dir(kobj);
	unsigned int cpu, live, last = 0;
	int len = 0;

	for_each_possible_cpu(cpu) {
		live = live_on(entry, cpu);
		if (!live || (len && cpu <= last))
			continue;
		if (len > PAGE_SIZE - LIST_RESERVE) {
			len += sysfs_emit_at(text, len, ",...");
			break;
		}
		last = end_of_range(entry, cpu, live);
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
	return vmxcore_sysfs_time(text, vmxcore_entry_since(entry_of_dir(kobj)));
}

static ssize_t vpids_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(entry_of_dir(kobj)->nr_vpids));
}

static ssize_t vmcss_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(entry_of_dir(kobj)->nr_vmcss));
}

static ssize_t exclusive_show(struct kobject *kobj, struct kobj_attribute *attr, char *text)
{
	return sysfs_emit(text, "%d\n", !!(entry_of_dir(kobj)->desc.flags & VMXCORE_EXCLUSIVE));
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

static int show(struct vmxcore_client_entry *entry)
{
	unsigned int i = vmxcore_entry_index(entry);
	struct kobject *client = vmxcore_sysfs_dir(entry->name, dir, NULL);

	if (!client)
		return -ENOMEM;
	client_entries[i] = entry;
	/* A reader that can open one of its files must find the entry. */
	smp_store_release(&client_dirs[i], client);
	return sysfs_create_group(client, &group);
}

/* A failure is logged only: the client works without a directory. */
static void added(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry;

	mutex_lock(&dirs_lock);
	entry = vmxcore_entry_find(client);
	if (entry && show(entry)) {
		hide(vmxcore_entry_index(entry));
		pr_warn("client '%s' is not shown in sysfs: out of memory\n", entry->name);
	}
	mutex_unlock(&dirs_lock);
}

static void removing(struct vmxcore_client_entry *entry)
{
	mutex_lock(&dirs_lock);
	hide(vmxcore_entry_index(entry));
	mutex_unlock(&dirs_lock);
}

static const struct vmxcore_watcher watcher = {
	.added = added,
	.removing = removing,
};

/* Before the first client registers. Return: 0 or -ENOMEM. */
int vmxcore_sysfs_clients_init(struct kobject *root)
{
	dir = vmxcore_sysfs_dir("clients", root, NULL);
	if (!dir)
		return -ENOMEM;
	vmxcore_watch_clients(&watcher);
	return 0;
}

void vmxcore_sysfs_clients_exit(void)
{
	vmxcore_watch_clients(NULL);
	vmxcore_sysfs_remove(dir);
	dir = NULL;
}
