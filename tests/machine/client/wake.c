// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wake a machine from suspend to idle. This is simulated: the emulator's clock
 * raises no ACPI event for an alarm, so a timer reports what a real clock's
 * driver would.
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

/*
 * Start the timer at the last step before idle: one that expires while tasks
 * are being frozen would abort the suspend.
 */
static int before_idle(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int ms = xchg(&delay, 0);

	if (ms)
		hrtimer_start(&timer, ms_to_ktime(ms), HRTIMER_MODE_REL_HARD);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "dpm_suspend_noirq",
	.pre_handler = before_idle,
};

/* Ends the next suspend @ms milliseconds after it has begun. */
int test_wake(unsigned int ms)
{
	WRITE_ONCE(delay, ms);
	return 0;
}

int test_wake_init(void)
{
	hrtimer_setup(&timer, wake, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	return register_kprobe(&probe);
}

void test_wake_exit(void)
{
	unregister_kprobe(&probe);
	hrtimer_cancel(&timer);
}
