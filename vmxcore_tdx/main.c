// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore_tdx.ko: SEAMCALLs without KVM. It takes VMX from vmxcore, initialises
 * the TDX module on every CPU, shows what it found, and executes SEAMCALLs for
 * other modules.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <vmxcore/insn.h>

#include "compat.h"
#include "tdx.h"

static bool on_demand = true;
module_param(on_demand, bool, 0444);
MODULE_PARM_DESC(on_demand,
		 "Hold VMX only while a SEAMCALL is executed; if off, hold it from load to unload (default: on)");

static bool configure;
module_param(configure, bool, 0444);
MODULE_PARM_DESC(configure,
		 "Give the TDX module all memory that it can manage, and initialise that memory; takes 1/256 of it for PAMTs (default: off)");

/*
 * A reference is held from load to unload (on_demand=0) and has not been
 * yielded.
 */
static bool vmx_held;

static bool vmx_is_on(void)
{
	bool on;
	u64 pa;

	preempt_disable();
	on = !vmxcore_get_cpu(tdx_client);
	if (on) {
		on = !vmxcore_vmptrst(&pa);
		vmxcore_put_cpu(tdx_client);
	}
	preempt_enable();
	return on;
}

static void log_init_failure(u64 status)
{
	switch (status) {
	case VMXCORE_TDX_UD:
		if (vmx_is_on())
			pr_err("this CPU does not support SEAMCALL\n");
		break;
	case VMXCORE_TDX_GP:
		pr_err("SEAM is disabled on this CPU; enable TDX in the firmware setup\n");
		break;
	case VMXCORE_TDX_VMFAILINVALID:
		pr_err("no TDX module is loaded; make the firmware load one (firmware setup, or the file on the EFI system partition)\n");
		break;
	case TDX_SYS_SHUTDOWN:
		pr_err("the TDX module has been shut down; reboot to use it again\n");
		break;
	}
}

static void log_module(void)
{
	pr_info("TDX module %u.%u.%02u, build %u of %u%s, on %u CPUs; private key IDs %u to %u\n",
		tdx_info.major_version, tdx_info.minor_version, tdx_info.update_version,
		tdx_info.build_num, tdx_info.build_date,
		tdx_info.attributes & BIT(31) ? " (a debug module)" : "", tdx_lp_count(),
		tdx_platform.first_keyid, tdx_platform.first_keyid + tdx_platform.nr_keyids - 1);
}

static int bring_up(void)
{
	u64 status;
	int err;

	tdx_seamldr_read();
	status = tdx_sys_init();
	if (status) {
		log_init_failure(status);
		return tdx_log_failure(TDH_SYS_INIT, status);
	}

	tdx_set_state(TDX_INITIALIZED);
	err = tdx_lp_start();
	if (err)
		return err;
	err = tdx_info_read(&tdx_info);
	if (err)
		tdx_lp_stop();
	else
		log_module();
	return err;
}

static void bring_down(void)
{
	cpus_read_lock();
	tdx_shut_down();
	cpus_read_unlock();
	tdx_lp_stop();
}

/*
 * tdx_power_configure() comes after tdx_power_init(), so that sleep and reboot
 * find the notifiers registered as soon as the TDX module has memory.
 */
static int finish_load(void)
{
	int err;

	err = tdx_sysfs_init();
	if (err)
		return err;
	err = tdx_power_init();
	if (err)
		goto exit_sysfs;
	err = configure ? tdx_power_configure() : 0;
	if (err)
		goto exit_power;

	tdx_debugfs_init();
	return 0;

exit_power:
	tdx_power_exit();
exit_sysfs:
	tdx_sysfs_exit();
	return err;
}

static int load(void)
{
	int err;

	err = vmxcore_get(tdx_client);
	if (err)
		return err;

	err = bring_up();
	if (err)
		goto put;
	err = finish_load();
	if (err) {
		bring_down();
		goto put;
	}
	if (!on_demand) {
		WRITE_ONCE(vmx_held, true);
		return 0;
	}
put:
	vmxcore_put(tdx_client);
	return err;
}

/*
 * With on_demand=0 the module holds a reference while no SEAMCALL runs. It
 * gives that reference to a client that asks for exclusive use.
 */
static void yield_vmx(void)
{
	if (xchg(&vmx_held, false))
		vmxcore_put(tdx_client);
}

static void regain_vmx(void)
{
	/* Drop this reference if load() has taken one meanwhile. */
	if (!on_demand && !vmxcore_get(tdx_client) && xchg(&vmx_held, true))
		vmxcore_put(tdx_client);
}

static const struct vmxcore_client_desc desc = {
	.name = KBUILD_MODNAME,
	.owner = THIS_MODULE,
	.emergency = tdx_emergency,
	.yield = yield_vmx,
	.regain = regain_vmx,
};

static int __init tdx_init(void)
{
	int err;

	/*
	 * If the kernel and this module both managed the TDX module, each would
	 * use memory that the other one has given away.
	 */
	if (tdx_kernel_has_tdx()) {
		pr_err("this kernel initialises the TDX module itself; vmxcore_tdx does not load beside it\n");
		return -EBUSY;
	}
	err = tdx_platform_detect(&tdx_platform);
	if (err)
		return err;

	tdx_client = vmxcore_register(&desc);
	if (IS_ERR(tdx_client))
		return PTR_ERR(tdx_client);
	err = load();
	if (err)
		vmxcore_unregister(tdx_client);
	return err;
}
module_init(tdx_init);

static void __exit tdx_exit(void)
{
	tdx_debugfs_exit();
	tdx_power_exit();
	tdx_sysfs_exit();
	bring_down();
	yield_vmx();
	vmxcore_unregister(tdx_client);
}
module_exit(tdx_exit);

MODULE_DESCRIPTION("SEAMCALLs and the Intel TDX module, without KVM");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(VMXCORE_VERSION);
