// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore_vbox.ko: makes VirtualBox a client of vmxcore, with its driver as it comes.
 *
 * VirtualBox's code for ring 0 asks its driver, vboxdrv, whether the host turns VMX on for it. If
 * the driver answers that it does not, that code executes VMXON itself. So the answer must be that
 * of vmxcore_get(). An ftrace_ops makes the functions that are asked continue here, as a livepatch
 * would do. Unlike one it is gone when this module is unloaded, can leave each call to the driver's
 * own function, and does not taint the kernel.
 *
 * What is not known is left alone: a driver of another version works as without this module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/kmod.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/wait_bit.h>

#include <vmxcore/vmxcore.h>

#include "compat.h"
#include "vbox.h"

#define VBOXDRV	"vboxdrv"

/* VirtualBox's status codes (include/VBox/err.h and include/iprt/err.h there). */
#define VINF_SUCCESS			0
#define VERR_NO_MEMORY			(-8)
#define VERR_VMX_NO_VMX			(-4009)
#define VERR_VMX_IN_VMX_ROOT_MODE	(-4011)

/**
 * struct vbox_interface - the functions that one series of VirtualBox asks
 * @version: how MODULE_VERSION() of its driver begins
 * @enable: "int (bool enable)": turns VMX on or off. %VINF_SUCCESS: the host does it;
 *	VERR_NOT_SUPPORTED or VERR_NOT_AVAILABLE: VirtualBox has to execute VMXON; with any
 *	other error its VM does not start
 * @enable_for_vm: "int (bool enable, void **state)": called for each VM after that. Since Linux
 *	6.16 the driver makes a VM of KVM for each. NULL if there is no such function
 */
struct vbox_interface {
	const char *version;
	const char *enable;
	const char *enable_for_vm;
};

static const struct vbox_interface interfaces[] = {
	{ "7.0.", "SUPR0EnableVTx" },
	{ "7.1.", "SUPR0EnableVTx" },
	{ "7.2.", "SUPR0EnableHwvirt", "SUPR0EnableHwvirtForVm" },
};

static const struct vmxcore_client_desc client_desc = {
	.name = VBOXDRV,
	.owner = THIS_MODULE,
	.flags = VMXCORE_STRANGER,
};

/* Protects what follows against other writers. */
static DEFINE_MUTEX(lock);

/* The driver that is loaded and was looked at, also if it is left alone. */
static const struct module *seen_driver;

const struct module *vbox_driver;
static const struct vbox_interface *interface;

/* NULL until VirtualBox is known to have no VMX but by vmxcore. */
static struct vmxcore_client *client;

atomic_t vbox_refs = ATOMIC_INIT(0);

/* VERR_NOT_SUPPORTED and VERR_NOT_AVAILABLE would make VirtualBox execute VMXON. */
static int vbox_error(int err)
{
	switch (err) {
	case 0:
		return VINF_SUCCESS;
	case -EBUSY:
		return VERR_VMX_IN_VMX_ROOT_MODE;
	case -ENOMEM:
		return VERR_NO_MEMORY;
	default:
		return VERR_VMX_NO_VMX;
	}
}

/* An error is logged by vmxcore. */
static int register_client(void)
{
	struct vmxcore_client *new;

	lockdep_assert_held(&lock);

	if (client)
		return 0;
	new = vmxcore_register(&client_desc);
	if (IS_ERR(new))
		return PTR_ERR(new);
	client = new;
	return 0;
}

static int get_vmx(void)
{
	int err;

	/* Pairs with the barrier in reboot_event(), which waits until no reference is left. */
	smp_mb__after_atomic();
	if (READ_ONCE(vbox_going_down))
		return -ESHUTDOWN;
	mutex_lock(&lock);
	err = register_client();
	mutex_unlock(&lock);
	if (err)
		return err;
	if (VBOX_NEEDS_KVM_INTEL)
		request_module("kvm_intel");
	return vmxcore_get(client);
}

/*
 * Instead of @enable of struct vbox_interface. The caller, redirect(), has taken a reference to
 * this module. Tasks that have put the last one and are not back in the driver yet are waited for
 * by vbox_exit().
 */
static int enable_vmx(bool enable)
{
	int err = 0;

	if (enable) {
		atomic_inc(&vbox_refs);
		err = get_vmx();
		if (!err)
			return VINF_SUCCESS;
	} else {
		vmxcore_put(client);
		module_put(THIS_MODULE);
	}
	atomic_dec(&vbox_refs);
	wake_up_var(&vbox_refs);
	module_put(THIS_MODULE);
	return vbox_error(err);
}

