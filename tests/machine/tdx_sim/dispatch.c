// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes a SEAMCALL to the TDX module or the P-SEAMLDR, and does the checks of
 * the TDX module that come before those of a leaf. Rules: CPU, "SEAMCALL"; ABI,
 * "SEAMCALL Instruction (Common)". The order of the checks, and the registers
 * that a leaf always writes, follow the source (tdx_vmm_dispatcher.c, and the
 * beginning of each leaf).
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/processor.h>
#include <linux/smp.h>

#include "sim.h"

enum lock {
	NO_LOCK,
	SHARED,
	EXCLUSIVE,
};

/*
 * Registers that a leaf sets to a fixed value unless it returns something else
 */
#define ZERO_RCX	BIT(0)
#define ZERO_RDX	BIT(1)
#define ZERO_R8		BIT(2)
#define ZERO_R9		BIT(3)
#define ZERO_R10	BIT(4)
#define NO_FIELD_RDX	BIT(5)
#define NO_FIELD_R8	BIT(6)

static const struct leaf {
	u64 number;
	u64 (*run)(struct sim_regs *regs);
	/* Checks before it takes the lock */
	u64 (*check)(struct sim_regs *regs);
	enum lock lock;
	unsigned int outputs;
	/* Runs in any state but SYS_SHUTDOWN */
	bool any_state;
	bool new_in_1_5;
} leaves[] = {
	{ TDH_SYS_INIT, sim_sys_init, NULL, EXCLUSIVE,
	  ZERO_RCX | ZERO_RDX | ZERO_R8 | ZERO_R9 | ZERO_R10, true, false },
	{ TDH_SYS_LP_INIT, sim_sys_lp_init, NULL, SHARED,
	  ZERO_RCX | ZERO_RDX | ZERO_R8, true, false },
	{ TDH_SYS_CONFIG, sim_sys_config, NULL, EXCLUSIVE, 0, true, false },
	{ TDH_SYS_KEY_CONFIG, sim_sys_key_config, NULL, EXCLUSIVE, 0, true, false },
	{ TDH_SYS_TDMR_INIT, sim_sys_tdmr_init, NULL, NO_LOCK, ZERO_RDX, false, false },
	{ TDH_SYS_INFO, sim_sys_info, NULL, NO_LOCK, ZERO_RDX | ZERO_R9, true, false },
	{ TDH_SYS_RD, sim_sys_rd, NULL, NO_LOCK, NO_FIELD_RDX | ZERO_R8, true, true },
	{ TDH_SYS_RDALL, sim_sys_rdall, NULL, NO_LOCK, NO_FIELD_R8, true, true },
	{ TDH_SYS_LP_SHUTDOWN, sim_sys_lp_shutdown, NULL, NO_LOCK, 0, true, false },
	{ TDH_SYS_SHUTDOWN, sim_sys_shutdown, sim_sys_shutdown_check, EXCLUSIVE, 0, false, true },
	{ TDH_SYS_UPDATE, sim_sys_update, NULL, EXCLUSIVE, 0, true, true },
};

struct sim_module sim;

static bool module_present = true;
static bool seamldr_present = true;

/* The number of CPUs that execute code of the TDX module */
static atomic_t in_seam;

static const struct leaf *find_leaf(u64 rax)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		if (leaves[i].number == (rax & SEAMCALL_LEAF))
			return sim_abi_1_0 && leaves[i].new_in_1_5 ? NULL : &leaves[i];
	}
	return NULL;
}

static bool lock(enum lock how)
{
	int old = 0;

	if (how == NO_LOCK)
		return true;
	if (how == EXCLUSIVE)
		return atomic_try_cmpxchg(&sim.lock, &old, -1);
	return atomic_inc_unless_negative(&sim.lock);
}

static void unlock(enum lock how)
{
	if (how == EXCLUSIVE)
		atomic_set_release(&sim.lock, 0);
	else if (how == SHARED)
		atomic_dec_return_release(&sim.lock);
}

/*
 * After TDH.SYS.LP.SHUTDOWN of version 1.0, SEAMCALLs on that LP return
 * TDX_SYS_SHUTDOWN for every leaf. On other LPs TDH.SYS.LP.SHUTDOWN still
 * works, and no other leaf does.
 */
static bool shut_down(const struct leaf *leaf)
{
	if (cpumask_test_cpu(smp_processor_id(), &sim.lp_shutdown))
		return true;
	return READ_ONCE(sim.state) == SYS_SHUTDOWN &&
	       !(leaf && leaf->number == TDH_SYS_LP_SHUTDOWN);
}

