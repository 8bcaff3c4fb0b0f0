// SPDX-License-Identifier: GPL-2.0-only
/* Executes SEAMCALLs for other modules and for vmxcore_tdx itself. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <vmxcore/insn.h>

#include "args.h"
#include "tdx.h"

/*
 * The SEAM modules do not retry RDRAND and RDSEED for long. The SDM asks users
 * of RDRAND to try ten times (volume 1, "Random Number Generator
 * Instructions").
 */
#define ENTROPY_TRIES	10

/*
 * A CPU holds a lock in SEAM for microseconds. 1000 tries with pauses of 100 to
 * 200 us give it a tenth to a fifth of a second.
 */
#define BUSY_TRIES	1000
#define BUSY_PAUSE_US	100

static char last_error[128];
static DEFINE_SPINLOCK(last_error_lock);

static_assert(offsetof(struct vmxcore_tdx_args, rcx) == ARG(RCX));
static_assert(offsetof(struct vmxcore_tdx_args, r8) == ARG(R8));
static_assert(offsetof(struct vmxcore_tdx_args, r11) == ARG(R11));
static_assert(offsetof(struct vmxcore_tdx_args, r15) == ARG(R15));
static_assert(offsetof(struct vmxcore_tdx_args, rbx) == ARG(RBX));
static_assert(offsetof(struct vmxcore_tdx_args, rdi) == ARG(RDI));
static_assert(offsetof(struct vmxcore_tdx_args, rsi) == ARG(RSI));

/*
 * On some CPUs the return from the P-SEAMLDR makes the current VMCS invalid
 * (Intel's specification updates for Xeon, "SEAMRET from P-SEAMLDR").
 * Interrupts stay off until it is restored, because an interrupt handler (KVM's
 * above all) may use the current VMCS.
 */
static u64 call_seamldr(u64 leaf, struct vmxcore_tdx_args *args)
{
	unsigned long flags;
	u64 status, before, after;

	local_irq_save(flags);
	if (vmxcore_vmptrst(&before))
		before = ~0ULL;
	status = tdx_seamcall_raw(leaf, args);
	if (before != ~0ULL && !vmxcore_vmptrst(&after) && after != before)
		vmxcore_vmptrld(before);
	local_irq_restore(flags);
	return status;
}

/*
 * Each try starts from a copy, because a leaf that fails may have overwritten
 * its input registers.
 */
static u64 call_with_entropy(u64 leaf, struct vmxcore_tdx_args *args)
{
	struct vmxcore_tdx_args in = *args;
	unsigned int tries = ENTROPY_TRIES;
	u64 status;

	do {
		*args = in;
		status = leaf & VMXCORE_TDX_SEAMLDR ? call_seamldr(leaf, args) :
						      tdx_seamcall_raw(leaf, args);
	} while ((status & TDX_STATUS_MASK) == TDX_RND_NO_ENTROPY && --tries);

	return status;
}

/**
 * vmxcore_tdx_seamcall - execute SEAMCALL on this CPU
 * @leaf: the value for RAX: the number of the leaf, its version
 *	(VMXCORE_TDX_VERSION()), and VMXCORE_TDX_SEAMLDR for a leaf of the
 *	P-SEAMLDR
 * @args: the other registers, in and out; unchanged if the instruction failed
 *
 * The function holds a reference to VMX while the SEAMCALL runs, so VMX is on
 * even if no other client holds one. A module that keeps state in SEAM between
 * two calls must be a client of vmxcore itself and hold VMX for that time. For
 * example, a TD's vCPU is associated with its CPU until TDH.VP.FLUSH.
 *
 * The function retries TDX_RND_NO_ENTROPY up to ten times, as the ABI asks. It
 * returns TDX_SYS_BUSY to the caller, because only the caller knows whether it
 * can wait.
 *
 * Context: any but NMI. The SEAMCALL runs on the CPU of the caller.
 * Return: RAX, which is a completion status of the ABI;
 * VMXCORE_TDX_VMFAILINVALID, VMXCORE_TDX_GP or VMXCORE_TDX_UD if the
 * instruction failed. VMXCORE_TDX_UD also means that vmxcore refused the
 * reference and no SEAMCALL was executed; vmxcore's log line gives the reason.
 */
u64 vmxcore_tdx_seamcall(u64 leaf, struct vmxcore_tdx_args *args)
{
	u64 status = VMXCORE_TDX_UD;

	preempt_disable();
	if (!vmxcore_get_cpu(tdx_client)) {
		status = call_with_entropy(leaf, args);
		vmxcore_put_cpu(tdx_client);
	}
	preempt_enable();
	return status;
}
EXPORT_SYMBOL_GPL(vmxcore_tdx_seamcall);

static bool is_transient(u64 status)
{
	switch (status & TDX_STATUS_MASK) {
	case TDX_SYS_BUSY:
	case TDX_OPERAND_BUSY:
	case TDX_RND_NO_ENTROPY:
	case TDX_KEY_GENERATION_FAILED:
		return true;
	default:
		return false;
	}
}

/*
 * Retries a SEAMCALL while the TDX module is busy, for up to a fifth of a
 * second. The task may move to another CPU between two tries; a caller that
 * needs one CPU must be bound to it.
 */
u64 tdx_call(u64 leaf, struct vmxcore_tdx_args *args)
{
	struct vmxcore_tdx_args in = *args;
	unsigned int tries = BUSY_TRIES;
	u64 status;

	might_sleep();
	for (;;) {
		status = vmxcore_tdx_seamcall(leaf, args);
		if (!is_transient(status) || !--tries)
			return status;
		usleep_range(BUSY_PAUSE_US, 2 * BUSY_PAUSE_US);
		*args = in;
	}
}

struct call {
	u64 leaf;
	struct vmxcore_tdx_args *args;
	u64 status;
};

static int call_fn(void *data)
{
	struct call *call = data;

	call->status = tdx_call(call->leaf, call->args);
	return 0;
}

/*
 * A caller whose @cpu may go offline must hold cpus_read_lock(). The result is
 * VMXCORE_TDX_UD if it is offline.
 */
u64 tdx_call_on(unsigned int cpu, u64 leaf, struct vmxcore_tdx_args *args)
{
	struct call call = { .leaf = leaf, .args = args, .status = VMXCORE_TDX_UD };

	smp_call_on_cpu(cpu, call_fn, &call, false);
	return call.status;
}

/* Logs the failure and keeps its text for the sysfs file last_error. */
int tdx_log_failure_on(unsigned int cpu, u64 leaf, u64 status)
{
	unsigned long flags;
	char text[80];

	tdx_status_format(text, sizeof(text), status);
	pr_err("CPU %u: %s failed: %s\n", cpu, tdx_leaf_name(leaf), text);

	spin_lock_irqsave(&last_error_lock, flags);
	snprintf(last_error, sizeof(last_error), "%s: %s", tdx_leaf_name(leaf), text);
	spin_unlock_irqrestore(&last_error_lock, flags);

	return tdx_status_errno(status);
}

int tdx_log_failure(u64 leaf, u64 status)
{
	return tdx_log_failure_on(raw_smp_processor_id(), leaf, status);
}

void tdx_last_error(char *text, size_t size)
{
	unsigned long flags;

	spin_lock_irqsave(&last_error_lock, flags);
	strscpy(text, last_error, size);
	spin_unlock_irqrestore(&last_error_lock, flags);
}
