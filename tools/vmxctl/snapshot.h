/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is known of the machine at one moment, and who holds VMX in it. */
#ifndef VMXCTL_SNAPSHOT_H
#define VMXCTL_SNAPSHOT_H

#include <json.h>

#include "machine.h"
#include "modules.h"
#include "processes.h"
#include "vmxcore.h"

/* Clients, and every module that may have VMX. */
#define HOLDERS		(256 + MODULES)

/**
 * struct holder - somebody who has VMX
 * @name: the client or module
 * @title: what it is
 * @client: a client of vmxcore, or else a module that has taken VMX for itself
 * @certain: it does hold VMX; otherwise it can be told no better than that it most probably does
 * @since: since when, where that is known
 * @info: of the client, or NULL
 */
struct holder {
	const char *name;
	const char *title;
	bool client;
	bool certain;
	struct moment since;
	const struct vmxcore_client *info;
};

/**
 * struct snapshot - all of it
 * @machine: the CPUs
 * @modules: those that matter here
 * @modules_err: why they are not known, or 0
 * @processes: those that run VMs
 * @vmxcore: what it shows
 * @uptime: seconds since boot, 0 when not known
 * @virt_at_load: KVM holds VMX from load to unload
 * @held: does anybody hold VMX?
 * @complete: all who hold VMX are in @holders
 * @holders: those who do
 * @n_holders: how many
 */
struct snapshot {
	struct machine machine;
	struct module modules[MODULES];
	int modules_err;
	struct processes processes;
	struct vmxcore vmxcore;
	uint64_t uptime;
	enum answer virt_at_load;
	enum answer held;
	bool complete;
	struct holder holders[HOLDERS];
	size_t n_holders;
};

void snapshot_read(struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);
void holders_find(struct snapshot *snapshot);
uint64_t snapshot_age(const struct snapshot *snapshot, const struct moment *since);
void snapshot_when(const struct snapshot *snapshot, const struct moment *since, char buf[96]);
void add_moment(struct json_object *object, const struct snapshot *snapshot, const struct moment *since);
void add_processes(struct json_object *object, const struct processes *processes);
void add_client(struct json_object *array, const struct snapshot *snapshot, const struct vmxcore_client *client);

#endif /* VMXCTL_SNAPSHOT_H */
