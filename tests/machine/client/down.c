// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine that goes down thousands of times. Simulated: what the kernel calls on its way
 * down is called, vmxcore's syscore shutdown, and then every CPU is brought back as if it
 * resumed, where a real one would be reset. Everything between is real.
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

/**
 * test_down_epoch - to be given to test_went_down_since()
 *
 * Return: a number.
 */
unsigned int test_down_epoch(void)
{
	/* Before what the caller does next. */
	return smp_load_acquire(&epoch);
}

/**
 * test_went_down_since - a reference that was taken then may be worth nothing by now
 * @then: what test_down_epoch() returned
 *
 * Return: true when the machine was down, then or since.
 */
bool test_went_down_since(unsigned int then)
{
	/* After the look at the hardware. */
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

static int once(struct vmxcore_client *client)
{
	int err;

	/* Whoever finds VMX off finds the epoch changed. */
	smp_store_mb(epoch, epoch + 1);
	power_shutdown();
	err = check_off() ?: check_refused(client);
	usleep_range(50, 300);
	err = err ?: check_off();

	on_each_cpu(resume, NULL, 1);
	WRITE_ONCE(vmxcore_rebooting, false);
	/* Whoever sees the new epoch finds VMX on again. */
	smp_store_release(&epoch, epoch + 1);
	usleep_range(50, 300);
	return err;
}

/**
 * test_down - the machine goes down, and is as new
 * @times: how often
 *
 * No CPU comes or goes meanwhile, and KVM is not loaded: it would remember.
 *
 * Return: 0; -EPROTO: VMX was on afterwards, or a get did not fail as it must.
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
		err = once(client);
	vmxcore_unregister(client);
	return err;
}
