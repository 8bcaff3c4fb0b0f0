// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEAM does not survive S3, because the firmware resumes a machine without TDX
 * (Base, "Intel TDX Module Lifecycle"; upstream Linux refuses TDX if S3 is
 * available, tdx_init()). Syscore operations and notifiers also run in a
 * pm_test, which does not touch SEAM. The kernel's trace event is used instead,
 * because it surrounds the firmware's part and nothing else.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <trace/events/power.h>

#include "sim.h"

/* Runs on the last CPU with interrupts off. */
static void on_suspend_resume(void *unused, const char *action, int state, bool start)
{
	if (start || state != (__force int)PM_SUSPEND_MEM || strcmp(action, "machine_suspend"))
		return;
	sim_set_present(false, false);
	pr_info("S3 has reset SEAM\n");
}

/*
 * Runs after all other notifiers, so it shows what the next kernel would find.
 */
static int on_reboot(struct notifier_block *nb, unsigned long event, void *data)
{
	pr_info("the machine goes down with the TDX module in state %s\n", sim_state_name());
	return NOTIFY_DONE;
}

static struct notifier_block reboot_nb = {
	.notifier_call = on_reboot,
	.priority = INT_MIN,
};

int sim_sleep_init(void)
{
	int err = register_trace_suspend_resume(on_suspend_resume, NULL);

	if (err)
		return err;
	register_reboot_notifier(&reboot_nb);
	return 0;
}

void sim_sleep_exit(void)
{
	unregister_reboot_notifier(&reboot_nb);
	unregister_trace_suspend_resume(on_suspend_resume, NULL);
	tracepoint_synchronize_unregister();
}
