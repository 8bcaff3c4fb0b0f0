// SPDX-License-Identifier: GPL-2.0-only
/*
 * The persistent SEAM loader, as far as a host asks it for information. Rules:
 * SEAMLDR, "SEAMLDR.INFO", and Intel's published source of the P-SEAMLDR
 * (pseamldr_dispatcher.c, seamldr_info.c). Only one CPU can be in it at a time;
 * on the others the instruction fails as if there were no P-SEAMLDR (CPU,
 * "SEAMCALL").
 */
#include <linux/atomic.h>
#include <linux/string.h>

#include "sim.h"

#define REMAINING_UPDATES	100

static atomic_t busy;

static void fill(struct seamldr_info *info)
{
	memset(info, 0, sizeof(*info));
	info->vendor_id = VENDOR_INTEL;
	info->build_date = BUILD_DATE;
	info->build_num = BUILD_NUM;
	info->major_version = sim_version(0);
	info->minor_version = sim_version(1);
	info->update_version = sim_version(2);
	info->num_remaining_updates = REMAINING_UPDATES;
	info->valid = 1;
	info->seam_ready = sim_module_present();
	info->p_seamldr_ready = 1;
}

static u64 info(u64 pa)
{
	struct seamldr_info *info;

	if (!sim_shared_hpa(pa, sizeof(*info)))
		return SEAMLDR_EBADPARAM;
	info = sim_memory(pa, sizeof(*info));
	if (info)
		fill(info);
	return TDX_SUCCESS;
}

enum sim_outcome sim_seamldr(struct sim_regs *regs)
{
	if (atomic_xchg(&busy, 1))
		return SIM_VMFAILINVALID;
	sim_stall(regs->rax);
	regs->rax = regs->rax == SEAMLDR_INFO ? info(regs->rcx) : SEAMLDR_EBADPARAM;
	atomic_set_release(&busy, 0);
	return SIM_DONE;
}