/* Instead of @enable_for_vm of struct vbox_interface. VMX is on, and no VM of KVM is needed. */
static int enable_vmx_for_vm(bool enable, void **state)
{
	module_put(THIS_MODULE);
	return VINF_SUCCESS;
}

/**
 * struct redirection - a function of vboxdrv that continues in one of this module
 * @ops: calls redirect() when the function is entered
 * @function: its address while @ops is registered
 * @instead: where it continues
 */
struct redirection {
	struct ftrace_ops ops;
	unsigned long function;
	void *instead;
};

static struct redirection enable_redirection, for_vm_redirection;

/* Is this call one for vmxcore, or for vboxdrv's own function? */
static bool is_redirected(const struct redirection *redirection, bool enable)
{
	bool held = atomic_read(&vbox_refs);

	/* VMX that did not come from vmxcore is turned off where it came from. */
	if (redirection == &enable_redirection)
		return enable || held;
	/* Nothing was made for the VM, so vboxdrv's function finds nothing to free. */
	return enable && held;
}

static void notrace redirect(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			     struct ftrace_regs *fregs)
{
	struct redirection *redirection = container_of(ops, struct redirection, ops);
	struct pt_regs *regs = ftrace_get_regs(fregs);

	/* Only the lowest byte of a bool is defined (x86-64 psABI). */
	if (!regs || !is_redirected(redirection, (u8)regs_get_kernel_argument(regs, 0)))
		return;
	/* It fails while this module is unloaded. */
	if (try_module_get(THIS_MODULE))
		instruction_pointer_set(regs, (unsigned long)redirection->instead);
}

/*
 * FTRACE_OPS_FL_PERMANENT: while this is registered, kernel.ftrace_enabled cannot be set to 0,
 * which would leave VirtualBox's calls unseen. A kprobe would not have prevented that.
 */
#define REDIRECTION_OPS {						\
	.func = redirect,						\
	.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY |	\
		 FTRACE_OPS_FL_PERMANENT,				\
}

static struct redirection enable_redirection = {
	.ops = REDIRECTION_OPS,
	.instead = enable_vmx,
};

static struct redirection for_vm_redirection = {
	.ops = REDIRECTION_OPS,
	.instead = enable_vmx_for_vm,
};

/*
 * The address of a function, 0 if the driver has none of that name. The kernel's own ways do not
 * serve: symbol_get() fails until the driver is live; Linux 7.2 refuses kprobes behind the end of
 * kvm_intel, where vboxdrv may be, as its blacklist takes the last function there for too long;
 * and ftrace would look through the whole kernel for the name.
 */
static unsigned long find_function(const struct module *driver, const char *name)
{
	const struct mod_kallsyms *symbols;
	unsigned long found = 0;
	unsigned int i;

	rcu_read_lock();
	symbols = rcu_dereference(driver->kallsyms);
	for (i = 0; symbols && i < symbols->num_symtab && !found; i++) {
		if (!strcmp(symbols->strtab + symbols->symtab[i].st_name, name) &&
		    within_module(symbols->symtab[i].st_value, driver))
			found = symbols->symtab[i].st_value;
	}
	rcu_read_unlock();
	return found;
}

static int start_redirection(struct redirection *redirection, const char *function,
			     const struct module *driver)
{
	int err;

	redirection->function = find_function(driver, function);
	if (!redirection->function)
		return -ENOENT;
	err = ftrace_set_filter_ip(&redirection->ops, redirection->function, 0, 1);
	if (err)
		return err;
	err = register_ftrace_function(&redirection->ops);
	/* Not ftrace_free_filter(), after which the ops cannot be used again. */
	if (err)
		ftrace_set_filter_ip(&redirection->ops, redirection->function, 1, 0);
	return err;
}

static void stop_redirection(struct redirection *redirection)
{
	unregister_ftrace_function(&redirection->ops);
	ftrace_set_filter_ip(&redirection->ops, redirection->function, 1, 0);
}

static int start_redirections(const struct module *driver)
{
	int err;

	if (interface->enable_for_vm) {
		err = start_redirection(&for_vm_redirection, interface->enable_for_vm,
					driver);
		if (err)
			return err;
	}
	/* Last, so that VirtualBox gets VMX from vmxcore only if all of it works. */
	err = start_redirection(&enable_redirection, interface->enable, driver);
	if (err && interface->enable_for_vm)
		stop_redirection(&for_vm_redirection);
	return err;
}

