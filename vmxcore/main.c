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
#include "debugfs.h"
#include "hotplug.h"
#include "neighbour.h"
#include "power.h"
#include "sysfs.h"
#include "translation.h"
#include "vmcs.h"

static bool enable_virt_at_load;
module_param(enable_virt_at_load, bool, 0444);
MODULE_PARM_DESC(enable_virt_at_load,
		 "Turn VMX on at load and off at unload, instead of while a client holds it (default: off)");

/* vmxcore's own reference when enable_virt_at_load says so. */
static struct vmxcore_client *policy;

static DEFINE_MUTEX(policy_lock);
static bool policy_holds;

/* Somebody wants VMX for himself, or it goes away: nobody needs this one. */
static void policy_yield(void)
{
	mutex_lock(&policy_lock);
	if (policy_holds)
		vmxcore_put(policy);
	policy_holds = false;
	mutex_unlock(&policy_lock);
}

static int policy_get(void)
{
	int err = 0;

	mutex_lock(&policy_lock);
	if (policy && !policy_holds && VMXCORE_BACKEND.available()) {
		err = vmxcore_get(policy);
		policy_holds = !err;
	}
	mutex_unlock(&policy_lock);
	return err;
}

static void policy_regain(void)
{
	policy_get();
}

static void policy_exit(void)
{
	if (!policy)
		return;
	policy_yield();
	vmxcore_unregister(policy);
	policy = NULL;
}

static int __init policy_init(void)
{
	static const struct vmxcore_client_desc desc = {
		.name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
		.yield = policy_yield,
		.regain = policy_regain,
	};
	struct vmxcore_client *client;
	int err;

	if (!enable_virt_at_load)
		return 0;

	client = vmxcore_register(&desc);
	if (IS_ERR(client))
		return PTR_ERR(client);
	policy = client;
	err = policy_get();
	if (err)
		policy_exit();
	return err;
}

/* Whoever else holds VMX keeps the provider's module in place, unless it goes by force. */
static void backend_going(void)
{
	policy_yield();
	vmxcore_cpus_lose(-ENODEV);
}

static const struct vmxcore_backend_events backend_events = {
	.emergency = vmxcore_power_emergency,
	.came = policy_regain,
	.going = backend_going,
};

/* When VMX is on, as the manual quotes it. */
static const char *policy_text(void)
{
	if (!enable_virt_at_load)
		return "off until a client needs it";
	/* What lends VMX links against vmxcore, so it is loaded later. */
	return VMXCORE_BACKEND.available() ? "on until unload" : "on while kvm_intel is loaded";
}

static int __init vmxcore_init(void)
{
	int err;

	err = vmxcore_caps_init();
	if (err)
		return err;
	err = vmxcore_neighbour_init();
	if (err)
		return err;
	err = vmxcore_vpids_init();
	if (err)
		goto out_neighbour;
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
	err = policy_init();
	if (err)
		goto out_sysfs;
	vmxcore_debugfs_init();
	pr_info("VMX belongs to vmxcore now (%s backend): %s\n", VMXCORE_BACKEND.name,
		policy_text());
	return 0;

out_sysfs:
	vmxcore_sysfs_exit();
out_backend:
	VMXCORE_BACKEND.stop();
out_power:
	vmxcore_power_exit();
	vmxcore_hotplug_exit();
out_vpids:
	vmxcore_vpids_exit();
out_neighbour:
	vmxcore_neighbour_exit();
	vmxcore_slots_free();
	return err;
}
module_init(vmxcore_init);

static void __exit vmxcore_exit(void)
{
	vmxcore_debugfs_exit();
	policy_exit();
	vmxcore_sysfs_exit();
	VMXCORE_BACKEND.stop();
	vmxcore_power_exit();
	vmxcore_hotplug_exit();
	vmxcore_vmcss_free();
	vmxcore_vpids_exit();
	vmxcore_neighbour_exit();
	vmxcore_slots_free();
}
module_exit(vmxcore_exit);

MODULE_DESCRIPTION("Owner of VMX root operation, lent to hypervisors by reference");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
