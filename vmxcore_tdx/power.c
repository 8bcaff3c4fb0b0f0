// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep, reboot, kexec and crash.
 *
 * S3 and hibernation reset the CPUs' memory encryption and SEAM, so all private
 * memory and the TDX module itself are lost ("Intel TDX CPU Architectural
 * Extensions" (343754); upstream does not allow S3 with TDX, d34ac6a05ee5). A
 * TDX module without memory has no state worth keeping, so the machine may
 * sleep; if the TDX module is there after the sleep, it is initialised again.
 * If it has memory, the machine must not sleep: lp.c refuses to take CPUs
 * offline for S3, and this file refuses hibernation, before the kernel reads
 * private memory for its image.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>
#include <asm/special_insns.h>

#include "tdx.h"

/*
 * Serialises load, sleep and reboot, which all change the state. A power-off by
 * sysrq does not take it.
 */
static DEFINE_MUTEX(lock);

static int prepare_hibernation(void)
{
	if (!tdx_owns_memory())
		return NOTIFY_DONE;
	pr_warn("hibernation is refused because it would destroy all private memory; unload vmxcore_tdx to allow it\n");
	return notifier_from_errno(-EBUSY);
}

/*
 * This runs even after a sleep that was aborted before it reset the CPUs,
 * because the notifier cannot distinguish that case.
 */
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
		pr_warn("the TDX module was lost during sleep; reboot to use it again\n");
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

/*
 * Run before all other reboot notifiers, because another one may turn VMX off;
 * vmxcore's does so on Linux 6.1.
 */
static struct notifier_block reboot_nb = {
	.notifier_call = reboot_event,
	.priority = INT_MAX,
};

/*
 * Runs on each CPU with interrupts off, possibly in NMI context, before VMXOFF.
 * Cache lines of private memory that are written back later would destroy data
 * of the next kernel. The memory of the crash kernel is in no PAMT and in no
 * TD. It reads other memory with key 0, which returns ciphertext and causes no
 * machine check.
 */
void tdx_emergency(void)
{
	if (tdx_owns_memory())
		wbinvd();
}

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

/* Sleep and reboot wait until tdx_configure() has returned. */
int tdx_power_configure(void)
{
	int err = -ESHUTDOWN;

	mutex_lock(&lock);
	if (!READ_ONCE(vmxcore_rebooting) && tdx_state() == TDX_INITIALIZED)
		err = tdx_configure();
	mutex_unlock(&lock);
	return err;
}

void tdx_power_exit(void)
{
	unregister_reboot_notifier(&reboot_nb);
	unregister_pm_notifier(&pm_nb);
}
