// SPDX-License-Identifier: GPL-2.0-only
/*
 * Injects failures: a leaf returns a given status, on one CPU or all, from the
 * n-th call on and for a number of calls. Injects delays: a leaf takes a given
 * time while it holds its locks, so that other CPUs find it busy.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "sim.h"

#define MAX_INJECTIONS	32
#define MAX_DELAYS	8
/* Below the kernel's threshold for a lockup */
#define MAX_DELAY_US	5000000

/*
 * An injection stays after its last failure, so that the file "injections"
 * still shows how often it matched.
 */
static struct injection {
	bool used;
	u64 leaf;
	struct sim_injected what;
	int cpu;
	unsigned int after;
	unsigned int times;
	unsigned int matched;
	unsigned int done;
} injections[MAX_INJECTIONS];

static struct delay {
	u64 leaf;
	unsigned int us;
} delays[MAX_DELAYS];

/* Taken in exception context with interrupts off */
static DEFINE_RAW_SPINLOCK(injections_lock);

/*
 * Ignores the version of a leaf of the TDX module. Leaves of the P-SEAMLDR have
 * none.
 */
static u64 leaf_of(u64 rax)
{
	return rax & SEAMCALL_P_SEAMLDR ? rax : rax & SEAMCALL_LEAF;
}

static bool matches(struct injection *injection, u64 leaf)
{
	if (!injection->used || (injection->leaf != SIM_ANY_LEAF && injection->leaf != leaf) ||
	    (injection->cpu >= 0 && injection->cpu != smp_processor_id()))
		return false;
	if (injection->matched++ < injection->after)
		return false;
	return !injection->times || injection->done < injection->times;
}

/*
 * Decides whether this call fails. It counts for each injection that matches,
 * and the first one that is due decides. Runs with interrupts off.
 */
bool sim_injected(u64 rax, struct sim_injected *injected)
{
	struct injection *injection, *hit = NULL;

	raw_spin_lock(&injections_lock);
	for (injection = injections; injection < injections + MAX_INJECTIONS; injection++) {
		if (matches(injection, leaf_of(rax)) && !hit)
			hit = injection;
	}
	if (hit) {
		hit->done++;
		*injected = hit->what;
	}
	raw_spin_unlock(&injections_lock);
	return hit;
}

/*
 * Makes calls of a leaf (or SIM_ANY_LEAF) fail on @cpu, or on all CPUs if that
 * is -1. The first @after calls succeed, and then @times calls fail, or all
 * calls if @times is 0.
 */
int sim_inject(u64 rax, const struct sim_injected *what, int cpu, unsigned int after,
	       unsigned int times)
{
	struct injection *injection;
	unsigned long flags;
	int err = -ENOSPC;

	raw_spin_lock_irqsave(&injections_lock, flags);
	for (injection = injections; injection < injections + MAX_INJECTIONS; injection++) {
		if (injection->used)
			continue;
		*injection = (struct injection) {
			.used = true, .leaf = rax == SIM_ANY_LEAF ? rax : leaf_of(rax),
			.what = *what, .cpu = cpu, .after = after, .times = times,
		};
		err = 0;
		break;
	}
	raw_spin_unlock_irqrestore(&injections_lock, flags);
	return err;
}

void sim_inject_clear(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&injections_lock, flags);
	memset(injections, 0, sizeof(injections));
	memset(delays, 0, sizeof(delays));
	raw_spin_unlock_irqrestore(&injections_lock, flags);
}

static struct delay *delay_of(u64 leaf)
{
	struct delay *delay, *free = NULL;

	for (delay = delays; delay < delays + MAX_DELAYS; delay++) {
		if (delay->us && delay->leaf == leaf)
			return delay;
		if (!delay->us)
			free = free ?: delay;
	}
	return free;
}

/* 0 microseconds remove a delay. */
int sim_set_delay(u64 leaf, unsigned int us)
{
	struct delay *delay;
	unsigned long flags;

	if (us > MAX_DELAY_US)
		return -EINVAL;
	raw_spin_lock_irqsave(&injections_lock, flags);
	delay = delay_of(leaf_of(leaf));
	if (delay)
		*delay = (struct delay) { .leaf = leaf_of(leaf), .us = us };
	raw_spin_unlock_irqrestore(&injections_lock, flags);
	return delay ? 0 : -ENOSPC;
}

/* Runs with interrupts off, while the locks of the leaf are held. */
void sim_stall(u64 leaf)
{
	const struct delay *delay;
	unsigned int us;

	raw_spin_lock(&injections_lock);
	delay = delay_of(leaf_of(leaf));
	us = delay ? delay->us : 0;
	raw_spin_unlock(&injections_lock);

	/* udelay() overflows with a large argument. */
	for (; us > USEC_PER_MSEC; us -= USEC_PER_MSEC)
		udelay(USEC_PER_MSEC);
	udelay(us);
}

static void show(struct seq_file *m, const struct injection *injection)
{
	char leaf[SIM_NAME_LEN], status[SIM_NAME_LEN];

	sim_leaf_name(injection->leaf, leaf);
	sim_status_name(injection->what.status, injection->what.outcome, status);
	seq_printf(m, "inject %s %s%s times %u cpu %d after %u matched %u done %u\n", leaf, status,
		   injection->what.late ? " late" : "", injection->times, injection->cpu,
		   injection->after, injection->matched, injection->done);
}

void sim_injections_show(struct seq_file *m)
{
	char leaf[SIM_NAME_LEN];
	unsigned int i;

	for (i = 0; i < MAX_INJECTIONS; i++) {
		if (injections[i].used)
			show(m, &injections[i]);
	}
	for (i = 0; i < MAX_DELAYS; i++) {
		sim_leaf_name(delays[i].leaf, leaf);
		if (delays[i].us)
			seq_printf(m, "delay %s %u\n", leaf, delays[i].us);
	}
}
