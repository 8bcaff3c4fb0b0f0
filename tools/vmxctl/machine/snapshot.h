/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of the machine at one moment, and what holds VMX. */
#ifndef VMXCTL_SNAPSHOT_H
#define VMXCTL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/machine.h"
#include "machine/modules.h"
#include "machine/processes.h"
#include "machine/virtualbox.h"
#include "machine/vmxcore.h"

/* All clients, and all modules that can hold VMX. */
#define HOLDERS		(256 + MODULES)

/**
 * enum holder_kind - how a holder got VMX
 * @HOLDER_CLIENT: it has a reference from vmxcore
 * @HOLDER_MODULE: a module that executes VMXON itself
 * @HOLDER_FOREIGN: unknown code; vmxcore found CR4.VMXE set
 */
enum holder_kind {
	HOLDER_CLIENT,
	HOLDER_MODULE,
	HOLDER_FOREIGN,
};

/**
 * struct holder - a client or module that holds VMX
 * @name: its name
 * @title: describes it
 * @kind: how it got VMX
 * @certain: it holds VMX for certain, otherwise only probably
 * @since: since when, if that is known
 * @info: the client, or NULL
 */
struct holder {
	const char *name;
	const char *title;
	enum holder_kind kind;
	bool certain;
	struct moment since;
	const struct vmxcore_client *info;
};

/**
 * struct snapshot - the state of the machine
 * @machine: the CPUs
 * @modules: the modules of hypervisors
 * @modules_err: why they could not be read, or 0
 * @processes: the processes that run VMs
 * @vmxcore: vmxcore's sysfs folder
 * @virtualbox: how VirtualBox shares VMX
 * @uptime: seconds since boot, or 0 if unknown
 * @virt_at_load: KVM holds VMX from load to unload
 * @foreign_cpus: the CPUs with an unknown owner, as "0,2"
 * @held: is VMX held?
 * @complete: @holders has every holder
 * @holders: the holders that are known
 * @n_holders: the length of @holders
 */
struct snapshot {
	struct machine machine;
	struct module modules[MODULES];
	int modules_err;
	struct processes processes;
	struct vmxcore vmxcore;
	struct virtualbox virtualbox;
	uint64_t uptime;
	enum answer virt_at_load;
	char foreign_cpus[256];
	enum answer held;
	bool complete;
	struct holder holders[HOLDERS];
	size_t n_holders;
};

void snapshot_read(struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);

#endif /* VMXCTL_SNAPSHOT_H */
