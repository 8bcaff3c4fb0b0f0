// SPDX-License-Identifier: GPL-2.0-only
/*
 * What wakes a machine that is suspended to idle. Simulated: the emulator's clock raises no ACPI
 * event for an alarm, so a timer says what the driver of a real one would.
 */
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/suspend.h>

#include "compat.h"
#include "test.h"

static struct hrtimer timer;
static unsigned int delay;

static enum hrtimer_restart wake(struct hrtimer *unused)
{
	pm_system_wakeup();
	return HRTIMER_NORESTART;
}

/* The last step before it idles: a timer that ends while tasks are being frozen calls it off. */
static int almost_asleep(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int ms = xchg(&delay, 0);

	if (ms)
		hrtimer_start(&timer, ms_to_ktime(ms), HRTIMER_MODE_REL_HARD);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "dpm_suspend_noirq",
	.pre_handler = almost_asleep,
};

/**
 * test_wake - let the next sleep end
 * @ms: after its beginning
 *
 * Return: 0.
 */
int test_wake(unsigned int ms)
{
	WRITE_ONCE(delay, ms);
	return 0;
}

/**
 * test_wake_init - prepare the timer
 *
 * Return: 0 or a negative errno.
 */
int test_wake_init(void)
{
	hrtimer_setup(&timer, wake, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	return register_kprobe(&probe);
}

/**
 * test_wake_exit - wake nobody any more
 */
void test_wake_exit(void)
{
	unregister_kprobe(&probe);
	hrtimer_cancel(&timer);
}
