// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives the TDX module memory to manage, and takes it back. See "Intel TDX
 * Module v1.5 Base Architecture Specification" (348549), "Intel TDX Module
 * Lifecycle".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <asm/smp.h>

#include "tdx.h"

/* The TDMRs that the TDX module manages now */
static struct tdmr_list *tdmrs;

/*
 * A copy of the list's totals for sysfs. Readers must not use the list itself,
 * because it may be freed meanwhile.
 */
static struct tdx_memory memory_given;

static u64 to_mib(u64 bytes)
{
	return bytes >> 20;
}

/*
 * Returns nr_cpu_ids if no CPU of that package is online. @cpu itself may be
 * offline.
 */
static unsigned int first_online_of_package(unsigned int cpu)
{
	unsigned int other;

	for_each_online_cpu(other) {
		if (topology_physical_package_id(other) == topology_physical_package_id(cpu))
			return other;
	}
	return nr_cpu_ids;
}

/* This check comes before TDH.SYS.CONFIG, which cannot be undone. */
static int check_packages(void)
{
	unsigned int cpu;

	for_each_present_cpu(cpu) {
		if (first_online_of_package(cpu) >= nr_cpu_ids) {
			pr_err("TDH.SYS.KEY.CONFIG needs an online CPU in each package; bring CPU %u online first\n",
			       cpu);
			return -EBUSY;
		}
	}
	return 0;
}

static struct tdmr_list *build_tdmrs(void)
{
	struct tdmr_platform platform = {
		.cmrs = tdx_info.cmrs,
		.nr_cmrs = tdx_info.nr_cmrs,
		.limits = tdx_info.limits,
	};
	struct tdmr_list *list;
	const char *hint = "";

	platform.memory = tdx_memory_ranges(&platform.nr_memory);
	if (IS_ERR(platform.memory))
		return ERR_CAST(platform.memory);

	list = tdmr_list_build(&platform, &tdx_pamt_allocator);
	if (list == ERR_PTR(-ENOMEM))
		hint = "; no contiguous memory is left for PAMTs, load vmxcore_tdx soon after boot";
	if (IS_ERR(list))
		pr_err("no TDMRs can be built from this machine's memory (%pe)%s\n", list, hint);
	kfree(platform.memory);
	return list;
}

/*
 * TDH.SYS.CONFIG needs TDH.SYS.LP.INIT on all logical processors, and only the
 * TDX module knows which those are. A CPU that is offline now may have been
 * initialised before vmxcore_tdx was loaded, so the number of offline CPUs
 * cannot be checked in advance.
 */
static void log_config_not_pending(void)
{
	if (tdx_lp_count() < num_present_cpus())
		pr_err("TDH.SYS.CONFIG needs all %u CPUs, but %u are offline; bring them online first\n",
		       num_present_cpus(), num_present_cpus() - tdx_lp_count());
	else
		pr_err("the TDX module has been configured before, or the machine has more CPUs than Linux uses; reboot without maxcpus= and nosmt\n");
}

/*
 * TDH.SYS.CONFIG takes an array of the addresses of TDMR_INFOs. The array has
 * the same alignment as a TDMR_INFO.
 */
static int sys_config(const struct tdmr_list *list)
{
	size_t size = roundup_pow_of_two(max_t(size_t, list->nr * sizeof(u64), TDMR_INFO_ALIGN));
	struct vmxcore_tdx_args args = {};
	unsigned int i;
	u64 *array;
	u64 status;

	/* kmalloc() aligns a size that is a power of two to that size. */
	array = kzalloc(size, GFP_KERNEL);
	if (!array)
		return -ENOMEM;
	for (i = 0; i < list->nr; i++)
		array[i] = virt_to_phys(&list->tdmrs[i]);

	args.rcx = virt_to_phys(array);
	args.rdx = list->nr;
	args.r8 = tdx_platform.first_keyid;
	status = tdx_call(TDH_SYS_CONFIG, &args);
	kfree(array);

	if ((status & TDX_STATUS_MASK) == TDX_SYS_CONFIG_NOT_PENDING)
		log_config_not_pending();
	return status ? tdx_log_failure(TDH_SYS_CONFIG, status) : 0;
}

static int key_config_on(unsigned int cpu)
{
	struct vmxcore_tdx_args args = {};
	u64 status = tdx_call_on(cpu, TDH_SYS_KEY_CONFIG, &args);

	if (!status || (status & TDX_STATUS_MASK) == TDX_KEY_CONFIGURED)
		return 0;
	pr_err("the TDX module has no key on package %d\n", topology_physical_package_id(cpu));
	return tdx_log_failure_on(cpu, TDH_SYS_KEY_CONFIG, status);
}

/*
 * The TDX module writes the PAMTs with its own key. Dirty cache lines of the
 * PAMTs without a key must be written back before that, because later they
 * would overwrite what the TDX module wrote.
 */
static int key_config(void)
{
	unsigned int cpu;
	int err = 0;

	wbinvd_on_all_cpus();
	for_each_online_cpu(cpu) {
		if (!err && first_online_of_package(cpu) == cpu)
			err = key_config_on(cpu);
	}
	return err;
}

