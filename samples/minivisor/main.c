// SPDX-License-Identifier: GPL-2.0-only
/*
 * minivisor.ko, a hypervisor beside KVM: the device, and the registration with
 * vmxcore.
 *
 * Each open file is a VM, and VMX is on while there is one. An open file also
 * keeps this module loaded, so the client holds nothing when it unregisters.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "minivisor.h"

static int minivisor_open(struct inode *inode, struct file *file)
{
	struct minivisor_vm *vm = minivisor_vm_create();

	if (IS_ERR(vm))
		return PTR_ERR(vm);
	file->private_data = vm;
	return 0;
}

static int minivisor_release(struct inode *inode, struct file *file)
{
	minivisor_vm_destroy(file->private_data);
	return 0;
}

static int run_locked(struct minivisor_vm *vm, void __user *arg)
{
	struct minivisor_run run;
	int err;

	if (copy_from_user(&run, arg, sizeof(run)))
		return -EFAULT;
	/*
	 * The first entry launches the VMCS. Until then the guest can be given
	 * its parameters.
	 */
	err = vm->run.launches ? 0 : minivisor_vm_start(vm, run.seed, run.steps);
	if (err)
		return err;

	err = minivisor_run(vm);
	if (err)
		return err;
	return copy_to_user(arg, &vm->run, sizeof(vm->run)) ? -EFAULT : 0;
}

static long minivisor_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct minivisor_vm *vm = file->private_data;
	int err;

	if (cmd != MINIVISOR_RUN)
		return -ENOTTY;
	if (mutex_lock_interruptible(&vm->lock))
		return -EINTR;
	err = run_locked(vm, (void __user *)arg);
	mutex_unlock(&vm->lock);
	return err;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = minivisor_open,
	.release = minivisor_release,
	.unlocked_ioctl = minivisor_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.mode = 0600,
	.fops = &fops,
};

/*
 * No callbacks are needed. emergency: all VMCSs of minivisor come from
 * vmxcore_vmcs_alloc(), and vmxcore VMCLEARs those itself when the machine
 * crashes. cpu_gone: minivisor takes no references on single CPUs. yield: each
 * reference belongs to a VM, and minivisor ends no VM for another client's
 * sake.
 */
static const struct vmxcore_client_desc desc = {
	.name = KBUILD_MODNAME,
	.owner = THIS_MODULE,
};

static int __init minivisor_init(void)
{
	int err;

	/*
	 * minivisor hands an NMI that caused a VM exit to the host by INT 2,
	 * which is an oops with FRED.
	 */
	if (minivisor_has_fred()) {
		pr_err("this kernel uses FRED, with which minivisor can't hand NMIs to the host: not loaded (fred=off on the kernel command line turns FRED off)\n");
		return -EOPNOTSUPP;
	}
	err = minivisor_vmcs_supported() ?: minivisor_ept_supported();
	if (err) {
		pr_err("this CPU lacks a VMX control that minivisor needs, perhaps EPT: not loaded\n");
		return err;
	}

	minivisor_client = vmxcore_register(&desc);
	if (IS_ERR(minivisor_client))
		return PTR_ERR(minivisor_client);

	err = misc_register(&device);
	if (err)
		vmxcore_unregister(minivisor_client);
	return err;
}
module_init(minivisor_init);

static void __exit minivisor_exit_module(void)
{
	misc_deregister(&device);
	vmxcore_unregister(minivisor_client);
}
module_exit(minivisor_exit_module);

MODULE_DESCRIPTION("A small hypervisor on vmxcore, to learn from");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
