// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other modules: the distribution's kvm_intel, beside which vmxcore does not run,
 * and clients whose module goes away. Foreign owners of other names are met at
 * get, by CR4.VMXE.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "compat.h"
#include "neighbour.h"
#include "register.h"

#define KVM_INTEL	"kvm_intel"

/* Our own entry in /sys/module leads to everybody's; built in or a module. To be put. */
static struct kobject *find_module_kobject(const char *name)
{
	return kset_find_obj(THIS_MODULE->mkobj.kobj.kset, name);
}

/*
 * The distribution's kvm.ko fills the kernel's one emergency slot itself, with a WARN
 * when it is taken and another when it gives back what it did not get. Ours was built
 * out of the tree, and is marked so by the kernel.
 */
static bool kvm_is_ours(void)
{
	struct kobject *kobj = find_module_kobject("kvm");
	const struct module *kvm = NULL;
	bool ours;

	/* Without a module where it is built in. */
	if (kobj)
		kvm = container_of(kobj, struct module_kobject, kobj)->mod;
	ours = kvm && test_bit(TAINT_OOT_MODULE, &kvm->taints);
	kobject_put(kobj);
	return ours;
}

static int kvm_intel_coming(const struct module *mod)
{
	if (!vmxcore_is_for_us(mod)) {
		pr_err("the distribution's kvm_intel is refused, vmxcore owns VMX: use vmxcore's (modprobe kvm_intel), or unload vmxcore first (modprobe -r vmxcore)\n");
		return -EBUSY;
	}

	if (VMXCORE_KVM_FILLS_SLOT && !kvm_is_ours()) {
		pr_err("kvm_intel is refused on the distribution's kvm.ko, which would contend for the emergency callback: unload it and load vmxcore's (modprobe -r kvm && modprobe kvm_intel)\n");
		return -EBUSY;
	}
	return 0;
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct module *mod = data;

	if (event == MODULE_STATE_GOING)
		vmxcore_module_gone(mod);
	else if (event == MODULE_STATE_COMING && !strcmp(mod->name, KVM_INTEL))
		return notifier_from_errno(kvm_intel_coming(mod));
	return NOTIFY_DONE;
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
};

static bool kvm_intel_present(void)
{
	struct kobject *kobj = find_module_kobject(KVM_INTEL);

	kobject_put(kobj);
	return kobj;
}

/**
 * vmxcore_neighbour_init - refuse to run beside a stock kvm_intel, now and later
 *
 * vmxcore's own kvm_intel links against vmxcore, so whatever kvm_intel is there
 * already is not it.
 *
 * Context: task, at load.
 * Return: 0, or -EBUSY with one line in the log that says what to do.
 */
int vmxcore_neighbour_init(void)
{
	int err;

	/* Watch first and look then: what comes in between is seen twice. */
	err = register_module_notifier(&module_nb);
	if (err)
		return err;

	if (kvm_intel_present()) {
		unregister_module_notifier(&module_nb);
		pr_err("the distribution's kvm_intel is loaded and owns VMX: not loaded; end all VMs, then: modprobe -r kvm_intel && modprobe kvm_intel\n");
		return -EBUSY;
	}
	return 0;
}

/**
 * vmxcore_neighbour_exit - look after other modules no more
 *
 * Context: task.
 */
void vmxcore_neighbour_exit(void)
{
	unregister_module_notifier(&module_nb);
}
