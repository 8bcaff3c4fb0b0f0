// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDX module on each logical processor: TDH.SYS.LP.INIT must be executed
 * there before other leaves.
 *
 * Its effect lasts as long as the TDX module; neither VMXOFF nor CPU hotplug
 * undoes it. It is possible only before TDH.SYS.CONFIG. A CPU that comes online
 * for the first time after that can never execute other leaves, and any task
 * may run on it, so it is kept offline.
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

/*
 * TDH.SYS.INIT succeeds once in the life of the TDX module. A TDX module that
 * was initialised earlier counts as success.
 */
u64 tdx_sys_init(void)
{
	/* RCX has attributes, all of which are reserved. */
	struct vmxcore_tdx_args args = {};
	u64 status = tdx_call(TDH_SYS_INIT, &args);

	return (status & TDX_STATUS_MASK) == TDX_SYS_INIT_NOT_PENDING ? 0 : status;
}

/*
 * After TDH.SYS.CONFIG, TDH.SYS.LP.INIT returns the same status for a CPU that
 * has been initialised and for one that has not. If other code initialised it,
 * such as a kernel that started this one by kexec, only reading metadata
 * distinguishes the two cases in all states.
 */
static bool lp_was_initialized(void)
{
	struct vmxcore_tdx_args args = { .rdx = MD_FIELD_ID_NA };

	return __this_cpu_read(lp_initialized) || !(tdx_call(TDH_SYS_RD, &args) & TDX_ERROR);
}

/*
 * Runs on the CPU that it initialises, in the hotplug thread or in a kworker.
 */
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

	/*
	 * The TDX module may have been lost during sleep. power.c finds out
	 * after all CPUs are back.
	 */
	if (tdx_sleeping() || tdx_state() == TDX_ABSENT || tdx_state() == TDX_SHUT_DOWN)
		return 0;

	err = lp_init();
	if (err)
		pr_err("CPU %u stays offline because the TDX module does not work there; unload vmxcore_tdx to use the CPU without TDX\n",
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
 * Each package has its own encryption keys. To free a key, the kernel executes
 * SEAMCALLs on each package (TDH.PHYMEM.CACHE.WB, TDH.MNG.KEY.FREEID), so each
 * package needs an online CPU.
 */
static int lp_offline(unsigned int cpu)
{
	if (!tdx_owns_memory())
		return 0;

	if (tdx_sleeping()) {
		pr_warn("S3 is refused because it would destroy all private memory; unload vmxcore_tdx to allow it\n");
		return -EBUSY;
	}
	if (is_last_of_package(cpu)) {
		pr_warn("CPU %u stays online because it is the last one in its package and TDX needs one in each; unload vmxcore_tdx to take it offline\n",
			cpu);
		return -EBUSY;
	}
	/*
	 * Cache lines of private memory must not be written back later, over
	 * the data of another kernel.
	 */
	wbinvd();
	return 0;
}

int tdx_lp_start(void)
{
	int state;

	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "vmxcore_tdx:online", lp_online, lp_offline);
	if (state < 0)
		return state;
	lp_state = state;
	return 0;
}

/* The CPUs stay initialised in SEAM, because no leaf undoes TDH.SYS.LP.INIT. */
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

int tdx_lp_init_all(void)
{
	unsigned int cpu, failed = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, lp_init_fn, &failed, false);
	cpus_read_unlock();
	return failed ? -EIO : 0;
}

/* Counts initialised CPUs, offline ones included. */
unsigned int tdx_lp_count(void)
{
	unsigned int cpu, count = 0;

	for_each_possible_cpu(cpu)
		count += READ_ONCE(per_cpu(lp_initialized, cpu));
	return count;
}
