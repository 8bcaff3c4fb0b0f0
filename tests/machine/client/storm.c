// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that get and put, more threads than CPUs: code without a lock must
 * race here. They run in the background, so that user space can do other things
 * meanwhile.
 *
 * A storm has a client of its own, which obeys cpu_gone as any client must.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>

#include <vmxcore/vmxcore.h>

#include "cpus.h"
#include "test.h"

/* One check in so many asks all CPUs, the others only the current one. */
#define ASK_ALL_EVERY	32

/* Longer than a CPU takes to go offline */
#define KEEP_LONG_EVERY	16
#define KEEP_LONG_MS	200

static struct {
	struct vmxcore_client *client;
	unsigned int iterations;
	bool stop;
	int error;
	unsigned int threads;
	struct completion done;
} storm;

static atomic_long_t pairs, refused, died;

/* How often this CPU has gone offline with a reference of the storm */
static DEFINE_PER_CPU(unsigned int, gone);

static void storm_gone(unsigned int cpu)
{
	__this_cpu_inc(gone);
}

/* Trust the CPUs and not vmxcore's counters: VMX has to be on. */
static int check(const char *after, unsigned int epoch, bool all)
{
	if (!test_cpus_off(all) || test_went_down_since(epoch))
		return 0;
	pr_err("storm: VMX is off after %s\n", after);
	return -EPROTO;
}

static int all_cpus(unsigned int i)
{
	unsigned int epoch = test_down_epoch();
	int err = vmxcore_get(storm.client);

	if (err)
		return err;
	err = check("get", epoch, !(i % ASK_ALL_EVERY));
	vmxcore_put(storm.client);
	return err;
}

static int one_cpu(void)
{
	unsigned int epoch = test_down_epoch();
	int err;

	preempt_disable();
	err = vmxcore_get_cpu(storm.client);
	if (!err) {
		err = check("get_cpu", epoch, false);
		vmxcore_put_cpu(storm.client);
	}
	preempt_enable();
	return err;
}

static void late_put(void *generation)
{
	if (this_cpu_read(gone) == *(unsigned int *)generation)
		vmxcore_put_cpu(storm.client);
	else
		atomic_long_inc(&died);
}

/*
 * Keep the reference over a sleep, as KVM does, and sometimes for so long that
 * the CPU has gone offline before the put.
 */
static int hold_and_put(unsigned int i)
{
	unsigned int cpu, generation;
	int err;

	preempt_disable();
	cpu = smp_processor_id();
	generation = this_cpu_read(gone);
	err = vmxcore_get_cpu(storm.client);
	preempt_enable();
	if (err)
		return err;

	if (i % KEEP_LONG_EVERY)
		usleep_range(50, 500);
	else
		msleep(KEEP_LONG_MS);
	if (smp_call_function_single(cpu, late_put, &generation, 1))
		atomic_long_inc(&died);
	return 0;
}

static int one_pair(unsigned int i)
{
	switch (i % 4) {
	case 1:
		return one_cpu();
	case 3:
		return hold_and_put(i / 4);
	default:
		return all_cpus(i);
	}
}

static bool should_stop(unsigned int i)
{
	return READ_ONCE(storm.stop) || READ_ONCE(storm.error) ||
	       (storm.iterations && i >= storm.iterations);
}

/* -ESHUTDOWN is expected while the machine goes down. */
static int storm_thread(void *unused)
{
	unsigned int i;
	int err;

	for (i = 0; !should_stop(i); i++) {
		err = one_pair(i);
		if (!err) {
			atomic_long_inc(&pairs);
		} else if (err == -ESHUTDOWN) {
			atomic_long_inc(&refused);
			usleep_range(50, 100);
		} else {
			WRITE_ONCE(storm.error, err);
		}
		cond_resched();
	}
	/*
	 * A return would execute this module's text after completing, when it
	 * may be unloaded.
	 */
	kthread_complete_and_exit(&storm.done, 0);
}

static int start_threads(void)
{
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i <= num_online_cpus(); i++) {
		task = kthread_run(storm_thread, NULL, "storm/%u", i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		storm.threads++;
	}
	return 0;
}

/*
 * Starts threads that get and put, @iterations times each, or for 0 until
 * test_storm_stop(). Returns -EBUSY if a storm runs already.
 */
int test_storm_start(unsigned int iterations)
{
	static const struct vmxcore_client_desc desc = {
		.name = "storm",
		.owner = THIS_MODULE,
		.cpu_gone = storm_gone,
	};
	struct vmxcore_client *client;
	int err;

	if (storm.client)
		return -EBUSY;
	client = vmxcore_register(&desc);
	if (IS_ERR(client))
		return PTR_ERR(client);

	storm.client = client;
	storm.iterations = iterations;
	storm.stop = false;
	storm.error = 0;
	storm.threads = 0;
	init_completion(&storm.done);
	err = start_threads();
	if (err)
		WRITE_ONCE(storm.error, err);
	return err;
}

static int storm_end(void)
{
	if (!storm.client)
		return -ENOENT;
	for (; storm.threads; storm.threads--)
		wait_for_completion(&storm.done);
	vmxcore_unregister(storm.client);
	storm.client = NULL;
	return storm.error;
}

/*
 * Returns -ENOENT if no storm runs, -EPROTO if VMX was off after a get, or the
 * first error of a get.
 */
int test_storm_stop(void)
{
	WRITE_ONCE(storm.stop, true);
	return storm_end();
}

/* Runs a storm to its end. */
int test_storm(unsigned int iterations)
{
	return test_storm_start(iterations) ?: storm_end();
}

void test_storm_show(struct seq_file *m)
{
	seq_printf(m, "pairs %ld refused %ld died %ld\n", atomic_long_read(&pairs),
		   atomic_long_read(&refused), atomic_long_read(&died));
}