/*
 * TDH.SYS.TDMR.INIT initialises a part of the TDMR with each call, to keep the
 * time in SEAM short, and returns the address up to which it is done.
 */
static int init_tdmr(const struct tdmr_info *tdmr)
{
	struct vmxcore_tdx_args args = {};
	u64 status;

	do {
		args.rcx = tdmr->base;
		args.rdx = 0;
		status = tdx_call(TDH_SYS_TDMR_INIT, &args);
		if ((status & TDX_STATUS_MASK) == TDX_TDMR_ALREADY_INITIALIZED)
			return 0;
		if (status)
			return tdx_log_failure(TDH_SYS_TDMR_INIT, status);
		cond_resched();
	} while (args.rdx < tdmr->base + tdmr->size);

	return 0;
}

static int make_ready(void)
{
	unsigned int i;
	int err;

	err = key_config();
	for (i = 0; i < tdmrs->nr && !err; i++)
		err = init_tdmr(&tdmrs->tdmrs[i]);
	if (err) {
		tdx_shut_down();
		return err;
	}
	tdx_set_state(TDX_READY);
	pr_info("the TDX module is ready: %llu of %llu MiB can be private memory, in %u TDMRs; the PAMTs take %llu MiB\n",
		to_mib(tdmrs->usable), to_mib(tdmrs->memory), tdmrs->nr, to_mib(tdmrs->pamt));
	if (tdmrs->left_out)
		pr_warn("%llu KiB of convertible memory do not fit into the TDMRs of this TDX module and cannot be private\n",
			tdmrs->left_out >> 10);
	return 0;
}

static int configure_locked(void)
{
	struct tdmr_list *list;
	int err;

	err = check_packages();
	if (err)
		return err;
	list = build_tdmrs();
	if (IS_ERR(list))
		return PTR_ERR(list);

	err = sys_config(list);
	if (err) {
		/* TDH.SYS.CONFIG accepts all TDMRs or none. */
		tdmr_list_free(list);
		return err;
	}
	tdmrs = list;
	memory_given.tdmrs = list->nr;
	memory_given.usable = list->usable;
	memory_given.left_out = list->left_out;
	memory_given.pamt = list->pamt;
	tdx_set_state(TDX_CONFIGURED);
	return make_ready();
}

/*
 * Needs state TDX_INITIALIZED and sets TDX_READY. The log says why an error
 * occurred. If TDH.SYS.CONFIG or a step before it fails, nothing has changed;
 * if a later step fails, the state is TDX_SHUT_DOWN, because only a shutdown of
 * the TDX module gives the PAMTs back.
 */
int tdx_configure(void)
{
	int err;

	cpus_read_lock();
	err = configure_locked();
	cpus_read_unlock();
	return err;
}

static u64 shut_down_module(void)
{
	struct vmxcore_tdx_args args = {};
	unsigned int cpu;
	u64 status = 0;

	if (tdx_info.has_sys_rd) {
		args.rcx = tdx_info.module_hv;
		return tdx_call(TDH_SYS_SHUTDOWN, &args);
	}
	for_each_online_cpu(cpu)
		status = status ?: tdx_call_on(cpu, TDH_SYS_LP_SHUTDOWN, &args);
	return status;
}

/*
 * TDX_SYS_NOT_READY means that TDH.SYS.KEY.CONFIG has not been executed on
 * every package. The TDX module cannot be shut down in that state, but it has
 * not begun to use the PAMTs, and no later call completes the keys.
 */
static bool has_released_pamts(u64 status)
{
	if (!status || (status & TDX_STATUS_MASK) == TDX_SYS_NOT_READY)
		return true;
	tdx_log_failure(tdx_info.has_sys_rd ? TDH_SYS_SHUTDOWN : TDH_SYS_LP_SHUTDOWN, status);
	pr_err("the TDX module cannot be shut down and keeps %llu MiB until the next boot\n",
	       to_mib(tdmrs->pamt));
	return false;
}

static void reclaim_pamts(void)
{
	unsigned int i;

	wbinvd_on_all_cpus();
	for (i = 0; i < tdmrs->nr; i++)
		tdx_memory_reset(tdmr_pamt(&tdmrs->tdmrs[i]));
	tdmr_list_free(tdmrs);
}

/*
 * If the TDX module kept its memory, the page allocator or a kernel started by
 * kexec would write to memory that the TDX module encrypts and checks. A TDX
 * module that has no memory is left as it is, so that a later load can use it.
 * The caller holds cpus_read_lock().
 */
void tdx_shut_down(void)
{
	if (!tdx_owns_memory())
		return;
	if (has_released_pamts(shut_down_module()))
		reclaim_pamts();
	else
		tdmr_list_abandon(tdmrs);
	tdmrs = NULL;
	tdx_set_state(TDX_SHUT_DOWN);
}

struct tdx_memory tdx_memory_given(void)
{
	static const struct tdx_memory none;

	return tdx_owns_memory() ? memory_given : none;
}
