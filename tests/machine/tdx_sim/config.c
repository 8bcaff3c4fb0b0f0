// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDH.SYS.CONFIG gives memory to the TDX module. Rules: Base, "TDMR and PAMT
 * Configuration"; ABI, "TDMR_INFO" and "TDH.SYS.CONFIG". The order of the
 * checks and the details of each status follow the source, tdh_sys_config.c.
 *
 * TDMRs are read and checked one after the other. If two TDMRs are wrong, the
 * status is about the lower one, and a PAMT is compared only with those of
 * lower TDMRs.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "sim.h"

/* The number of PAMTs of a TDMR */
#define NUM_LEVELS 3

static const u64 bytes_per_page[NUM_LEVELS] = {
	[LEVEL_4K] = SIZE_4K,
	[LEVEL_2M] = SIZE_2M,
	[LEVEL_1G] = SIZE_1G,
};

static const struct pamt_area *pamt_of(const struct tdmr_info *info, unsigned int level)
{
	switch (level) {
	case LEVEL_4K:
		return &info->pamt_4k;
	case LEVEL_2M:
		return &info->pamt_2m;
	default:
		return &info->pamt_1g;
	}
}

static u64 details(u64 status, unsigned int first, unsigned int second, unsigned int third)
{
	return status | first | second << 8 | third << 16;
}

static bool wraps(u64 base, u64 size)
{
	return base > U64_MAX - size;
}

static bool overlap(u64 base, u64 size, u64 other_base, u64 other_size)
{
	return base < other_base + other_size && other_base < base + size;
}

static u64 check_order(const struct tdmr_info *infos, unsigned int i)
{
	const struct tdmr_info *info = &infos[i];

	if (wraps(info->base, info->size))
		return details(TDX_INVALID_TDMR, i, 0, 0);
	if (i && info->base < infos[i - 1].base + infos[i - 1].size)
		return details(TDX_NON_ORDERED_TDMR, i, 0, 0);
	return TDX_SUCCESS;
}

static u64 check_area(const struct tdmr_info *info, unsigned int i)
{
	if ((info->base | info->size) % SIZE_1G || !info->size || !sim_no_hkid(info->base) ||
	    !sim_no_hkid(info->base + info->size - 1))
		return details(TDX_INVALID_TDMR, i, 0, 0);
	return TDX_SUCCESS;
}

static u64 check_reserved_area(const struct tdmr_info *info, unsigned int i, unsigned int j)
{
	const struct reserved_area *area = &info->reserved[j];
	u64 invalid = details(TDX_INVALID_RESERVED_IN_TDMR, i, j, 0);

	if (wraps(area->offset, area->size))
		return invalid;
	if (j && area->offset < area[-1].offset + area[-1].size)
		return details(TDX_NON_ORDERED_RESERVED_IN_TDMR, i, j, 0);
	if ((area->offset | area->size) % SIZE_4K)
		return invalid;
	return area->offset + area->size > info->size ? invalid : TDX_SUCCESS;
}

/*
 * An empty area ends the list, and a used one after it is an error. The details
 * of that status have the index of the empty area.
 */
static u64 check_reserved(const struct tdmr_info *info, unsigned int i)
{
	unsigned int j;
	u64 status;

	for (j = 0; j < MAX_RESERVED; j++) {
		if (info->reserved[j].size) {
			status = check_reserved_area(info, i, j);
			if (status)
				return status;
		} else if (j + 1 < MAX_RESERVED && info->reserved[j + 1].size) {
			return details(TDX_NON_ORDERED_RESERVED_IN_TDMR, i, j, 0);
		}
	}
	return TDX_SUCCESS;
}

static bool pamt_valid(const struct tdmr_info *info, unsigned int level)
{
	const struct pamt_area *pamt = pamt_of(info, level);

	return !wraps(pamt->base, pamt->size) && !((pamt->base | pamt->size) % SIZE_4K) &&
	       sim_no_hkid(pamt->base) && sim_no_hkid(pamt->base + pamt->size - 1) &&
	       pamt->size >= info->size / bytes_per_page[level] * PAMT_ENTRY_SIZE;
}

static u64 check_pamts_valid(const struct tdmr_info *info, unsigned int i)
{
	int level;

	for (level = LEVEL_1G; level >= LEVEL_4K; level--) {
		if (!pamt_valid(info, level))
			return details(TDX_INVALID_PAMT, i, level, 0);
	}
	return TDX_SUCCESS;
}

static bool pamts_overlap(const struct pamt_area *a, const struct pamt_area *b)
{
	return overlap(a->base, a->size, b->base, b->size);
}

static bool overlaps_pamts_of(const struct pamt_area *pamt, const struct tdmr_info *other)
{
	return pamts_overlap(pamt, &other->pamt_4k) || pamts_overlap(pamt, &other->pamt_2m) ||
	       pamts_overlap(pamt, &other->pamt_1g);
}

static u64 check_pamts_disjoint(const struct tdmr_info *infos, unsigned int i)
{
	const struct tdmr_info *info = &infos[i];
	unsigned int j, level;

	for (j = 0; j < i; j++) {
		for (level = LEVEL_4K; level <= LEVEL_1G; level++) {
			if (overlaps_pamts_of(pamt_of(info, level), &infos[j]))
				return details(TDX_PAMT_OVERLAP, i, level, j);
		}
	}
	if (pamts_overlap(&info->pamt_4k, &info->pamt_2m) ||
	    pamts_overlap(&info->pamt_4k, &info->pamt_1g))
		return details(TDX_PAMT_OVERLAP, i, LEVEL_4K, i);
	if (pamts_overlap(&info->pamt_2m, &info->pamt_1g))
		return details(TDX_PAMT_OVERLAP, i, LEVEL_2M, i);
	return TDX_SUCCESS;
}

