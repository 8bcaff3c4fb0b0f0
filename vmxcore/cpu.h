/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CPU_H
#define _VMXCORE_CPU_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "backend.h"

/**
 * enum vmxcore_cpu_state - the state of VMX on one CPU
 * @VMXCORE_CPU_OFFLINE: offline, or on its way up before vmxcore's STARTING callback
 *	(hotplug.c), or on its way down after it; no reference can be taken. The value must
 *	be 0, the state of a CPU that has never been online
 * @VMXCORE_CPU_OFF: online, VMX off, no client has a reference
 * @VMXCORE_CPU_ON: in VMX operation by vmxcore, a client has a reference
 * @VMXCORE_CPU_DYING: on its way down; VMX is still on for clients that VMCLEAR here, and no
 *	reference can be taken
 * @VMXCORE_CPU_FAILED: a client has a reference, but VMX could not be turned on at resume or
 *	was turned off by force; taking another reference fails
 * @VMXCORE_CPU_SUSPENDED: between suspend and resume; VMX off, references kept
 * @VMXCORE_CPU_SHUTDOWN: the machine goes down; VMX is off for good
 */
enum vmxcore_cpu_state {
	VMXCORE_CPU_OFFLINE,
	VMXCORE_CPU_OFF,
	VMXCORE_CPU_ON,
	VMXCORE_CPU_DYING,
	VMXCORE_CPU_FAILED,
	VMXCORE_CPU_SUSPENDED,
	VMXCORE_CPU_SHUTDOWN,
};

/**
 * struct vmxcore_cpu - VMX on one CPU
 * @since: when VMX was turned on, CLOCK_BOOTTIME in ns; undefined while it is off
 * @latency: how long the last VMXON or VMXOFF took, with the flushes, VMCLEARs and checks
 *	around it, in ns; at most %U32_MAX
 * @refs: references taken on this CPU alone
 * @state: see &enum vmxcore_cpu_state
 * @error: negative errno: why the last vmxcore_cpu_enable() failed, why this CPU could not
 *	have VMX on its way up, or why it is FAILED
 * @system_ref: clients hold all CPUs, this one included
 * @trace_pending: the last VMXON or VMXOFF happened while the CPU was offline and has not
 *	been traced yet
 * @up_failed: @error is from this CPU's way up. The ONLINE callback also runs when a CPU that
 *	failed to go offline is brought back, and @error may be an older one then
 *
 * Written by its own CPU only, with interrupts off, except that CPU hotplug clears @trace_pending
 * when the CPU is dead, and with interrupts on when the CPU has come online. Any other writer
 * would clear @trace_pending then, too. There is no lock: interrupts stay off from VMXON until
 * the reference is counted, so no other caller on this CPU sees a reference before its VMXON is
 * done. Other CPUs may read it, and get what was true a moment ago.
 */
struct vmxcore_cpu {
	u64 since;
	u32 latency;
	u32 refs;
	enum vmxcore_cpu_state state;
	s16 error;
	bool system_ref;
	bool trace_pending : 1;
	bool up_failed : 1;
};

/*
 * For each CPU vmxcore uses one cache line, and a page in the native backend. This structure
 * takes at most half of the line; the variables of vmcs_cpu.c are in the other half.
 */
static_assert(sizeof(struct vmxcore_cpu) <= SMP_CACHE_BYTES / 2);

DECLARE_PER_CPU_ALIGNED(struct vmxcore_cpu, vmxcore_cpu);

extern atomic_t vmxcore_nr_failed;

/* Is any CPU FAILED? That is rare, and the counter saves a get from a look at each CPU. */
static inline bool vmxcore_cpus_failed(void)
{
	return atomic_read(&vmxcore_nr_failed);
}

/*
 * A condition for on_each_cpu_cond(), hence the second argument. The state may change at any
 * time, so the function that is called must look again on the CPU itself.
 */
static inline bool vmxcore_cpu_is_on(int cpu, void *unused)
{
	return READ_ONCE(per_cpu(vmxcore_cpu.state, cpu)) == VMXCORE_CPU_ON;
}

int vmxcore_cpu_usable(void);
int vmxcore_cpu_get(const char *client);
void vmxcore_cpu_put(u32 refs);
int vmxcore_cpu_enable(const char *client);
void vmxcore_cpu_disable(void);

void vmxcore_cpu_starting(void);
void vmxcore_cpu_dying(void);
void vmxcore_cpu_offline(void);
void vmxcore_cpu_trace_late(unsigned int cpu);
void vmxcore_cpu_suspend(void);
int vmxcore_cpu_resume(void);
void vmxcore_cpu_shutdown(void);
void vmxcore_cpu_emergency(void);

int vmxcore_cpus_enable(const char *client, unsigned int *failed_cpu);
void vmxcore_cpus_disable(void);
void vmxcore_cpus_force_off(int error);

bool vmxcore_cpu_foreign(unsigned int cpu);
u64 vmxcore_cpu_since(unsigned int cpu);
const char *vmxcore_cpu_state_name(unsigned int cpu);

/* The longest text of vmxcore_cpu_strerror(), with its terminating NUL. */
#define VMXCORE_CPU_ERROR_LEN	192
const char *vmxcore_cpu_strerror(unsigned int cpu, int error, char *text);

#endif /* _VMXCORE_CPU_H */
