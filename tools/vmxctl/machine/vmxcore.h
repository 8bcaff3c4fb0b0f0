/* SPDX-License-Identifier: GPL-2.0-only */
/* vmxcore's files in sysfs, as docs/ABI/sysfs-kernel-vmxcore describes them. */
#ifndef VMXCTL_VMXCORE_H
#define VMXCTL_VMXCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/features.h"

#define VMXCORE_DIR	"/sys/kernel/vmxcore"
#define VMXCORE_CAPS	VMXCORE_DIR "/capabilities"

/* A sysfs file has at most a page, and a NUL follows it. */
#define VMXCORE_PAGE	4097

/* A list of CPUs and the words that vmxcore_client_held() adds. */
#define VMXCORE_HELD	(VMXCORE_PAGE + 64)

/**
 * struct moment - a time that may be unknown
 * @known: @us is valid
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
 * @references: number of system-wide references
 * @cpu_references: references to single CPUs, as CPU:COUNT
 * @vpids: number of its VPIDs
 * @vmcss: number of its VMCSs
 * @exclusive: it uses VMX exclusively
 * @since: when it took its first reference
 * @hidden: only its name could be read
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
 * @state: the state of VMX on it
 * @references: references to this CPU alone
 * @held: it is held by a system-wide reference
 * @since: when VMX was turned on
 * @foreign: code that is no client of vmxcore turned VMX on
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
 * struct vmxcore - the contents of vmxcore's sysfs folder
 * @present: the folder exists
 * @gone: it went away while it was read, or is incomplete yet
 * @hidden: only root can read some files
 * @broken: some files could not be read or parsed
 * @backend: "native" or "borrowed"
 * @state: of VMX on this machine
 * @policy: when VMX is on
 * @provider: the module that lends the kernel's VMX, or empty
 * @clients: the clients, sorted by name
 * @n_clients: the length of @clients
 * @cpus: the CPUs, sorted by number
 * @n_cpus: the length of @cpus
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
