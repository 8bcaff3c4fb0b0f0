// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep, reboot, kexec and crash.
 *
 * S3 and hibernation reset the CPUs' memory encryption and SEAM with it: all private memory and
 * the TDX module itself are lost ("Intel TDX CPU Architectural Extensions" (343754); upstream
 * does not allow S3 with TDX, d34ac6a05ee5). As long as the TDX module has no memory
 * nothing of value is lost, and the machine may sleep; where it is found again afterwards it is
 * initialised again. When it has memory the machine must not sleep: lp.c refuses to take the
 * CPUs offline for S3, and hibernation is refused here, before it writes an image of memory
 * that it cannot read.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>
#include <asm/special_insns.h>

#include "tdx.h"

/* Loading, sleep and reboot change what the TDX module is; a power-off by sysrq waits for none. */
static DEFINE_MUTEX(lock);

static int prepare_hibernation(void)
{
	if (!tdx_owns_memory())
		return NOTIFY_DONE;
	pr_warn("this machine cannot hibernate now: all private memory would be lost. To let it unload vmxcore_tdx\n");
	return notifier_from_errno(-EBUSY);
}

/* It cannot be told whether the CPUs were reset: a sleep may have ended before it began. */
static void reinit_after_sleep(void)
{
	enum tdx_state before = tdx_state();

	if (before == TDX_SHUT_DOWN || tdx_owns_memory())
		return;
	if (!tdx_sys_init() && !tdx_lp_init_all()) {
		tdx_set_state(TDX_INITIALIZED);
		return;
	}
	tdx_set_state(TDX_ABSENT);
	if (before != TDX_ABSENT)
		pr_warn("the TDX module was lost in the machine's sleep: to have it again reboot\n");
}

static int pm_event(struct notifier_block *nb, unsigned long event, void *data)
{
	int ret = NOTIFY_DONE;

	mutex_lock(&lock);
	switch (event) {
	case PM_HIBERNATION_PREPARE:
		ret = prepare_hibernation();
		tdx_set_sleeping(ret == NOTIFY_DONE);
		break;
	case PM_SUSPEND_PREPARE:
		tdx_set_sleeping(true);
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_SUSPEND:
		tdx_set_sleeping(false);
		reinit_after_sleep();
		break;
	}
	mutex_unlock(&lock);
	return ret;
}

static struct notifier_block pm_nb = {
	.notifier_call = pm_event,
};

static int reboot_event(struct notifier_block *nb, unsigned long event, void *data)
{
	mutex_lock(&lock);
	cpus_read_lock();
	tdx_shut_down();
	cpus_read_unlock();
	mutex_unlock(&lock);
	return NOTIFY_DONE;
}

/* First of all: the others may turn VMX off, vmxcore's does in Linux 6.1. */
static struct notifier_block reboot_nb = {
	.notifier_call = reboot_event,
	.priority = INT_MAX,
};

/**
 * tdx_emergency - a crash, or a reboot: VMXOFF follows on this CPU
 *
 * Lines of private memory that a cache writes back later would destroy what the next kernel has
 * put there. The crash kernel's own memory is in no PAMT and in no TD, and it reads the rest with
 * key 0: garbage, but no machine check.
 *
 * Context: each CPU, interrupts off, maybe NMI.
 */
void tdx_emergency(void)
{
	if (tdx_owns_memory())
		wbinvd();
}

/**
 * tdx_power_init - be told of sleep and reboot
 *
 * Context: task, at load.
 * Return: 0 or an errno.
 */
int tdx_power_init(void)
{
	int err = register_pm_notifier(&pm_nb);

	if (err)
		return err;
	err = register_reboot_notifier(&reboot_nb);
	if (err)
		unregister_pm_notifier(&pm_nb);
	return err;
}

/**
 * tdx_power_configure - tdx_configure(), and whoever wants to sleep or reboot waits for it
 *
 * Context: task.
 * Return: as tdx_configure(); -ESHUTDOWN: the machine goes down.
 */
int tdx_power_configure(void)
{
	int err = -ESHUTDOWN;

	mutex_lock(&lock);
	if (!READ_ONCE(vmxcore_rebooting) && tdx_state() == TDX_INITIALIZED)
		err = tdx_configure();
	mutex_unlock(&lock);
	return err;
}

/**
 * tdx_power_exit - the counterpart
 *
 * Context: task.
 */
void tdx_power_exit(void)
{
	unregister_reboot_notifier(&reboot_nb);
	unregister_pm_notifier(&pm_nb);
}
