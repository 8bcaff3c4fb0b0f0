// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of calls while VMX is on, next to comparable ones of the kernel: on
 * one CPU, and on all CPUs at the same time.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <asm/msr.h>

#include <vmxcore/vmxcore.h>

#include "bench.h"

/* Pairs of calls in a sample */
#define PAIRS	1000

static const struct vmxcore_client_desc desc = {
	.name = "bench",
	.owner = THIS_MODULE,
};

static struct vmxcore_client *client;
static refcount_t refs = REFCOUNT_INIT(1);
static DEFINE_MUTEX(mutex);

/* The barrier keeps the compiler from removing the loop. */
static void nothing(void)
{
	barrier();
}

static void get_put(void)
{
	if (!vmxcore_get(client))
		vmxcore_put(client);
}

static void get_put_cpu(void)
{
	if (!vmxcore_get_cpu(client))
		vmxcore_put_cpu(client);
}

static void inc_dec(void)
{
	refcount_inc(&refs);
	/* vmxcore_put() needs the result of the decrement, too. */
	WARN_ON_ONCE(refcount_dec_and_test(&refs));
}

static void lock_unlock(void)
{
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

/* Each pair has its own loop, so that no figure contains an indirect call. */
#define DEFINE_LOOP(pair) \
static u64 pair##_loop(void) \
{ \
	u64 start = rdtsc_ordered(); \
	unsigned int i; \
	\
	for (i = 0; i < PAIRS; i++) \
		pair(); \
	return rdtsc_ordered() - start; \
}

DEFINE_LOOP(nothing)
DEFINE_LOOP(get_put)
DEFINE_LOOP(get_put_cpu)
DEFINE_LOOP(inc_dec)
DEFINE_LOOP(lock_unlock)

/**
 * struct bench_loop - a pair of calls to measure
 * @name: name of the figure, which is in ticks of %PAIRS pairs
 * @run: makes one sample
 * @atomic: run it with preemption off
 */
struct bench_loop {
	const char *name;
	u64 (*run)(void);
	bool atomic;
};

static const struct bench_loop loops[] = {
	{ "nothing", nothing_loop, false },
	{ "get_put", get_put_loop, false },
	{ "get_put_cpu", get_put_cpu_loop, true },
	{ "refcount", inc_dec_loop, false },
	{ "mutex", lock_unlock_loop, false },
};

static int run_loop(const void *data, u64 *ticks)
{
	const struct bench_loop *loop = data;

	if (loop->atomic)
		preempt_disable();
	*ticks = loop->run();
	if (loop->atomic)
		preempt_enable();
	return 0;
}

static int measure_loops(struct seq_file *m, int (*run)(const void *data, u64 *ticks))
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(loops) && !err; i++)
		err = bench_measure(m, loops[i].name, run, &loops[i]);
	return err;
}

/* The client holds a reference meanwhile, so that no pair turns VMX on or off. */
static int with_vmx_on(struct seq_file *m, int (*measure)(struct seq_file *m))
{
	int err;

	client = vmxcore_register(&desc);
	if (IS_ERR(client))
		return PTR_ERR(client);
	err = vmxcore_get(client);
	if (!err) {
		err = measure(m);
		vmxcore_put(client);
	}
	vmxcore_unregister(client);
	return err;
}

static int measure_here(struct seq_file *m)
{
	return measure_loops(m, run_loop);
}

int bench_calls_show(struct seq_file *m)
{
	return with_vmx_on(m, measure_here);
}

/* A sample is the time of the slowest CPU. */
static struct {
	const struct bench_loop *loop;
	struct task_struct **tasks;
	atomic_t missing;
	atomic64_t most;
	struct completion done;
} together;

static void note(u64 ticks)
{
	s64 most = atomic64_read(&together.most);

	while (most < ticks && !atomic64_try_cmpxchg(&together.most, &most, ticks))
		;
}

static int runner(void *unused)
{
	u64 ticks;

	/* All threads start when the last one is ready. */
	atomic_dec(&together.missing);
	while (atomic_read(&together.missing))
		cpu_relax();
	run_loop(together.loop, &ticks);
	note(ticks);
	kthread_complete_and_exit(&together.done, 0);
}

/* kthread_stop() ends a thread that was never woken without running it. */
static void stop_runners(unsigned int before)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu < before)
			kthread_stop(together.tasks[cpu]);
	}
}

static int start_runners(void)
{
	struct task_struct *task;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		task = kthread_create_on_cpu(runner, NULL, cpu, "bench/%u");
		if (IS_ERR(task)) {
			stop_runners(cpu);
			return PTR_ERR(task);
		}
		together.tasks[cpu] = task;
	}
	for_each_online_cpu(cpu)
		wake_up_process(together.tasks[cpu]);
	return 0;
}

static int run_together(const void *loop, u64 *ticks)
{
	unsigned int i, nr = num_online_cpus();
	int err;

	together.loop = loop;
	atomic_set(&together.missing, nr);
	atomic64_set(&together.most, 0);
	init_completion(&together.done);
	err = start_runners();
	if (err)
		return err;
	for (i = 0; i < nr; i++)
		wait_for_completion(&together.done);
	*ticks = atomic64_read(&together.most);
	return 0;
}

static int measure_together(struct seq_file *m)
{
	int err;

	together.tasks = kcalloc(nr_cpu_ids, sizeof(*together.tasks), GFP_KERNEL);
	if (!together.tasks)
		return -ENOMEM;
	err = measure_loops(m, run_together);
	kfree(together.tasks);
	return err;
}

/* No CPU may go on- or offline meanwhile. */
int bench_calls_all_show(struct seq_file *m)
{
	return with_vmx_on(m, measure_together);
}
