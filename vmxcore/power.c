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
 * Clients register their own syscore_ops after vmxcore's. Suspend and shutdown run in reverse
 * order of registration and resume in order, so VMX is on whenever a syscore callback of a
 * client runs. In Linux 6.1 that does not hold for shutdown, see vmxcore_register_shutdown().
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
 * it when the firmware or the next kernel sends one. A get that runs now either turns VMX on
 * before the interrupt reaches its CPU, and the interrupt turns VMX off again; or it comes
 * after the interrupt and finds the state SHUTDOWN. A CPU that comes online later finds
 * vmxcore_rebooting set.
 */
static void shut_down(void)
{
	WRITE_ONCE(vmxcore_rebooting, true);
	/* A VMX instruction that faults because of the interrupts below must find that set. */
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
 * A crash or a forced reboot: up to Linux 7.0 the kernel calls this on each CPU, since 7.1 only
 * on those where CR4.VMXE is set. Interrupts are off, and the CPU may be in an NMI. Clients are
 * called first.
 */
void vmxcore_power_emergency(void)
{
	WRITE_ONCE(vmxcore_rebooting, true);
	/* A client that faults from here on must find vmxcore_rebooting set. */
	smp_mb();
	vmxcore_clients_emergency();
	vmxcore_cpu_emergency();
}

/* Called before VMX is turned on for the first time. For crashes see the backends. */
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
