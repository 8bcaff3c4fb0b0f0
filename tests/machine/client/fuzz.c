// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer: rounds of random programs of API calls. The round's seed
 * determines each thread's calls and the delays in vmxcore; how the threads
 * interleave is left to the machine. When the threads of a round have ended,
 * they keep what they hold, so that a case can compare it with what vmxcore
 * reports, until the round is ended.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fuzz.h"
#include "test.h"

/* If no thread makes a step for so long, the threads wait for each other. */
#define STUCK_SECONDS	60

/* The thread stays on that CPU as long as it is online. */
static void fuzz_move(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int cpu = s->how % (FUZZ_MAX_CPUS * 2);

	if (cpu < nr_cpu_ids && cpu_online(cpu))
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
	else
		set_cpus_allowed_ptr(current, cpu_possible_mask);
}

static void fuzz_sleep(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int us = s->how % 512;

	usleep_range(us, us + 50);
}

static const struct {
	const char *name;
	void (*run)(struct fuzz_thread *t, const struct fuzz_step *s);
	unsigned int weight;
} calls[] = {
	{ "get", fuzz_get, 24 },
	{ "put", fuzz_put, 16 },
	{ "get_cpu", fuzz_get_cpu, 24 },
	{ "put_cpu", fuzz_put_cpu, 16 },
	{ "release", fuzz_release, 12 },
	{ "register", fuzz_register, 16 },
	{ "unregister", fuzz_unregister, 3 },
	{ "alone", fuzz_alone, 3 },
	{ "yielder", fuzz_yielder, 3 },
	{ "vmcs_make", fuzz_vmcs_make, 8 },
	{ "vmcs_load", fuzz_vmcs_load, 16 },
	{ "vmcs_borrow", fuzz_vmcs_borrow, 6 },
	{ "vmcs_clear", fuzz_vmcs_clear, 4 },
	{ "vmcs_free", fuzz_vmcs_free, 4 },
	{ "loan", fuzz_loan, 16 },
	{ "ept", fuzz_ept, 4 },
	{ "vpid_alloc", fuzz_vpid_alloc, 8 },
	{ "vpid_free", fuzz_vpid_free, 6 },
	{ "vpid_many", fuzz_vpid_many, 2 },
	{ "pid_table", fuzz_pid_table, 2 },
	{ "misuse", fuzz_misuse, 3 },
	{ "move", fuzz_move, 12 },
	{ "sleep", fuzz_sleep, 8 },
};

/*
 * Functions that are delayed in some rounds, to widen races. Not every kernel
 * has all of them.
 */
static const char *const slow[] = {
	"vmxcore_cpus_enable", "vmxcore_cpus_disable", "vmxcore_cpu_enable",
	"vmxcore_cpu_put", "vmxcore_cpu_starting", "vmxcore_cpu_dying",
	"vmxcore_cpu_offline", "vmxcore_clients_cpu_gone", "vmxcore_entry_close",
	"vmxcore_refs_take_back", "vmxcore_entry_free", "vmxcore_refs_quiesce",
	"vmxcore_vmcs_cpu_clear", "vmxcore_vmcs_cpu_load", "vmxcore_vpids_take_back",
	"vmxcore_entry_dec_held",
};

/**
 * enum fuzz_state - the state of the fuzzer
 * @FUZZ_IDLE: there is no round
 * @FUZZ_RUNNING: the threads of a round run
 * @FUZZ_AT_REST: the threads have ended, and what they hold is still held
 * @FUZZ_STUCK: the threads wait for each other and will never end
 */
enum fuzz_state {
	FUZZ_IDLE,
	FUZZ_RUNNING,
	FUZZ_AT_REST,
	FUZZ_STUCK,
};

static struct {
	enum fuzz_state state;
	u64 seed;
	unsigned int threads;
	unsigned int steps;
	unsigned int weights[ARRAY_SIZE(calls)];
	unsigned int sum;
	const char *slowed;
	struct completion done;
} fuzz;

/* One bit for each call that may be made, and the totals of all rounds */
static unsigned long chosen = ~0UL;
static atomic_long_t done[ARRAY_SIZE(calls)];

static unsigned int choose(struct fuzz_thread *t)
{
	u32 at = prandom_u32_state(&t->chance) % fuzz.sum;
	unsigned int i;

	for (i = 0; at >= fuzz.weights[i]; i++)
		at -= fuzz.weights[i];
	return i;
}