/*
 * Calls @call for each part of a TDMR that is not reserved, until it returns
 * true.
 */
static bool any_available(const struct tdmr_info *info,
			  bool (*call)(u64 start, u64 end, const struct pamt_area *pamt),
			  const struct pamt_area *pamt)
{
	u64 start = info->base, end = info->base + info->size, reserved;
	unsigned int j;

	for (j = 0; j < MAX_RESERVED && info->reserved[j].size; j++) {
		reserved = info->base + info->reserved[j].offset;
		if (start < reserved && call(start, reserved, pamt))
			return true;
		start = reserved + info->reserved[j].size;
	}
	return start < end && call(start, end, pamt);
}

static bool overlaps_range(u64 start, u64 end, const struct pamt_area *pamt)
{
	return overlap(start, end - start, pamt->base, pamt->size);
}

static bool outside_cmrs(u64 start, u64 end, const struct pamt_area *unused)
{
	return !sim_in_cmr(start, end);
}

/* Checks that no PAMT of TDMR @i is in an available part of TDMR @j. */
static u64 check_pamts_reserved_in(const struct tdmr_info *infos, unsigned int i, unsigned int j)
{
	unsigned int level;

	for (level = LEVEL_4K; level <= LEVEL_1G; level++) {
		if (any_available(&infos[j], overlaps_range, pamt_of(&infos[i], level)))
			return details(TDX_PAMT_OVERLAP, i, level, j);
	}
	return TDX_SUCCESS;
}

static u64 check_pamts_reserved(const struct tdmr_info *infos, unsigned int i)
{
	unsigned int j;
	u64 status;

	for (j = 0; j <= i; j++) {
		status = check_pamts_reserved_in(infos, i, j);
		if (!status && j < i)
			status = check_pamts_reserved_in(infos, j, i);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

static u64 check_pamts_in_cmrs(const struct tdmr_info *info, unsigned int i)
{
	const struct pamt_area *pamt;
	int level;

	for (level = LEVEL_1G; level >= LEVEL_4K; level--) {
		pamt = pamt_of(info, level);
		if (!sim_in_cmr(pamt->base, pamt->base + pamt->size))
			return details(TDX_PAMT_OUTSIDE_CMRS, i, level, 0);
	}
	return TDX_SUCCESS;
}

static u64 check_available(const struct tdmr_info *info, unsigned int i)
{
	return any_available(info, outside_cmrs, NULL) ?
	       details(TDX_TDMR_OUTSIDE_CMRS, i, 0, 0) : TDX_SUCCESS;
}

static u64 check_tdmr(const struct tdmr_info *infos, unsigned int i)
{
	return check_order(infos, i) ?: check_area(&infos[i], i) ?: check_reserved(&infos[i], i) ?:
	       check_pamts_valid(&infos[i], i) ?: check_pamts_disjoint(infos, i) ?:
	       check_pamts_reserved(infos, i) ?: check_pamts_in_cmrs(&infos[i], i) ?:
	       check_available(&infos[i], i);
}

/* Memory that does not exist reads as zeroes. */
static void read_memory(void *to, u64 pa, size_t size)
{
	void *from = sim_memory(pa, size);

	if (from)
		memcpy(to, from, size);
	else
		memset(to, 0, size);
}

static u64 read_tdmr(u64 array, unsigned int i)
{
	u64 pa;

	read_memory(&pa, array + i * sizeof(pa), sizeof(pa));
	if (!sim_shared_hpa(pa, TDMR_INFO_ALIGN))
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	read_memory(&sim.infos[i], pa, sizeof(sim.infos[i]));
	return check_tdmr(sim.infos, i);
}

static void accept_tdmr(unsigned int i)
{
	const struct tdmr_info *info = &sim.infos[i];
	struct tdmr *tdmr = &sim.tdmrs[i];

	tdmr->base = info->base;
	tdmr->size = info->size;
	tdmr->next = info->base;
	tdmr->pamt_1g = info->pamt_1g.base;
	tdmr->pamt_2m = info->pamt_2m.base;
	tdmr->pamt_4k = info->pamt_4k.base;
	atomic_set(&tdmr->locked, 0);
}

static u64 read_tdmrs(u64 array, unsigned int num)
{
	unsigned int i;
	u64 status;

	for (i = 0; i < num; i++) {
		status = read_tdmr(array, i);
		if (status)
			return status;
		accept_tdmr(i);
	}
	return TDX_SUCCESS;
}

static u64 check_operands(const struct sim_regs *regs)
{
	if (!sim_shared_hpa(regs->rcx, TDMR_INFO_ALIGN))
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	if (!regs->rdx || regs->rdx > MAX_TDMRS)
		return TDX_OPERAND_INVALID | OPERAND_RDX;
	if (!sim_private_hkid(regs->r8))
		return TDX_OPERAND_INVALID | OPERAND_R8;
	return TDX_SUCCESS;
}

/*
 * RCX: an array of addresses of TDMR_INFOs; RDX: their number; R8: the global
 * private HKID
 */
u64 sim_sys_config(struct sim_regs *regs)
{
	u64 status;

	if (sim.state != SYSINIT_DONE || atomic_read(&sim.num_init_lps) < sim_num_lps())
		return TDX_SYS_CONFIG_NOT_PENDING;
	status = check_operands(regs) ?: read_tdmrs(regs->rcx, regs->rdx);
	if (status)
		return status;
	sim.hkid = regs->r8;
	sim.num_tdmrs = regs->rdx;
	WRITE_ONCE(sim.state, SYSCONFIG_DONE);
	return TDX_SUCCESS;
}
