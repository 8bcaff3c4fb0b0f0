// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEAMCALLs: for other modules, and for vmxcore_tdx's own purposes.
 */
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
 * RDRAND and RDSEED in SEAM give up early. Ten times is what the SDM asks of RDRAND's users
 * (volume 1, "Random Number Generator Instructions").
 */
#define ENTROPY_TRIES	10

/* Who holds the lock in SEAM does so for microseconds. Up to a fifth of a second, then. */
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
 * On some CPUs the return from the P-SEAMLDR makes the current VMCS invalid (Intel's
 * specification updates for Xeon, "SEAMRET from P-SEAMLDR"). No interrupt may see that, KVM's
 * least of all.
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

/* A leaf that fails may have overwritten what it was called with. */
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
 * vmxcore_tdx_seamcall - execute SEAMCALL on this CPU, post-VMXON
 * @leaf: what goes into RAX: the leaf's number, its version (VMXCORE_TDX_VERSION()), and
 *	VMXCORE_TDX_SEAMLDR for one of the P-SEAMLDR
 * @args: the other registers, in and out. Unchanged where the instruction failed.
 *
 * Holds a reference to VMX while it runs, so that VMX is on whatever others do. A module that
 * keeps state in SEAM between two calls (a TD's vCPU is associated with its CPU until
 * TDH.VP.FLUSH) must be a client of vmxcore itself and hold VMX as long as that lasts.
 *
 * TDX_RND_NO_ENTROPY is tried again, ten times in all, as the ABI asks. TDX_SYS_BUSY is the
 * caller's to handle, who knows what he can wait for.
 *
 * Context: any but NMI. Runs on the CPU that it is called on.
 * Return: RAX, a completion status of the ABI; VMXCORE_TDX_VMFAILINVALID, VMXCORE_TDX_GP,
 * VMXCORE_TDX_UD; the latter also, without executing anything, where vmxcore refuses the
 * reference, and its log line says why.
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

/**
 * tdx_call - a SEAMCALL that waits for what is busy
 * @leaf: as in vmxcore_tdx_seamcall()
 * @args: as there
 *
 * Context: task, may sleep for up to a fifth of a second. A task that must stay on this CPU
 * is bound to it.
 * Return: as vmxcore_tdx_seamcall().
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

/**
 * tdx_call_on - tdx_call() on a CPU of choice
 * @cpu: which; the caller holds cpus_read_lock() if it may go offline
 * @leaf: as in vmxcore_tdx_seamcall()
 * @args: as there
 *
 * Context: task.
 * Return: as vmxcore_tdx_seamcall(); VMXCORE_TDX_UD too where that CPU is offline.
 */
u64 tdx_call_on(unsigned int cpu, u64 leaf, struct vmxcore_tdx_args *args)
{
	struct call call = { .leaf = leaf, .args = args, .status = VMXCORE_TDX_UD };

	smp_call_on_cpu(cpu, call_fn, &call, false);
	return call.status;
}

/**
 * tdx_log_failure_on - log that a SEAMCALL failed, and remember it for sysfs
 * @cpu: where
 * @leaf: which
 * @status: its status, not success
 *
 * Context: any.
 * Return: tdx_status_errno() of @status.
 */
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

/**
 * tdx_log_failure - tdx_log_failure_on() this CPU
 * @leaf: which SEAMCALL
 * @status: its status, not success
 *
 * Context: any.
 * Return: tdx_status_errno() of @status.
 */
int tdx_log_failure(u64 leaf, u64 status)
{
	return tdx_log_failure_on(raw_smp_processor_id(), leaf, status);
}

/**
 * tdx_last_error - what tdx_log_failure_on() has said last
 * @text: where to; empty if it has never been called
 * @size: how much fits there
 *
 * Context: any.
 */
void tdx_last_error(char *text, size_t size)
{
	unsigned long flags;

	spin_lock_irqsave(&last_error_lock, flags);
	strscpy(text, last_error, size);
	spin_unlock_irqrestore(&last_error_lock, flags);
}
