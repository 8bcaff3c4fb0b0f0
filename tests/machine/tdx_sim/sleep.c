// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEAM does not survive S3: what the firmware resumes is a machine without TDX (Base, "Intel TDX
 * Module Lifecycle"; upstream Linux refuses TDX where S3 can be had, tdx_init()). Neither syscore
 * operations nor a notifier can tell a real sleep from pm_test, which leaves SEAM alone; the
 * kernel's trace event stands around the firmware's part and nothing else.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <trace/events/power.h>

#include "sim.h"

/* On the last CPU, with interrupts off. */
static void on_suspend_resume(void *unused, const char *action, int state, bool start)
{
	if (start || state != PM_SUSPEND_MEM || strcmp(action, "machine_suspend"))
		return;
	sim_set_present(false, false);
	pr_info("the machine has been in S3: SEAM is empty\n");
}

/**
 * sim_sleep_init - lose everything in S3 from here on
 *
 * Return: 0 or a negative errno.
 */
int sim_sleep_init(void)
{
	return register_trace_suspend_resume(on_suspend_resume, NULL);
}

/**
 * sim_sleep_exit - and no longer
 */
void sim_sleep_exit(void)
{
	unregister_trace_suspend_resume(on_suspend_resume, NULL);
	tracepoint_synchronize_unregister();
}
