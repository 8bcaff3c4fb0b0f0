// SPDX-License-Identifier: GPL-2.0-only
/* Taking a snapshot, and what several subcommands print of one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "options.h"
#include "out.h"
#include "snapshot.h"

static void read_uptime(struct snapshot *snapshot)
{
	char line[FILE_LINE], *dot;
	int err;

	err = file_line("/proc/uptime", line);
	dot = strchr(line, '.');
	if (dot)
		*dot = '\0';
	if (!err && !parse_u64(line, 10, &snapshot->uptime)) {
		snapshot->uptime = 0;
		err = -EINVAL;
	}
	if (err)
		note_file("/proc/uptime", err);
}

static void read_virt_at_load(struct snapshot *snapshot)
{
	static const char path[] = "/sys/module/kvm/parameters/enable_virt_at_load";
	bool value = false;
	int err;

	err = file_flag(path, &value);
	/* Before Linux 6.12 there is none: VMX while there is a VM. */
	if (!err || err == -ENOENT) {
		snapshot->virt_at_load = value ? ANSWER_YES : ANSWER_NO;
		return;
	}
	note_file(path, err);
	snapshot->virt_at_load = ANSWER_UNKNOWN;
}

/* What is not there may have gone since the modules were read. */
static void read_vmxcore(struct snapshot *snapshot)
{
	vmxcore_read(&snapshot->vmxcore);
	if (!snapshot->vmxcore.present && snapshot->modules[MODULE_VMXCORE].loaded)
		snapshot->modules_err = modules_read(snapshot->modules);
}

/**
 * snapshot_read - look at everything
 * @snapshot: filled in; to be freed
 */
void snapshot_read(struct snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	machine_read(&snapshot->machine);
	if (snapshot->machine.err)
		note_file("/proc/cpuinfo", snapshot->machine.err);
	snapshot->modules_err = modules_read(snapshot->modules);
	processes_read(&snapshot->processes);
	if (snapshot->processes.err)
		note_file("/proc", snapshot->processes.err);
	read_vmxcore(snapshot);
	if (snapshot->modules_err)
		note_file("/proc/modules", snapshot->modules_err);
	read_uptime(snapshot);
	read_virt_at_load(snapshot);
	holders_find(snapshot);
}

/**
 * snapshot_free - free what snapshot_read() has found
 * @snapshot: all of it
 */
void snapshot_free(struct snapshot *snapshot)
{
	processes_free(&snapshot->processes);
	vmxcore_free(&snapshot->vmxcore);
}

/**
 * snapshot_age - how long ago was that?
 * @snapshot: what is now
 * @since: then
 *
 * Return: seconds; 0 also where it is not known.
 */
uint64_t snapshot_age(const struct snapshot *snapshot, const struct moment *since)
{
	uint64_t then = since->us / 1000000;

	return since->known && snapshot->uptime > then ? snapshot->uptime - then : 0;
}

/**
 * snapshot_when - a moment for humans
 * @snapshot: what is now
 * @since: the moment
 * @buf: gets ", since DATE TIME (AGE)", or nothing where it is not known
 */
void snapshot_when(const struct snapshot *snapshot, const struct moment *since, char buf[96])
{
	uint64_t age = snapshot_age(snapshot, since);
	char date[32] = "", text[32];
	struct tm tm;
	time_t then;

	buf[0] = '\0';
	if (!since->known)
		return;
	then = time(NULL) - (time_t)age;
	if (localtime_r(&then, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	print_age(text, age);
	path_make(buf, 96, ", since %s (%s)", date, text);
}

/**
 * add_moment - put "since" (seconds since boot) and "age" (seconds) into an object
 * @object: the object
 * @snapshot: what is now
 * @since: the moment; where it is not known both are null
 */
void add_moment(struct json_object *object, const struct snapshot *snapshot, const struct moment *since)
{
	char text[40];

	if (!since->known) {
		add_string(object, "since", NULL);
		add_string(object, "age", NULL);
		return;
	}
	path_make(text, sizeof(text), "%llu.%06llu", (unsigned long long)since->us / 1000000,
		  (unsigned long long)since->us % 1000000);
	json_object_object_add(object, "since", json_object_new_double_s(since->us / 1e6, text));
	add_number(object, "age", snapshot_age(snapshot, since));
}

/**
 * add_processes - put the processes that run VMs into an object
 * @object: the object
 * @processes: the processes
 */
void add_processes(struct json_object *object, const struct processes *processes)
{
	struct json_object *array = add_array(object, "processes"), *entry;
	const struct process *p;

	for (p = processes->list; p < processes->list + processes->n; p++) {
		entry = append_object(array);
		add_number(entry, "pid", p->pid);
		add_string(entry, "comm", p->comm);
		add_number(entry, "kvm_vms", p->kvm_vms);
		add_number(entry, "kvm", p->kvm);
		add_number(entry, "vboxdrv", p->vbox);
		add_number(entry, "vmmon", p->vmware);
	}
	add_number(object, "processes_not_seen", processes->blind);
}

/**
 * add_client - put a client into an array
 * @array: the array
 * @snapshot: what it is of
 * @client: the client
 */
void add_client(struct json_object *array, const struct snapshot *snapshot, const struct vmxcore_client *client)
{
	struct json_object *object = append_object(array);

	add_string(object, "name", client->name);
	add_bool(object, "visible", !client->hidden);
	if (client->hidden)
		return;
	add_string(object, "module", client->module);
	add_bool(object, "holds", vmxcore_client_holds(client));
	add_number(object, "references", client->references);
	add_string(object, "cpu_references", client->cpu_references);
	add_number(object, "vpids", client->vpids);
	add_number(object, "vmcss", client->vmcss);
	add_bool(object, "exclusive", client->exclusive);
	add_moment(object, snapshot, &client->since);
}