/* Draw as many numbers for each step, whatever becomes of it. */
static void one_step(struct fuzz_thread *t)
{
	struct fuzz_step s = { .call = choose(t) };

	s.which = prandom_u32_state(&t->chance);
	s.how = prandom_u32_state(&t->chance);
	WRITE_ONCE(t->call, calls[s.call].name);
	calls[s.call].run(t, &s);
	fuzz_check_holds(t);
	WRITE_ONCE(t->call, NULL);
	atomic_long_inc(&done[s.call]);
}

static int thread_main(void *data)
{
	struct fuzz_thread *t = data;

	WRITE_ONCE(t->task, current);
	while (t->step < fuzz.steps && !fuzz_failed()) {
		one_step(t);
		WRITE_ONCE(t->step, t->step + 1);
		cond_resched();
	}
	/* A later task may get the same address. */
	WRITE_ONCE(t->task, NULL);
	kthread_complete_and_exit(&fuzz.done, 0);
}

/*
 * Each round has its own weights: some calls are left out, others are more
 * frequent.
 */
static void set_weights(struct rnd_state *chance)
{
	static const unsigned int factors[] = { 0, 1, 1, 4 };
	unsigned int i;

	fuzz.sum = 0;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		u32 factor = factors[prandom_u32_state(chance) % ARRAY_SIZE(factors)];

		/* Without a registered client no other call does anything. */
		if (calls[i].run == fuzz_register)
			factor = max(factor, 1U);
		fuzz.weights[i] = chosen & BIT(i) ? calls[i].weight * factor : 0;
		fuzz.sum += fuzz.weights[i];
	}
}

/* Delays a function in two rounds of three. */
static void slow_down(struct rnd_state *chance)
{
	u32 which = prandom_u32_state(chance), how = prandom_u32_state(chance);

	fuzz.slowed = NULL;
	if (!(how % 3))
		return;
	fuzz.slowed = slow[which % ARRAY_SIZE(slow)];
	if (test_delay(fuzz.slowed, 50 + how / 3 % 500))
		fuzz.slowed = NULL;
}

static int make_thread(unsigned int index)
{
	struct fuzz_thread *t = kzalloc(sizeof(*t), GFP_KERNEL);
	unsigned int i;

	if (!t)
		return -ENOMEM;
	fuzz_threads[index] = t;
	t->index = index;
	prandom_seed_state(&t->chance, fuzz.seed * FUZZ_MAX_THREADS + index);
	for (i = 0; i < FUZZ_CLIENTS; i++)
		t->claims[i].phase = FUZZ_NEVER;
	t->root = get_zeroed_page(GFP_KERNEL);
	return t->root ? 0 : -ENOMEM;
}

static void free_threads(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_MAX_THREADS; i++) {
		if (!fuzz_threads[i])
			continue;
		free_page(fuzz_threads[i]->root);
		kfree(fuzz_threads[i]);
		fuzz_threads[i] = NULL;
	}
}

static int make_threads(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < fuzz.threads && !err; i++)
		err = make_thread(i);
	return err;
}

/* Returns the number of threads started. */
static unsigned int start_threads(void)
{
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < fuzz.threads; i++) {
		task = kthread_run(thread_main, fuzz_threads[i], "fuzz/%u", i);
		if (IS_ERR(task)) {
			fuzz_fail(NULL, "no thread: %ld", PTR_ERR(task));
			break;
		}
	}
	return i;
}

static unsigned long steps_done(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < fuzz.threads; i++)
		sum += READ_ONCE(fuzz_threads[i]->step);
	return sum;
}

static void wait_for(unsigned int threads)
{
	unsigned long before = ~0UL;

	while (threads) {
		if (wait_for_completion_timeout(&fuzz.done, STUCK_SECONDS * HZ)) {
			threads--;
		} else if (steps_done() == before) {
			fuzz_fail(NULL, "no step for %u s", STUCK_SECONDS);
			fuzz.state = FUZZ_STUCK;
			/* The stuck threads stay in this module's code. */
			__module_get(THIS_MODULE);
			return;
		}
		before = steps_done();
	}
	fuzz.state = FUZZ_AT_REST;
}

static int prepare(void)
{
	int err = make_threads() ?: fuzz_clients_init();

	fuzz_loans_init();
	if (err)
		goto out_threads;
	err = fuzz_misuse_init();
	if (err)
		goto out_clients;
	err = fuzz_yielder_init();
	if (!err)
		return 0;
	fuzz_misuse_exit();
out_clients:
	fuzz_clients_exit();
out_threads:
	free_threads();
	return err;
}

