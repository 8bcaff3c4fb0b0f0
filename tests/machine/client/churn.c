// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that is unregistered while others use it: one thread registers and
 * unregisters it, other threads call vmxcore with the latest handle.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

static struct {
	struct vmxcore_client *client;
	bool stop;
	int error;
	struct completion done;
} churn;

static int use_all(struct vmxcore_client *client)
{
	int err = vmxcore_get(client);

	if (!err)
		vmxcore_put(client);
	return err;
}

static int use_one(struct vmxcore_client *client)
{
	int err;

	preempt_disable();
	err = vmxcore_get_cpu(client);
	if (!err)
		vmxcore_put_cpu(client);
	preempt_enable();
	return err;
}

/* A stale handle is refused as misuse (-EINVAL). No other error may occur. */
static int churn_thread(void *unused)
{
	unsigned int i;
	int err;

	/*
	 * On a preemptible kernel cond_resched() does nothing, and the thread
	 * that registers would wait a tick for each of its steps.
	 */
	set_user_nice(current, MAX_NICE);
	for (i = 0; !READ_ONCE(churn.stop); i++) {
		struct vmxcore_client *client = READ_ONCE(churn.client);

		err = i % 2 ? use_one(client) : use_all(client);
		if (err && err != -EINVAL)
			WRITE_ONCE(churn.error, err);
		cond_resched();
	}
	kthread_complete_and_exit(&churn.done, 0);
}

static int register_repeatedly(unsigned int times)
{
	static const struct vmxcore_client_desc desc = {
		.name = "churn",
		.owner = THIS_MODULE,
	};
	struct vmxcore_client *client;

	while (times-- && !READ_ONCE(churn.error)) {
		client = vmxcore_register(&desc);
		if (IS_ERR(client))
			return PTR_ERR(client);
		WRITE_ONCE(churn.client, client);
		usleep_range(50, 300);
		vmxcore_unregister(client);
	}
	return READ_ONCE(churn.error);
}

/*
 * Registers and unregisters a client while other threads use it. Returns 0, or
 * the first error of a call other than -EINVAL.
 */
int test_churn(unsigned int times)
{
	unsigned int i, threads = 0;
	int err;

	churn.client = NULL;
	churn.stop = false;
	churn.error = 0;
	init_completion(&churn.done);
	for (i = 0; i <= num_online_cpus(); i++)
		threads += !IS_ERR(kthread_run(churn_thread, NULL, "churn/%u", i));

	err = register_repeatedly(times);
	WRITE_ONCE(churn.stop, true);
	while (threads--)
		wait_for_completion(&churn.done);
	return err;
}
