// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend, resume and shutdown; and crashes and forced reboots, of which no notifier tells.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/smp.h>

#include "client.h"
#include "compat.h"
#include "cpu.h"
#include "init.h"

/*
 * Clients register their own syscore_ops after vmxcore's. Suspend and shutdown run
 * in reverse order of registration and resume in order, so VMX is on for all of
 * theirs.
 */
static int power_suspend(VMXCORE_SYSCORE_DATA)
{
	vmxcore_cpu_suspend();
	return 0;
}

static void power_resume(VMXCORE_SYSCORE_DATA)
{
	unsigned int cpu = smp_processor_id();
	int err = vmxcore_cpu_resume();
	char text[VMXCORE_CPU_ERROR_LEN];

	if (err)
		pr_err("CPU %u: VMX is not on again after resume, VMs cannot run here: %s (%pe)\n",
		       cpu, vmxcore_cpu_strerror(cpu, err, text), ERR_PTR(err));
}

static void shutdown_ipi(void *unused)
{
	vmxcore_clients_emergency();
	vmxcore_cpu_shutdown();
}

/*
 * Reboot, power-off and kexec. INIT is blocked in VMX operation, so every CPU must have left
 * it when the firmware or the next kernel sends one. A get that has begun either turns VMX on
 * before its CPU gets this interrupt, which turns it off again, or finds the state SHUTDOWN.
 * CPU hotplug is disabled by now.
 */
static void shut_down(void)
{
	WRITE_ONCE(vmxcore_rebooting, true);
	/* A VMX instruction that faults because of the interrupts below must find it set. */
	smp_mb();
	on_each_cpu(shutdown_ipi, NULL, 1);
}

static void power_shutdown(VMXCORE_SYSCORE_DATA)
{
	shut_down();
}

static struct vmxcore_syscore power_syscore = {
	.ops = {
		.suspend = power_suspend,
		.resume = power_resume,
		.shutdown = power_shutdown,
	},
};

static int power_notified(struct notifier_block *nb, unsigned long event, void *data)
{
	shut_down();
	return NOTIFY_DONE;
}

static struct notifier_block shutdown_nb = {
	.notifier_call = power_notified,
};

/*
 * A crash or a forced reboot: called on each CPU, interrupts off, maybe in an NMI. Clients
 * are called first, and also where VMX is off.
 */
void vmxcore_power_emergency(void)
{
	WRITE_ONCE(vmxcore_rebooting, true);
	/* A client that faults from here on must find it set. */
	smp_mb();
	vmxcore_clients_emergency();
	vmxcore_cpu_emergency();
}

/* Before VMX is turned on for the first time. The backends register for emergencies. */
void vmxcore_power_init(void)
{
	vmxcore_register_syscore(&power_syscore);
	vmxcore_register_shutdown(&shutdown_nb);
}

void vmxcore_power_exit(void)
{
	vmxcore_unregister_shutdown(&shutdown_nb);
	vmxcore_unregister_syscore(&power_syscore);
}
