// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore.ko: load, unload, parameters.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>

#include <vmxcore/vmxcore.h>

#include "backend.h"
#include "caps.h"
#include "client.h"
#include "compat.h"
#include "cpu.h"
#include "init.h"
#include "tlb.h"
#include "vmcs.h"

static bool enable_virt_at_load;
module_param(enable_virt_at_load, bool, 0444);
MODULE_PARM_DESC(enable_virt_at_load,
		 "Y: keep VMX on from load to unload (since Linux 7.1: while kvm_intel is loaded); N: only while a client holds it (default: N)");

/* The client that holds vmxcore's own reference, with enable_virt_at_load. */
static struct vmxcore_client *at_load_client;

static DEFINE_MUTEX(at_load_lock);
static bool at_load_holds;

/* Drop the reference of enable_virt_at_load: no client depends on it. */
static void at_load_put(void)
{
	mutex_lock(&at_load_lock);
	if (at_load_holds)
		vmxcore_put(at_load_client);
	at_load_holds = false;
	mutex_unlock(&at_load_lock);
}

static int at_load_get(void)
{
	int err = 0;

	mutex_lock(&at_load_lock);
	if (at_load_client && !at_load_holds && VMXCORE_BACKEND.available()) {
		err = vmxcore_get(at_load_client);
		at_load_holds = !err;
	}
	mutex_unlock(&at_load_lock);
	return err;
}

/* An error is logged already. After load vmxcore can work without this reference. */
static void at_load_regain(void)
{
	at_load_get();
}

static void at_load_exit(void)
{
	if (!at_load_client)
		return;
	at_load_put();
	vmxcore_unregister(at_load_client);
	at_load_client = NULL;
}

static int __init at_load_init(void)
{
	static const struct vmxcore_client_desc desc = {
		.name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
		.yield = at_load_put,
		.regain = at_load_regain,
	};
	struct vmxcore_client *client;
	int err;

	if (!enable_virt_at_load)
		return 0;

	client = vmxcore_register(&desc);
	if (IS_ERR(client))
		return PTR_ERR(client);
	at_load_client = client;
	err = at_load_get();
	if (err)
		at_load_exit();
	return err;
}

/*
 * The references of other modules' clients keep the provider loaded. So after this put some are
 * left only if the provider is unloaded by force, or fails to load after it has registered.
 */
static void backend_removing(void)
{
	at_load_put();
	vmxcore_cpus_force_off(-ENODEV);
}

static const struct vmxcore_backend_events backend_events = {
	.emergency = vmxcore_power_emergency,
	.added = at_load_regain,
	.removing = backend_removing,
};

/* When VMX is on, in the words of vmxcore(4). */
static const char *policy_text(void)
{
	if (!enable_virt_at_load)
		return "off until a client needs it";
	/* The provider links against vmxcore, so it is loaded later. */
	return VMXCORE_BACKEND.available() ? "on until unload" : "on while kvm_intel is loaded";
}

static void stop_backend(void)
{
	if (VMXCORE_BACKEND.stop)
		VMXCORE_BACKEND.stop();
}

static int __init vmxcore_init(void)
{
	int err;

	err = vmxcore_caps_init();
	if (err)
		return err;
	err = vmxcore_modules_init();
	if (err)
		return err;
	err = vmxcore_vpids_init();
	if (err)
		goto out_modules;
	err = vmxcore_hotplug_init();
	if (err)
		goto out_vpids;
	vmxcore_power_init();
	err = VMXCORE_BACKEND.start(&backend_events);
	if (err)
		goto out_power;
	err = vmxcore_sysfs_init(enable_virt_at_load);
	if (err)
		goto out_backend;
	err = at_load_init();
	if (err)
		goto out_sysfs;
	pr_info("VMX belongs to vmxcore now (%s backend): %s\n", VMXCORE_BACKEND.name,
		policy_text());
	return 0;

out_sysfs:
	vmxcore_sysfs_exit();
out_backend:
	stop_backend();
out_power:
	vmxcore_power_exit();
	vmxcore_hotplug_exit();
out_vpids:
	vmxcore_vpids_exit();
out_modules:
	vmxcore_modules_exit();
	vmxcore_clients_free();
	return err;
}
module_init(vmxcore_init);

static void __exit vmxcore_exit(void)
{
	at_load_exit();
	vmxcore_sysfs_exit();
	stop_backend();
	vmxcore_power_exit();
	vmxcore_hotplug_exit();
	vmxcore_vmcss_free();
	vmxcore_vpids_exit();
	vmxcore_modules_exit();
	vmxcore_clients_free();
}
module_exit(vmxcore_exit);

MODULE_DESCRIPTION("Owner of VMX root operation, lent to hypervisors by reference");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(VMXCORE_VERSION);