static void run_round(void)
{
	struct rnd_state chance;

	prandom_seed_state(&chance, ~fuzz.seed);
	set_weights(&chance);
	slow_down(&chance);
	pr_notice("fuzz: seed %llu threads %u steps %u slow %s\n", fuzz.seed, fuzz.threads,
		  fuzz.steps, fuzz.slowed ?: "-");
	fuzz.state = FUZZ_RUNNING;
	wait_for(start_threads());
	if (fuzz.slowed)
		test_delay(fuzz.slowed, 0);
	if (fuzz.state == FUZZ_AT_REST && !fuzz_failed())
		fuzz_check_cpus();
}

/*
 * Runs the programs of a round to their end. Returns -EPROTO if anything
 * violated the contract, which the log explains, or -EBUSY if the last round
 * has not been ended.
 */
int test_fuzz(u64 seed, unsigned int threads, unsigned int steps)
{
	int err;

	if (!threads || threads > FUZZ_MAX_THREADS || nr_cpu_ids > FUZZ_MAX_CPUS)
		return -EINVAL;
	if (fuzz.state != FUZZ_IDLE)
		return -EBUSY;
	fuzz.seed = seed;
	fuzz.threads = threads;
	fuzz.steps = steps;
	fuzz_clear_failure(seed);
	fuzz_loans_begin();
	init_completion(&fuzz.done);
	err = prepare();
	if (err)
		return err;
	run_round();
	return fuzz_failed() ? -EPROTO : 0;
}

/* The threads have ended; this task acts for each of them. */
static void release_all(void)
{
	struct fuzz_thread *t;
	unsigned int i, index;

	for (i = 0; i < fuzz.threads; i++) {
		t = fuzz_threads[i];
		WRITE_ONCE(t->task, current);
		for (index = 0; index < FUZZ_CLIENTS; index++) {
			if (fuzz_standing(index, t->claims[index].phase) != FUZZ_GOOD)
				continue;
			fuzz_vmcss_free_of(t, index);
			if (index < FUZZ_SHARED)
				fuzz_loan_free(t, index);
			fuzz_vpids_free_of(t, index);
			fuzz_put_all_of(t, index);
		}
		WRITE_ONCE(t->task, NULL);
	}
}

static void unregister_all(void)
{
	unsigned int index, owner;

	for (index = 0; index < FUZZ_CLIENTS; index++) {
		owner = fuzz_is_private(index) ? (index - FUZZ_SHARED) / FUZZ_PRIVATE : 0;
		if (fuzz_threads[owner])
			fuzz_unregister_one(fuzz_threads[owner], index);
	}
	fuzz_yielder_exit();
}

/*
 * Frees and puts all that a round has left, and unregisters all clients.
 * Returns -EPROTO if the round has failed, VMX is still on or something is
 * left, -ENOENT if there is no round, -EBUSY if its threads are stuck.
 */
int test_fuzz_end(void)
{
	unsigned int i;

	if (fuzz.state == FUZZ_IDLE)
		return -ENOENT;
	if (fuzz.state != FUZZ_AT_REST)
		return -EBUSY;
	/*
	 * In every second round the clients still hold everything, and vmxcore
	 * takes it back.
	 */
	if (fuzz.seed % 2)
		release_all();
	unregister_all();
	fuzz_check_cpus();
	if (!fuzz_vpids_all_free())
		fuzz_fail(NULL, "VPIDs have been lost by the fuzzer itself");
	for (i = 0; i < fuzz.threads; i++)
		fuzz_vmcss_forget(fuzz_threads[i]);
	fuzz_misuse_exit();
	fuzz_clients_exit();
	free_threads();
	fuzz.state = FUZZ_IDLE;
	return fuzz_failed() ? -EPROTO : 0;
}

static int find_call(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!strcmp(calls[i].name, name))
			return i;
	}
	return -EINVAL;
}

/*
 * Limits the fuzzer to the calls in a comma-separated list, which is modified;
 * "all" ends the limit. Returns -EINVAL for an unknown call.
 */
int test_fuzz_calls(char *list)
{
	unsigned long mask = 0;
	char *name;
	int call;

	if (!strcmp(list, "all")) {
		chosen = ~0UL;
		return 0;
	}
	while ((name = strsep(&list, ","))) {
		call = find_call(name);
		if (call < 0)
			return call;
		mask |= BIT(call);
	}
	chosen = mask;
	return 0;
}

void test_fuzz_show(struct seq_file *m)
{
	unsigned int i;

	if (fuzz.state == FUZZ_AT_REST)
		fuzz_show_expected(m);
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		seq_printf(m, "call %s %ld\n", calls[i].name, atomic_long_read(&done[i]));
	fuzz_loans_show(m);
}
