// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine that goes down thousands of times. This is simulated: the test
 * calls what the kernel calls on its way down, vmxcore's syscore shutdown, and
 * then brings each CPU back as if it resumed, where a real CPU would be reset.
 * All that happens in between is real.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/smp.h>

#include <vmxcore/vmxcore.h>

#include "cpus.h"
#include "test.h"

/* Odd while the machine is down. */
static unsigned int epoch;

static void (*power_shutdown)(void);
static int (*cpu_resume)(void);

/* Returns a number for test_went_down_since(). */
unsigned int test_down_epoch(void)
{
	/* Read the epoch before the caller's next accesses. */
	return smp_load_acquire(&epoch);
}

/*
 * Returns true if the machine was down at @then or has been since: a reference
 * that was taken then may be gone by now.
 */
bool test_went_down_since(unsigned int then)
{
	/* Read the epoch after the caller has looked at the hardware. */
	smp_rmb();
	return then % 2 || READ_ONCE(epoch) != then;
}

static void ask(void *nr_on)
{
	if (test_vmx_on())
		atomic_inc(nr_on);
}

static int check_off(void)
{
	atomic_t nr_on = ATOMIC_INIT(0);

	on_each_cpu(ask, &nr_on, 1);
	if (!atomic_read(&nr_on))
		return 0;
	pr_err("down: %d CPUs are in VMX operation\n", atomic_read(&nr_on));
	return -EPROTO;
}

static int check_refused(struct vmxcore_client *client)
{
	int err = vmxcore_get(client);

	if (err == -ESHUTDOWN)
		return 0;
	pr_err("down: a get returned %pe\n", ERR_PTR(err));
	return -EPROTO;
}

static void resume(void *unused)
{
	cpu_resume();
}

static int down_and_up(struct vmxcore_client *client)
{
	int err;

	/* A thread that finds VMX off must find the epoch changed. */
	smp_store_mb(epoch, epoch + 1);
	power_shutdown();
	err = check_off() ?: check_refused(client);
	usleep_range(50, 300);
	err = err ?: check_off();

	on_each_cpu(resume, NULL, 1);
	WRITE_ONCE(vmxcore_rebooting, false);
	/* A thread that sees the new epoch must find VMX on again. */
	smp_store_release(&epoch, epoch + 1);
	usleep_range(50, 300);
	return err;
}

/*
 * Takes the machine down and up again, @times times. No CPU may go on- or
 * offline meanwhile, and KVM must not be loaded, as it would remember the
 * shutdown. Returns -EPROTO if VMX stayed on or a get did not fail with
 * -ESHUTDOWN.
 */
int test_down(unsigned int times)
{
	static const struct vmxcore_client_desc desc = {
		.name = "down",
		.owner = THIS_MODULE,
	};
	struct vmxcore_client *client;
	int err = 0;

	power_shutdown = test_function("vmxcore:power_shutdown");
	cpu_resume = test_function("vmxcore:vmxcore_cpu_resume");
	if (!power_shutdown || !cpu_resume)
		return -ENOENT;

	client = vmxcore_register(&desc);
	if (IS_ERR(client))
		return PTR_ERR(client);
	while (times-- && !err)
		err = down_and_up(client);
	vmxcore_unregister(client);
	return err;
}
