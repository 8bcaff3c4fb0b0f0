// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend, resume, shutdown, and the ways down on which nobody says goodbye.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>
#include <asm/reboot.h>

#include "client.h"
#include "cpu.h"
#include "power.h"

bool vmxcore_rebooting __read_mostly;
EXPORT_SYMBOL_GPL(vmxcore_rebooting);

/*
 * Clients register their own syscore_ops after vmxcore's. Suspend and shutdown run
 * in reverse order of registration and resume in order, so VMX is on for all of
 * theirs.
 */
static int power_suspend(void)
{
	vmxcore_cpu_suspend();
	return 0;
}

static void power_resume(void)
{
	int err = vmxcore_cpu_resume();

	if (err)
		pr_err("CPU %u: VMX is not on again after resume, VMs cannot run here: %s (%pe)\n",
		       smp_processor_id(), vmxcore_cpu_strerror(err),
		       ERR_PTR(err));
}

static void shutdown_ipi(void *unused)
{
	vmxcore_clients_emergency();
	vmxcore_cpu_shutdown();
}

/*
 * Reboot, power-off and kexec. INIT is blocked in VMX operation, so every CPU must
 * have left it when the firmware or the next kernel wants them. A get that is under
 * way either turns VMX on before its CPU is told, and it goes off again here, or
 * finds it DOWN; CPU hotplug is disabled by now.
 */
static void power_shutdown(void)
{
	WRITE_ONCE(vmxcore_rebooting, true);
	/* Seen by whoever faults because of what the interrupts do. */
	smp_mb();
	on_each_cpu(shutdown_ipi, NULL, 1);
}

static struct syscore_ops power_ops = {
	.suspend = power_suspend,
	.resume = power_resume,
	.shutdown = power_shutdown,
};

/*
 * The kernel's emergency slot: crash and forced reboot, on each CPU, interrupts
 * off, maybe in NMI. Clients first, also where VMX is off.
 */
static void emergency(void)
{
	WRITE_ONCE(vmxcore_rebooting, true);
	/* A client that faults from here on must find it set. */
	smp_mb();
	vmxcore_clients_emergency();
	vmxcore_cpu_emergency();
}

/**
 * vmxcore_power_init - from here on no way down leaves a CPU in VMX operation
 *
 * Before VMX goes on for the first time, so that the kernel's emergency slot is
 * never empty while a CPU is post-VMXON. The slot is ours from load to unload;
 * stock kvm_intel, which wants it too, is not loaded (neighbour.c).
 *
 * Context: task, at load.
 */
void vmxcore_power_init(void)
{
	register_syscore_ops(&power_ops);
	cpu_emergency_register_virt_callback(emergency);
}

/**
 * vmxcore_power_exit - the counterpart; VMX is off on every CPU
 *
 * Context: task.
 */
void vmxcore_power_exit(void)
{
	cpu_emergency_unregister_virt_callback(emergency);
	unregister_syscore_ops(&power_ops);
}
