// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDX module on each logical processor: TDH.SYS.LP.INIT before anything else runs there.
 *
 * What it does lasts until the TDX module itself goes: neither VMXOFF nor going offline takes
 * it back. And it can be done only before TDH.SYS.CONFIG: a CPU that comes online for the first
 * time after it can never be used, and since any task may run anywhere such a CPU is refused.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <asm/special_insns.h>

#include "tdx.h"

static enum cpuhp_state lp_state = CPUHP_INVALID;
static DEFINE_PER_CPU(bool, lp_initialized);

/**
 * tdx_sys_init - TDH.SYS.INIT, which is done once in a module's life
 *
 * Context: task.
 * Return: 0: done, now or before; else its status.
 */
u64 tdx_sys_init(void)
{
	/* RCX: attributes, all of them reserved */
	struct vmxcore_tdx_args args = {};
	u64 status = tdx_call(TDH_SYS_INIT, &args);

	return (status & TDX_STATUS_MASK) == TDX_SYS_INIT_NOT_PENDING ? 0 : status;
}

/*
 * TDH.SYS.LP.INIT says the same of a CPU that has been initialised and of one that has not, once
 * memory has been configured. Where another has initialised it, a kernel that this one was
 * kexec'ed from perhaps, reading metadata tells them apart in all states.
 */
static bool lp_was_initialized(void)
{
	struct vmxcore_tdx_args args = { .rdx = MD_FIELD_ID_NA };

	return __this_cpu_read(lp_initialized) || !(tdx_call(TDH_SYS_RD, &args) & TDX_ERROR);
}

/* Runs on the CPU that it initialises, in its hotplug thread or a kworker. */
static int lp_init(void)
{
	struct vmxcore_tdx_args args = {};
	u64 status = tdx_call(TDH_SYS_LP_INIT, &args);

	switch (status & TDX_STATUS_MASK) {
	case TDX_SYS_LP_INIT_DONE:
		status = TDX_SUCCESS;
		break;
	case TDX_SYS_LP_INIT_NOT_PENDING:
		if (lp_was_initialized())
			status = TDX_SUCCESS;
		break;
	}
	this_cpu_write(lp_initialized, !status);
	return status ? tdx_log_failure(TDH_SYS_LP_INIT, status) : 0;
}

static int lp_online(unsigned int cpu)
{
	int err;

	/* In a sleep the TDX module may have gone: power.c looks once all CPUs are back. */
	if (tdx_sleeping() || tdx_state() == TDX_ABSENT || tdx_state() == TDX_SHUT_DOWN)
		return 0;

	err = lp_init();
	if (err)
		pr_err("CPU %u stays offline: the TDX module does not work there. To use the CPU without TDX unload vmxcore_tdx\n",
		       cpu);
	return err;
}

static bool is_last_of_package(unsigned int cpu)
{
	unsigned int other;

	for_each_online_cpu(other) {
		if (other != cpu && topology_physical_package_id(other) ==
				    topology_physical_package_id(cpu))
			return false;
	}
	return true;
}

/*
 * Each package encrypts with keys of its own. Freeing one takes a SEAMCALL on each package
 * (TDH.PHYMEM.CACHE.WB, TDH.MNG.KEY.FREEID), so none may be left without a CPU.
 */
static int lp_offline(unsigned int cpu)
{
	if (!tdx_owns_memory())
		return 0;

	if (tdx_sleeping()) {
		pr_warn("this machine cannot sleep now: S3 would destroy all private memory. To let it unload vmxcore_tdx\n");
		return -EBUSY;
	}
	if (is_last_of_package(cpu)) {
		pr_warn("CPU %u stays online: it is the last one of its package, and TDX needs one in each. To let it go unload vmxcore_tdx\n",
			cpu);
		return -EBUSY;
	}
	/* Lines of private memory must not be written back over what a later kernel puts there. */
	wbinvd();
	return 0;
}

/**
 * tdx_lp_start - do TDH.SYS.LP.INIT on every CPU that is online or comes online
 *
 * Context: task, after TDH.SYS.INIT.
 * Return: 0, or an errno: it failed on a CPU, and the log says how; nothing is left to be
 * undone.
 */
int tdx_lp_start(void)
{
	int state;

	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "vmxcore_tdx:online", lp_online, lp_offline);
	if (state < 0)
		return state;
	lp_state = state;
	return 0;
}

/**
 * tdx_lp_stop - the counterpart; the CPUs stay initialised as far as SEAM is concerned
 *
 * Context: task.
 */
void tdx_lp_stop(void)
{
	cpuhp_remove_state_nocalls(lp_state);
	lp_state = CPUHP_INVALID;
}

static int lp_init_fn(void *failed)
{
	if (lp_init())
		++*(unsigned int *)failed;
	return 0;
}

/**
 * tdx_lp_init_all - TDH.SYS.LP.INIT on every CPU that is online, after a sleep
 *
 * Context: task.
 * Return: 0; -EIO: it failed on one or more, and the log says where.
 */
int tdx_lp_init_all(void)
{
	unsigned int cpu, failed = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, lp_init_fn, &failed, false);
	cpus_read_unlock();
	return failed ? -EIO : 0;
}

/**
 * tdx_lp_count - how many CPUs TDH.SYS.LP.INIT has been done on
 *
 * Context: any.
 * Return: their number, those that are offline now included.
 */
unsigned int tdx_lp_count(void)
{
	unsigned int cpu, count = 0;

	for_each_possible_cpu(cpu)
		count += READ_ONCE(per_cpu(lp_initialized, cpu));
	return count;
}
