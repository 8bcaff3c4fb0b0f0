// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU hotplug.
 *
 * VMX is turned on in the STARTING section: the CPU is not online yet, so no task, interrupt
 * or broadcast of a client can be there first. On the way down VMX is turned off in the same
 * section, when no task or interrupt of a client is left on the CPU. A dynamic ONLINE state
 * would be too late on the way up. On the way down it would be too early: tasks can still run on
 * the CPU, and KVM's own callback, which executes VMCLEAR, comes later. But only the ONLINE
 * section may refuse a CPU, so vmxcore refuses the CPU there if VMX could not be turned on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/err.h>

#include "backend.h"
#include "client.h"
#include "compat.h"
#include "cpu.h"
#include "init.h"

static enum cpuhp_state online_state;
static enum cpuhp_state dead_state;

static int starting(unsigned int cpu)
{
	vmxcore_cpu_starting();
	return 0;
}

static int dying(unsigned int cpu)
{
	unsigned int pins;

	vmxcore_cpu_dying();
	pins = vmxcore_clients_cpu_gone(cpu);
	vmxcore_cpu_offline();
	while (pins--)
		VMXCORE_BACKEND.unpin();
	return 0;
}

static int online(unsigned int cpu)
{
	const struct vmxcore_cpu *c = per_cpu_ptr(&vmxcore_cpu, cpu);
	int err = c->up_failed ? c->error : 0;
	char text[VMXCORE_CPU_ERROR_LEN];

	vmxcore_cpu_trace_late(cpu);
	if (err)
		pr_err("CPU %u stays offline, VMX is in use and cannot be turned on here: %s (%pe)\n",
		       cpu, vmxcore_cpu_strerror(cpu, err, text), ERR_PTR(err));
	return err;
}

/* Runs on another CPU. */
static int dead(unsigned int cpu)
{
	vmxcore_cpu_trace_late(cpu);
	return 0;
}

static int setup_dynamic(enum cpuhp_state section, const char *name,
			 int (*up)(unsigned int cpu), int (*down)(unsigned int cpu),
			 enum cpuhp_state *state)
{
	int err = cpuhp_setup_state(section, name, up, down);

	if (err < 0) {
		pr_err("no CPU hotplug state is left for vmxcore (%pe): not loaded\n",
		       ERR_PTR(err));
		return err;
	}
	*state = err;
	return 0;
}

/* Return: 0, or a negative errno that has been logged. */
int vmxcore_hotplug_init(void)
{
	int err;

	err = cpuhp_setup_state(VMXCORE_CPUHP_STARTING, "x86/vmxcore:starting",
				starting, dying);
	if (err) {
		pr_err("the CPU hotplug state that vmxcore uses is taken by another module (%pe): not loaded\n",
		       ERR_PTR(err));
		return err;
	}

	err = setup_dynamic(CPUHP_BP_PREPARE_DYN, "x86/vmxcore:dead", NULL, dead,
			    &dead_state);
	if (err)
		goto out_starting;
	err = setup_dynamic(CPUHP_AP_ONLINE_DYN, "x86/vmxcore:online", online, NULL,
			    &online_state);
	if (!err)
		return 0;
	cpuhp_remove_state(dead_state);
out_starting:
	cpuhp_remove_state(VMXCORE_CPUHP_STARTING);
	return err;
}

/* At unload, when no client has a reference. */
void vmxcore_hotplug_exit(void)
{
	cpuhp_remove_state(online_state);
	cpuhp_remove_state(dead_state);
	cpuhp_remove_state(VMXCORE_CPUHP_STARTING);
}
