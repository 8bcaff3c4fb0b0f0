// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reboot, power-off and kexec while VirtualBox runs VMs. vmxcore executes VMXOFF then, and
 * VirtualBox's code for ring 0 has no exception table: each of its VMX instructions that faults
 * would be an oops, and with panic_on_oops a reboot would be a crash. That code does not look at
 * what VMREAD returns either, so it cannot be made to fail. Therefore VirtualBox's processes are
 * killed before, if they are not gone by then, and VirtualBox has VMX turned off as always.
 *
 * In a crash or a forced reboot no task runs after VMXOFF.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/wait_bit.h>

#include "vbox.h"

#define END_TIMEOUT	(5 * HZ)

bool vbox_going_down;

static int is_driver(const void *driver, struct file *file, unsigned int fd)
{
	return file->f_op->owner == driver;
}

static bool uses_driver(struct task_struct *task, const struct module *driver)
{
	bool uses;

	task_lock(task);
	uses = task->files && iterate_fd(task->files, 0, is_driver, driver);
	task_unlock(task);
	return uses;
}

static void kill_users(const struct module *driver)
{
	struct task_struct *process, *thread;

	rcu_read_lock();
	for_each_process_thread(process, thread) {
		if (uses_driver(thread, driver))
			send_sig(SIGKILL, thread, 1);
	}
	rcu_read_unlock();
}

static int reboot_event(struct notifier_block *nb, unsigned long event, void *data)
{
	WRITE_ONCE(vbox_going_down, true);
	/* Pairs with the barrier in get_vmx(). */
	smp_mb();
	if (!atomic_read(&vbox_refs))
		return NOTIFY_DONE;
	pr_notice("VirtualBox's processes are killed, as the machine goes down and they run VMs\n");
	kill_users(vbox_driver);
	if (!wait_var_event_timeout(&vbox_refs, !atomic_read(&vbox_refs), END_TIMEOUT))
		pr_warn("VirtualBox's processes do not end; they may oops when VMX is turned off\n");
	return NOTIFY_DONE;
}

/* vmxcore's own notifier, which turns VMX off in Linux 6.1, has the next priority. */
static struct notifier_block reboot_nb = {
	.notifier_call = reboot_event,
	.priority = INT_MAX,
};

int vbox_shutdown_init(void)
{
	return register_reboot_notifier(&reboot_nb);
}

void vbox_shutdown_exit(void)
{
	unregister_reboot_notifier(&reboot_nb);
}