static void stop_redirections(void)
{
	stop_redirection(&enable_redirection);
	if (interface->enable_for_vm)
		stop_redirection(&for_vm_redirection);
}

static const struct vbox_interface *find_interface(const char *version)
{
	unsigned int i;

	for (i = 0; version && i < ARRAY_SIZE(interfaces); i++) {
		if (strstarts(version, interfaces[i].version))
			return &interfaces[i];
	}
	return NULL;
}

/*
 * @users: how many references to vboxdrv are not those of VirtualBox's programs.
 * Return: 0, or an error that is logged.
 */
static int attach(const struct module *vboxdrv, int users)
{
	const char *version = vboxdrv->version ?: "?";
	int err;

	lockdep_assert_held(&lock);

	if (seen_driver == vboxdrv)
		return 0;
	seen_driver = vboxdrv;
	interface = find_interface(vboxdrv->version);
	if (!interface) {
		pr_warn("VirtualBox %s is not known here, and does not get VMX from vmxcore: update vmxcore, or end VirtualBox's VMs before KVM's start\n",
			version);
		return -EOPNOTSUPP;
	}
	err = start_redirections(vboxdrv);
	if (err) {
		pr_warn("VirtualBox %s does not get VMX from vmxcore, its driver cannot be redirected (%pe): end VirtualBox's VMs before KVM's start\n",
			version, ERR_PTR(err));
		return err;
	}
	vbox_driver = vboxdrv;

	/*
	 * A program that has opened the driver before may have had VMX turned on in another way.
	 * As long as it has, vboxdrv must not be taken for a client. All of VirtualBox's programs
	 * share VMX, so that is over when one of them asks for it again.
	 */
	if (module_refcount((struct module *)vboxdrv) <= users && !register_client())
		pr_info("VirtualBox %s gets VMX from vmxcore, as client '" VBOXDRV "'\n", version);
	else
		pr_info("VirtualBox %s gets VMX from vmxcore the next time that its programs start\n",
			version);
	return 0;
}

static void detach(void)
{
	lockdep_assert_held(&lock);

	seen_driver = NULL;
	if (!vbox_driver)
		return;
	stop_redirections();
	vbox_driver = NULL;
	/* vmxcore logs the references that are left: a driver that was unloaded by force. */
	for (; atomic_read(&vbox_refs); atomic_dec(&vbox_refs))
		module_put(THIS_MODULE);
	if (client)
		vmxcore_unregister(client);
	client = NULL;
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, VBOXDRV))
		return NOTIFY_DONE;
	mutex_lock(&lock);
	if (event == MODULE_STATE_GOING)
		detach();
	else
		/* COMING, or LIVE of a driver that was COMING before the notifier was there. */
		attach(mod, 1);
	mutex_unlock(&lock);
	return NOTIFY_DONE;
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
};

/* Return: 0 also if vboxdrv is not loaded, or not yet. */
static int attach_loaded(void)
{
	/* A module has no other way to find another one by name. */
	struct kobject *kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, VBOXDRV);
	const struct module *vboxdrv;
	int err = 0;

	if (!kobj)
		return 0;
	/* The module stays while its kobject does. */
	vboxdrv = container_of(kobj, struct module_kobject, kobj)->mod;
	mutex_lock(&lock);
	if (READ_ONCE(vboxdrv->state) == MODULE_STATE_LIVE)
		err = attach(vboxdrv, 0);
	mutex_unlock(&lock);
	kobject_put(kobj);
	return err;
}

static int __init vbox_init(void)
{
	int err;

	err = vbox_shutdown_init();
	if (err)
		return err;
	err = register_module_notifier(&module_nb);
	if (err)
		goto out_shutdown;
	err = attach_loaded();
	if (err)
		goto out_notifier;
	return 0;

out_notifier:
	unregister_module_notifier(&module_nb);
out_shutdown:
	vbox_shutdown_exit();
	return err;
}
module_init(vbox_init);

static void __exit vbox_exit(void)
{
	vbox_shutdown_exit();
	unregister_module_notifier(&module_nb);
	mutex_lock(&lock);
	detach();
	mutex_unlock(&lock);
	/* A task may be on its way out of enable_vmx() and hold no reference any more. */
	synchronize_rcu_tasks();
}
module_exit(vbox_exit);

MODULE_DESCRIPTION("Makes VirtualBox a client of vmxcore");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(VMXCORE_VERSION);
