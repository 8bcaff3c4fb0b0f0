// SPDX-License-Identifier: GPL-2.0-only
/*
 * Get and put from every CPU at once: the paths without a lock race here or nowhere.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

struct storm {
	struct vmxcore_client *client;
	unsigned int iterations;
	atomic_t error;
	struct completion start;
	struct completion done;
};

/* Whatever the books say, a reference is worth what this CPU says. */
static int check_here(const char *after)
{
	bool on;

	preempt_disable();
	on = test_vmx_on();
	preempt_enable();

	if (on)
		return 0;
	pr_err("storm: VMX is off on CPU %u after %s\n", raw_smp_processor_id(), after);
	return -EPROTO;
}

static int one_cpu(struct storm *storm)
{
	int err = vmxcore_get_cpu(storm->client);

	if (err)
		return err;
	err = check_here("get_cpu");
	vmxcore_put_cpu(storm->client);
	return err;
}

static int all_cpus(struct storm *storm)
{
	int err = vmxcore_get(storm->client);

	if (err)
		return err;
	err = check_here("get");
	vmxcore_put(storm->client);
	return err;
}

static int blow(struct storm *storm)
{
	unsigned int i;
	int err = 0;

	wait_for_completion(&storm->start);
	for (i = 0; i < storm->iterations && !err; i++) {
		err = i % 2 ? one_cpu(storm) : all_cpus(storm);
		cond_resched();
	}
	return err;
}

static int storm_thread(void *data)
{
	struct storm *storm = data;
	int err = blow(storm);

	if (err)
		atomic_cmpxchg(&storm->error, 0, err);
	/* Not by a return: this module may be gone before. */
	kthread_complete_and_exit(&storm->done, 0);
}

static int start_threads(struct storm *storm, unsigned int *started)
{
	struct task_struct *task;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		task = kthread_run_on_cpu(storm_thread, storm, cpu, "storm/%u");
		if (IS_ERR(task))
			return PTR_ERR(task);
		(*started)++;
	}
	return 0;
}

/**
 * test_storm - one thread per online CPU, each taking and dropping references of both kinds
 * @client: whose
 * @iterations: how many each
 *
 * Return: 0; -EPROTO: after a get a CPU was not post-VMXON; or the first error of a get.
 */
int test_storm(struct vmxcore_client *client, unsigned int iterations)
{
	struct storm storm = { .client = client, .iterations = iterations };
	unsigned int started = 0;
	int err;

	init_completion(&storm.start);
	init_completion(&storm.done);

	/* Not until the end: the threads take that lock themselves. */
	cpus_read_lock();
	err = start_threads(&storm, &started);
	cpus_read_unlock();

	complete_all(&storm.start);
	while (started--)
		wait_for_completion(&storm.done);
	return err ?: atomic_read(&storm.error);
}
