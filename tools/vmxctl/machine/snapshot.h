/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is known of the machine at one moment, and who holds VMX in it. */
#ifndef VMXCTL_SNAPSHOT_H
#define VMXCTL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/machine.h"
#include "machine/modules.h"
#include "machine/processes.h"
#include "machine/vmxcore.h"

/* Clients, and every module that may have VMX. */
#define HOLDERS		(256 + MODULES)

/**
 * enum holder_kind - how a holder has come to VMX
 * @HOLDER_CLIENT: from vmxcore, by a reference
 * @HOLDER_MODULE: a module that takes it for itself
 * @HOLDER_FOREIGN: somebody of whom only CR4.VMXE is known
 */
enum holder_kind {
	HOLDER_CLIENT,
	HOLDER_MODULE,
	HOLDER_FOREIGN,
};

/**
 * struct holder - somebody who has VMX
 * @name: the client or module
 * @title: what it is
 * @kind: and how it has VMX
 * @certain: it does hold VMX; otherwise it can be told no better than that it most probably does
 * @since: since when, where that is known
 * @info: of the client, or NULL
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
 * struct snapshot - all of it
 * @machine: the CPUs
 * @modules: those that matter here
 * @modules_err: why they are not known, or 0
 * @processes: those that run VMs
 * @vmxcore: what it shows
 * @uptime: seconds since boot, 0 when not known
 * @virt_at_load: KVM holds VMX from load to unload
 * @foreign_cpus: where somebody has it who is neither, as "0,2"
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
	char foreign_cpus[256];
	enum answer held;
	bool complete;
	struct holder holders[HOLDERS];
	size_t n_holders;
};

void snapshot_read(struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);

#endif /* VMXCTL_SNAPSHOT_H */
