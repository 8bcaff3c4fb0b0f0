/* SPDX-License-Identifier: GPL-2.0-only */
/* What vmxcore shows in sysfs: docs/ABI/sysfs-kernel-vmxcore. */
#ifndef VMXCTL_VMXCORE_H
#define VMXCTL_VMXCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/features.h"

#define VMXCORE_DIR	"/sys/kernel/vmxcore"
#define VMXCORE_CAPS	VMXCORE_DIR "/capabilities"

/* A page, the longest that a file of sysfs can be. */
#define VMXCORE_PAGE	4097

/* A list of CPUs, and the words of vmxcore_client_held(). */
#define VMXCORE_HELD	(VMXCORE_PAGE + 64)

/**
 * struct moment - a time, or none
 * @known: there is one
 * @us: microseconds since boot
 */
struct moment {
	bool known;
	uint64_t us;
};

/**
 * struct vmxcore_client - a client
 * @name: its name
 * @module: the module it belongs to
 * @references: to all CPUs
 * @cpu_references: to single CPUs, as vmxcore shows them
 * @vpids: how many VPIDs it has
 * @vmcss: how many VMCSs it has
 * @exclusive: has VMX for itself
 * @since: holds references since
 * @hidden: only its name can be seen
 */
struct vmxcore_client {
	char name[64];
	char module[64];
	uint64_t references;
	char cpu_references[VMXCORE_PAGE];
	uint64_t vpids;
	uint64_t vmcss;
	bool exclusive;
	struct moment since;
	bool hidden;
};

/**
 * struct vmxcore_cpu - a CPU
 * @cpu: its number
 * @state: VMX there
 * @references: to it alone
 * @held: with all others
 * @since: VMX is on since
 * @foreign: somebody who is no client of vmxcore has it
 */
struct vmxcore_cpu {
	unsigned int cpu;
	char state[16];
	uint64_t references;
	bool held;
	bool foreign;
	struct moment since;
};

/**
 * struct vmxcore - all of it
 * @present: the folder is there
 * @gone: it went while it was read, or is not whole yet
 * @hidden: some files are root's
 * @broken: some files make no sense
 * @backend: "native" or "borrowed"
 * @state: of VMX on this machine
 * @policy: when VMX is on
 * @provider: who lends the kernel's VMX, or empty
 * @clients: the clients, by name
 * @n_clients: how many
 * @cpus: the CPUs, by number
 * @n_cpus: how many
 */
struct vmxcore {
	bool present;
	bool gone;
	bool hidden;
	bool broken;
	char backend[16];
	char state[16];
	char policy[16];
	char provider[64];
	struct vmxcore_client *clients;
	size_t n_clients;
	struct vmxcore_cpu *cpus;
	size_t n_cpus;
};

void vmxcore_read(struct vmxcore *vmxcore);
void vmxcore_free(struct vmxcore *vmxcore);
int vmxcore_caps(uint64_t caps[CAPS]);
bool vmxcore_cpu_is_on(const struct vmxcore_cpu *cpu);
bool vmxcore_client_holds(const struct vmxcore_client *client);
const char *vmxcore_client_held(const struct vmxcore_client *client, char buf[VMXCORE_HELD]);

#endif /* VMXCTL_VMXCORE_H */
