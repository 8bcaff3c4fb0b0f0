// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the TDX module: initialisation of platform and LPs, the global
 * key, shutdown. Rules: Base, "Intel TDX Module Initialization" and "Shutdown";
 * ABI and source of TDH.SYS.INIT, TDH.SYS.LP.INIT, TDH.SYS.KEY.CONFIG,
 * TDH.SYS.SHUTDOWN, TDH.SYS.UPDATE and TDH.SYS.LP.SHUTDOWN.
 *
 * What an LP has initialised is in SEAM memory, so it outlives VMXOFF and CPU
 * hotplug.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/smp.h>

#include "sim.h"

/* The versions of handoff data that this TDX module supports */
#define MODULE_HV	0
#define MIN_UPDATE_HV	0

static const char * const state_names[] = {
	[SYSINIT_PENDING] = "SYSINIT_PENDING",
	[SYSINIT_DONE] = "SYSINIT_DONE",
	[SYSCONFIG_DONE] = "SYSCONFIG_DONE",
	[SYS_READY] = "SYS_READY",
	[SYS_SHUTDOWN] = "SYS_SHUTDOWN",
};

/* The name of the state in the ABI, or ABSENT */
const char *sim_state_name(void)
{
	return sim_module_present() ? state_names[READ_ONCE(sim.state)] : "ABSENT";
}

/* Runs in a call, so the CPU does not change. */
bool sim_lp_is_init(void)
{
	return cpumask_test_cpu(smp_processor_id(), &sim.lp_init);
}

/* RCX has attributes, none of which are defined. */
u64 sim_sys_init(struct sim_regs *regs)
{
	u64 attributes = regs->rcx;

	sim_default_outputs(regs);
	if (attributes)
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	if (sim.state != SYSINIT_PENDING)
		return TDX_SYS_INIT_NOT_PENDING;
	sim.attributes = attributes;
	WRITE_ONCE(sim.state, SYSINIT_DONE);
	return TDX_SUCCESS;
}

u64 sim_sys_lp_init(struct sim_regs *regs)
{
	sim_default_outputs(regs);
	if (sim.state != SYSINIT_DONE)
		return TDX_SYS_LP_INIT_NOT_PENDING;
	if (cpumask_test_and_set_cpu(smp_processor_id(), &sim.lp_init))
		return TDX_SYS_LP_INIT_DONE;
	atomic_inc(&sim.num_init_lps);
	return TDX_SUCCESS;
}

/* Needed once on each package */
u64 sim_sys_key_config(struct sim_regs *regs)
{
	if (sim.state != SYSCONFIG_DONE)
		return TDX_SYS_KEY_CONFIG_NOT_PENDING;
	if (__test_and_set_bit(sim_package(smp_processor_id()), &sim.packages))
		return TDX_KEY_CONFIGURED;
	sim.num_init_packages++;
	if (sim.num_init_packages == sim_num_packages())
		WRITE_ONCE(sim.state, SYS_READY);
	return TDX_SUCCESS;
}

/*
 * Since version 1.5 this leaf has no effect; before, it ended the TDX module on
 * this LP. Version 1.0 takes the global lock shared, which fails only while
 * another LP holds it exclusively.
 */
u64 sim_sys_lp_shutdown(struct sim_regs *regs)
{
	if (!sim_abi_1_0)
		return TDX_SUCCESS;
	if (!atomic_inc_unless_negative(&sim.lock))
		return TDX_SYS_BUSY;
	WRITE_ONCE(sim.state, SYS_SHUTDOWN);
	cpumask_set_cpu(smp_processor_id(), &sim.lp_shutdown);
	atomic_dec_return_release(&sim.lock);
	return TDX_SUCCESS;
}

/* RCX has the version of handoff data that the host asks for. */
u64 sim_sys_shutdown_check(struct sim_regs *regs)
{
	return in_range(regs->rcx, MIN_UPDATE_HV, MODULE_HV - MIN_UPDATE_HV + 1) ?
	       TDX_SUCCESS : TDX_OPERAND_INVALID | OPERAND_RCX;
}

/* Fails while another LP executes code of the TDX module. */
u64 sim_sys_shutdown(struct sim_regs *regs)
{
	WRITE_ONCE(sim.state, SYS_SHUTDOWN);
	/*
	 * Pairs with the barrier in call_module(): a CPU that enters now sees
	 * the state, or this CPU sees it in in_seam.
	 */
	smp_mb();
	if (sim_in_seam() == 1)
		return TDX_SUCCESS;
	WRITE_ONCE(sim.state, SYS_READY);
	return TDX_SYS_BUSY;
}

/*
 * There is never handoff data, because the simulated P-SEAMLDR has no
 * SEAMLDR.INSTALL that would keep it.
 */
u64 sim_sys_update(struct sim_regs *regs)
{
	if (sim.state != SYSINIT_DONE || atomic_read(&sim.num_init_lps) < sim_num_lps())
		return TDX_SYS_STATE_INCORRECT;
	return TDX_SYS_INVALID_HANDOFF;
}
