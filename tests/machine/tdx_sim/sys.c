// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the TDX module: platform and LP initialisation, the global key, shutdown. Rules:
 * Base, "Intel TDX Module Initialization" and "Shutdown"; ABI and source of TDH.SYS.INIT,
 * TDH.SYS.LP.INIT, TDH.SYS.KEY.CONFIG, TDH.SYS.SHUTDOWN, TDH.SYS.UPDATE and TDH.SYS.LP.SHUTDOWN.
 *
 * What an LP has initialised is in SEAM memory: it outlives VMXOFF and the LP's absence from the
 * host's books.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/smp.h>

#include "sim.h"

/* The versions of handoff data that this module can write and read. */
#define MODULE_HV	0
#define MIN_UPDATE_HV	0

static const char * const state_names[] = {
	[SYSINIT_PENDING] = "SYSINIT_PENDING",
	[SYSINIT_DONE] = "SYSINIT_DONE",
	[SYSCONFIG_DONE] = "SYSCONFIG_DONE",
	[SYS_READY] = "SYS_READY",
	[SYS_SHUTDOWN] = "SYS_SHUTDOWN",
};

/**
 * sim_state_name - the module's state
 *
 * Return: its name in the ABI, or ABSENT.
 */
const char *sim_state_name(void)
{
	return sim_module_present() ? state_names[READ_ONCE(sim.state)] : "ABSENT";
}

/**
 * sim_lp_is_init - has TDH.SYS.LP.INIT been executed here?
 *
 * Context: in a call.
 * Return: true if so.
 */
bool sim_lp_is_init(void)
{
	return cpumask_test_cpu(smp_processor_id(), &sim.lp_init);
}

/**
 * sim_sys_init - TDH.SYS.INIT: RCX has attributes, none of which are defined
 * @regs: the registers
 *
 * Return: the status.
 */
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

/**
 * sim_sys_lp_init - TDH.SYS.LP.INIT
 * @regs: the registers
 *
 * Return: the status.
 */
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

/**
 * sim_sys_key_config - TDH.SYS.KEY.CONFIG: once on each package
 * @regs: the registers
 *
 * Return: the status.
 */
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

/**
 * sim_sys_lp_shutdown - TDH.SYS.LP.SHUTDOWN
 * @regs: the registers
 *
 * Of no effect since 1.5; before, the end of the module on this LP. 1.0 takes the global lock as a
 * shared one, which only an exclusive holder makes fail.
 *
 * Return: the status.
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

/**
 * sim_sys_shutdown_check - is this a version of handoff data that there is?
 * @regs: in RCX the version
 *
 * Return: the status.
 */
u64 sim_sys_shutdown_check(struct sim_regs *regs)
{
	return in_range(regs->rcx, MIN_UPDATE_HV, MODULE_HV - MIN_UPDATE_HV + 1) ?
	       TDX_SUCCESS : TDX_OPERAND_INVALID | OPERAND_RCX;
}

/**
 * sim_sys_shutdown - TDH.SYS.SHUTDOWN: fails while another LP executes the module's code
 * @regs: the registers
 *
 * Return: the status.
 */
u64 sim_sys_shutdown(struct sim_regs *regs)
{
	WRITE_ONCE(sim.state, SYS_SHUTDOWN);
	/* Pairs with the one of call_module(): who comes now sees the state, or is seen. */
	smp_mb();
	if (sim_in_seam() == 1)
		return TDX_SUCCESS;
	WRITE_ONCE(sim.state, SYS_READY);
	return TDX_SYS_BUSY;
}

/**
 * sim_sys_update - TDH.SYS.UPDATE
 * @regs: the registers
 *
 * There is never handoff data, as there is no SEAMLDR.INSTALL to keep it.
 *
 * Return: the status.
 */
u64 sim_sys_update(struct sim_regs *regs)
{
	if (sim.state != SYSINIT_DONE || atomic_read(&sim.num_init_lps) < sim_num_lps())
		return TDX_SYS_STATE_INCORRECT;
	return TDX_SYS_INVALID_HANDOFF;
}
