// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other modules: the distribution's kvm_intel, beside which vmxcore does not run; clients whose
 * module is unloaded; and VirtualBox's driver, which can be a stranger (stranger.c). Foreign owners
 * of other names are found by CR4.VMXE when a client takes a reference.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "compat.h"
#include "init.h"
#include "register.h"
#include "stranger.h"

#define KVM_INTEL	"kvm_intel"

/*
 * The entry in /sys/module of any module, also of one that is built in. A module has no other
 * way to find another one by name; vmxcore's own entry leads to the directory. The caller must
 * put the kobject.
 */
static struct kobject *find_module_kobject(const char *name)
{
	return kset_find_obj(THIS_MODULE->mkobj.kobj.kset, name);
}

static bool is_loaded(const char *name)
{
	struct kobject *kobj = find_module_kobject(name);

	kobject_put(kobj);
	return kobj;
}

/*
 * The distribution's kvm.ko registers the kernel's one emergency callback itself, with a
 * WARN() if that is taken, and another WARN() when it unregisters what it did not get.
 * vmxcore's kvm.ko is known by its taint: it was built out of the tree.
 */
static bool kvm_is_ours(void)
{
	struct kobject *kobj = find_module_kobject("kvm");
	const struct module *kvm = NULL;
	bool ours;

	/* A kvm that is built into the kernel has no struct module. */
	if (kobj)
		kvm = container_of(kobj, struct module_kobject, kobj)->mod;
	ours = kvm && test_bit(TAINT_OOT_MODULE, &kvm->taints);
	kobject_put(kobj);
	return ours;
}

static int kvm_intel_coming(const struct module *mod)
{
	if (!vmxcore_is_used_by(mod)) {
		pr_err("the distribution's kvm_intel is refused, vmxcore owns VMX: use vmxcore's (modprobe kvm_intel), or unload vmxcore first (modprobe -r vmxcore)\n");
		return -EBUSY;
	}

	if (VMXCORE_KVM_HAS_EMERGENCY && !kvm_is_ours()) {
		pr_err("kvm_intel is refused on the distribution's kvm.ko, which would contend for the emergency callback: unload it and load vmxcore's (modprobe -r kvm && modprobe kvm_intel)\n");
		return -EBUSY;
	}
	return 0;
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct module *mod = data;

	switch (event) {
	case MODULE_STATE_COMING:
		if (!strcmp(mod->name, KVM_INTEL))
			return notifier_from_errno(kvm_intel_coming(mod));
		fallthrough;
	case MODULE_STATE_LIVE:
		/* One that came before the notifier may not be in /sys/module yet. */
		if (!strcmp(mod->name, VMXCORE_VBOXDRV))
			vmxcore_stranger_set_vboxdrv(true);
		break;
	case MODULE_STATE_GOING:
		vmxcore_module_gone(mod);
		/* Its exit function is done, so it loads no VMCS any more. */
		if (!strcmp(mod->name, VMXCORE_VBOXDRV))
			vmxcore_stranger_set_vboxdrv(false);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
};

/*
 * Refuse to run beside a stock kvm_intel, now and later. A kvm_intel that is loaded already
 * is a stock one: vmxcore's needs symbols of vmxcore, and is loaded after it.
 *
 * Return: 0; -EBUSY with a line in the log that says what to do; -EEXIST.
 */
int vmxcore_modules_init(void)
{
	int err;

	/* Before the look at what is loaded, so that no module slips in between. */
	err = register_module_notifier(&module_nb);
	if (err)
		return err;

	if (is_loaded(KVM_INTEL)) {
		unregister_module_notifier(&module_nb);
		pr_err("the distribution's kvm_intel is loaded and owns VMX: not loaded; end all VMs, then: modprobe -r kvm_intel && modprobe kvm_intel\n");
		return -EBUSY;
	}
	if (is_loaded(VMXCORE_VBOXDRV))
		vmxcore_stranger_set_vboxdrv(true);
	return 0;
}

void vmxcore_modules_exit(void)
{
	unregister_module_notifier(&module_nb);
	vmxcore_stranger_set_vboxdrv(false);
}
