/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CPU_H
#define _VMXCORE_CPU_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "backend.h"

/**
 * enum vmxcore_cpu_state - what VMX is doing on one CPU
 * @VMXCORE_CPU_DEAD: offline, or on its way up before or down after the STARTING
 *	section; nobody can take a reference. The state of a CPU that has not
 *	been seen yet, so it must be 0.
 * @VMXCORE_CPU_OFF: online, VMX off, nobody has a reference
 * @VMXCORE_CPU_ON: in VMX operation by vmxcore, somebody has a reference
 * @VMXCORE_CPU_LEAVING: on its way down; VMX still on for whoever has to VMCLEAR
 *	here, nobody can take a reference
 * @VMXCORE_CPU_FAILED: VMX should be on and could not be turned on at resume, or was
 *	taken away by force; as long as references remain, taking another fails
 * @VMXCORE_CPU_SUSPENDED: between suspend and resume; VMX off, references kept
 * @VMXCORE_CPU_DOWN: the machine goes down; VMX off for good
 */
enum vmxcore_cpu_state {
	VMXCORE_CPU_DEAD,
	VMXCORE_CPU_OFF,
	VMXCORE_CPU_ON,
	VMXCORE_CPU_LEAVING,
	VMXCORE_CPU_FAILED,
	VMXCORE_CPU_SUSPENDED,
	VMXCORE_CPU_DOWN,
};

/**
 * struct vmxcore_cpu - one CPU
 * @since: when VMX went on, CLOCK_BOOTTIME in ns; means nothing while it is off
 * @latency: how long the last VMXON or VMXOFF took, with what belongs to it, in ns; no
 *	longer than %U32_MAX
 * @refs: references taken on this CPU alone
 * @state: see there
 * @error: why this CPU could not be held for all, could not have VMX on its way up, or is
 *	FAILED; a negative errno
 * @all: whoever holds all CPUs holds this one too
 * @untold: that was while the CPU was not online, see vmxcore_cpu_tell()
 * @up_failed: @error is from this CPU's way up. One whose way down is given up passes the ONLINE
 *	callback, too, and may have an older one
 *
 * Written by its own CPU only, with interrupts off: that is the whole locking,
 * and why a second caller can never see "on" between a first reference and its
 * VMXON. Others may read, and get what was true a moment ago.
 */
struct vmxcore_cpu {
	u64 since;
	u32 latency;
	u32 refs;
	enum vmxcore_cpu_state state;
	s16 error;
	bool all;
	bool untold : 1;
	bool up_failed : 1;
};

/*
 * What a machine with many CPUs pays for vmxcore: one line each, and the native backend's page.
 * The other half of the line is current.c's.
 */
static_assert(sizeof(struct vmxcore_cpu) <= SMP_CACHE_BYTES / 2);

DECLARE_PER_CPU_ALIGNED(struct vmxcore_cpu, vmxcore_cpu);

/* How many CPUs are FAILED. Almost always 0: a get need look no further. */
extern atomic_t vmxcore_nr_failed;

/**
 * vmxcore_cpus_failed - is VMX off on a CPU where somebody has a reference?
 *
 * Context: any.
 * Return: true when a CPU could not be turned on again at resume.
 */
static inline bool vmxcore_cpus_failed(void)
{
	return atomic_read(&vmxcore_nr_failed);
}

/**
 * vmxcore_cpu_is_on - is a CPU in VMX operation by vmxcore?
 * @cpu: any possible one
 * @unused: so that it is a condition for on_each_cpu_cond()
 *
 * Context: any.
 * Return: true or false, as of a moment ago; true where VMX was on before something that the
 * caller knows to be over, and has not gone off since.
 */
static inline bool vmxcore_cpu_is_on(int cpu, void *unused)
{
	return READ_ONCE(per_cpu(vmxcore_cpu.state, cpu)) == VMXCORE_CPU_ON;
}

int vmxcore_cpu_usable(void);
int vmxcore_cpu_get(const char *client);
void vmxcore_cpu_put(u32 refs);
int vmxcore_cpu_hold(const char *client);
void vmxcore_cpu_release(void);

void vmxcore_cpu_up(void);
void vmxcore_cpu_leave(void);
void vmxcore_cpu_down(void);
void vmxcore_cpu_tell(unsigned int cpu);
void vmxcore_cpu_suspend(void);
int vmxcore_cpu_resume(void);
void vmxcore_cpu_shutdown(void);
void vmxcore_cpu_emergency(void);

int vmxcore_cpus_hold(const char *client, unsigned int *failed_cpu);
void vmxcore_cpus_release(void);
void vmxcore_cpus_lose(int error);

bool vmxcore_cpu_foreign(unsigned int cpu);
u64 vmxcore_cpu_since(unsigned int cpu);
const char *vmxcore_cpu_state_name(unsigned int cpu);

/* The longest text of vmxcore_cpu_strerror(), its terminating NUL included. */
#define VMXCORE_CPU_ERROR_LEN	192
const char *vmxcore_cpu_strerror(unsigned int cpu, int error, char *text);

#endif /* _VMXCORE_CPU_H */