/* Version 0 is the only version of each simulated leaf. */
static u64 admit(u64 rax, const struct leaf *leaf)
{
	if (rax & (SEAMCALL_RESERVED | SEAMCALL_VERSION))
		return TDX_OPERAND_INVALID | OPERAND_RAX;
	if (shut_down(leaf))
		return TDX_SYS_SHUTDOWN;
	if (READ_ONCE(sim.state) != SYS_READY && !(leaf && leaf->any_state))
		return TDX_SYS_NOT_READY;
	if (!leaf)
		return TDX_OPERAND_INVALID | OPERAND_RAX;
	return TDX_SUCCESS;
}

static void set_default_outputs(const struct leaf *leaf, struct sim_regs *regs)
{
	if (leaf->outputs & ZERO_RCX)
		regs->rcx = 0;
	if (leaf->outputs & ZERO_RDX)
		regs->rdx = 0;
	if (leaf->outputs & ZERO_R8)
		regs->r8 = 0;
	if (leaf->outputs & ZERO_R9)
		regs->r9 = 0;
	if (leaf->outputs & ZERO_R10)
		regs->r10 = 0;
	if (leaf->outputs & NO_FIELD_RDX)
		regs->rdx = MD_NONE;
	if (leaf->outputs & NO_FIELD_R8)
		regs->r8 = MD_NONE;
}

static u64 run_locked(const struct leaf *leaf, struct sim_regs *regs)
{
	u64 status = TDX_SYS_BUSY;

	if (!lock(leaf->lock)) {
		set_default_outputs(leaf, regs);
		return status;
	}
	sim_stall(leaf->number);
	status = leaf->run(regs);
	unlock(leaf->lock);
	return status;
}

static u64 dispatch(struct sim_regs *regs)
{
	const struct leaf *leaf = find_leaf(regs->rax);
	u64 status = admit(regs->rax, leaf);

	if (!status && leaf->check)
		status = leaf->check(regs);
	return status ?: run_locked(leaf, regs);
}

static enum sim_outcome call_module(struct sim_regs *regs)
{
	enum sim_outcome outcome = SIM_VMFAILINVALID;

	atomic_inc(&in_seam);
	/*
	 * Pairs with the barrier in sim_set_present(): either that sees this
	 * CPU in in_seam, or this CPU sees its changes.
	 */
	smp_mb__after_atomic();
	if (READ_ONCE(module_present)) {
		regs->rax = dispatch(regs);
		outcome = SIM_DONE;
	}
	atomic_dec_return_release(&in_seam);
	return outcome;
}

static enum sim_outcome call(struct sim_regs *regs)
{
	if (!(regs->rax & SEAMCALL_P_SEAMLDR))
		return call_module(regs);
	return READ_ONCE(seamldr_present) ? sim_seamldr(regs) : SIM_VMFAILINVALID;
}

/* Sets the registers that a leaf writes even if it fails. */
void sim_default_outputs(struct sim_regs *regs)
{
	const struct leaf *leaf = regs->rax & SEAMCALL_P_SEAMLDR ? NULL : find_leaf(regs->rax);

	if (leaf)
		set_default_outputs(leaf, regs);
}

/*
 * Runs on a CPU in VMX operation, with interrupts off. The caller ignores @regs
 * unless the result is SIM_DONE.
 */
enum sim_outcome sim_execute(struct sim_regs *regs)
{
	struct sim_injected injected;
	enum sim_outcome outcome;

	if (!sim_injected(regs->rax, &injected))
		return call(regs);
	if (injected.late) {
		outcome = call(regs);
		if (outcome != SIM_DONE)
			return outcome;
	} else {
		sim_default_outputs(regs);
	}
	regs->rax = injected.status;
	return injected.outcome;
}

void sim_set_seamldr(bool present)
{
	WRITE_ONCE(seamldr_present, present);
}

/*
 * Loads or unloads both SEAM modules. The state of the TDX module is reset.
 * Calls of this function must not overlap.
 */
void sim_set_present(bool module, bool seamldr)
{
	WRITE_ONCE(module_present, false);
	/* Pairs with the barrier in call_module(). */
	smp_mb();
	while (atomic_read_acquire(&in_seam))
		cpu_relax();
	memset(&sim, 0, sizeof(sim));
	/* A CPU that sees module_present also sees the reset state. */
	smp_store_release(&module_present, module);
	WRITE_ONCE(seamldr_present, seamldr);
}

bool sim_module_present(void)
{
	return READ_ONCE(module_present);
}

bool sim_seamldr_present(void)
{
	return READ_ONCE(seamldr_present);
}

unsigned int sim_in_seam(void)
{
	return atomic_read(&in_seam);
}
EXPORT_SYMBOL_GPL(sim_in_seam);
