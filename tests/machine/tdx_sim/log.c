// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logs the last calls with their registers, and counts the statuses of each
 * leaf.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "sim.h"

#define MAX_CALLS	512
#define MAX_COUNTS	128

/*
 * The CPU that got the number @seq writes the entry. @seq is 0 while it writes.
 */
static struct call {
	u64 seq;
	unsigned int cpu;
	enum sim_outcome outcome;
	struct sim_regs in;
	struct sim_regs out;
} calls[MAX_CALLS];

static atomic64_t last_seq;

/* Counts ignore the details of a status. */
static struct count {
	u64 rax;
	u64 status;
	enum sim_outcome outcome;
	u64 calls;
} counts[MAX_COUNTS];

/* Taken in exception context with interrupts off */
static DEFINE_RAW_SPINLOCK(counts_lock);

static void log_call(const struct sim_regs *in, const struct sim_regs *out,
		     enum sim_outcome outcome)
{
	u64 seq = atomic64_inc_return(&last_seq);
	struct call *call = &calls[seq % MAX_CALLS];

	WRITE_ONCE(call->seq, 0);
	/*
	 * Pairs with the smp_rmb() in read_call(): an entry that is partly new
	 * has @seq 0.
	 */
	smp_wmb();
	call->cpu = smp_processor_id();
	call->outcome = outcome;
	call->in = *in;
	call->out = *out;
	/* Pairs with the acquire in read_call(). */
	smp_store_release(&call->seq, seq);
}

/*
 * Statuses of the P-SEAMLDR have no details; their lower half is the error
 * code.
 */
static u64 without_details(u64 rax, u64 status)
{
	return rax & SEAMCALL_P_SEAMLDR ? status : status & ~TDX_STATUS_DETAILS;
}

static void count_call(u64 rax, u64 status, enum sim_outcome outcome)
{
	struct count *count;

	status = outcome == SIM_DONE ? without_details(rax, status) : 0;
	raw_spin_lock(&counts_lock);
	for (count = counts; count < counts + MAX_COUNTS; count++) {
		if (!count->calls)
			*count = (struct count) { rax, status, outcome };
		if (count->rax == rax && count->status == status && count->outcome == outcome) {
			count->calls++;
			break;
		}
	}
	raw_spin_unlock(&counts_lock);
}

/* Runs with interrupts off. */
void sim_log(const struct sim_regs *in, const struct sim_regs *out, enum sim_outcome outcome)
{
	log_call(in, out, outcome);
	count_call(in->rax, out->rax, outcome);
}

void sim_log_forget(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&counts_lock, flags);
	memset(counts, 0, sizeof(counts));
	memset(calls, 0, sizeof(calls));
	atomic64_set(&last_seq, 0);
	raw_spin_unlock_irqrestore(&counts_lock, flags);
}

static bool read_call(struct call *call, u64 seq)
{
	const struct call *from = &calls[seq % MAX_CALLS];

	/* Pairs with the release in log_call(). */
	if (smp_load_acquire(&from->seq) != seq)
		return false;
	*call = *from;
	/* Pairs with the smp_wmb() in log_call(). */
	smp_rmb();
	return READ_ONCE(from->seq) == seq;
}

static void show_call(struct seq_file *m, const struct call *call)
{
	char leaf[SIM_NAME_LEN], status[SIM_NAME_LEN];
	const struct sim_regs *in = &call->in, *out = &call->out;

	sim_leaf_name(in->rax, leaf);
	sim_status_name(out->rax, call->outcome, status);
	seq_printf(m, "%llu cpu %u %s %s in %llx %llx %llx %llx %llx %llx %llx out %llx %llx %llx %llx %llx %llx %llx\n",
		   call->seq, call->cpu, leaf, status, in->rax, in->rcx, in->rdx, in->r8, in->r9,
		   in->r10, in->r11, out->rax, out->rcx, out->rdx, out->r8, out->r9, out->r10,
		   out->r11);
}

/* One line for each call, the oldest first */
void sim_calls_show(struct seq_file *m)
{
	u64 last = atomic64_read(&last_seq), seq = last > MAX_CALLS ? last - MAX_CALLS + 1 : 1;
	struct call call;

	for (; seq <= last; seq++) {
		if (read_call(&call, seq))
			show_call(m, &call);
	}
}

void sim_counts_show(struct seq_file *m)
{
	char leaf[SIM_NAME_LEN], status[SIM_NAME_LEN];
	const struct count *count;

	for (count = counts; count < counts + MAX_COUNTS && count->calls; count++) {
		sim_leaf_name(count->rax, leaf);
		sim_status_name(count->status, count->outcome, status);
		seq_printf(m, "%s %s %llu\n", leaf, status, count->calls);
	}
}
