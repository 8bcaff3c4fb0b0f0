// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules for TDMRs: those of Intel's specification, which the TDX module
 * enforces, and our own, that all memory is accounted for. This file shares no
 * code with the code under test.
 */
#include <linux/align.h>

#include "tdmr_world.h"

/* Returns the name of the rule if it is broken. */
#define RULE(condition, name)		\
	do {				\
		if (!(condition))	\
			return name;	\
	} while (0)

/* The properties of a range of memory */
struct kind {
	bool usable;
	bool cmr;
	unsigned int tdmrs;
	unsigned int reserved;
	unsigned int pamts;
};

static u64 end_of(const struct tdmr_info *tdmr)
{
	return tdmr->base + tdmr->size;
}

static const char *broken_tdmr(const struct tdmr_list *list, unsigned int i)
{
	const struct tdmr_info *tdmr = &list->tdmrs[i];

	RULE(IS_ALIGNED((unsigned long)tdmr, 512), "TDMR_INFO is aligned to 512 bytes");
	RULE(tdmr->size, "a TDMR is not empty");
	RULE(IS_ALIGNED(tdmr->base, SZ_1G), "a TDMR begins at a GiB");
	RULE(IS_ALIGNED(tdmr->size, SZ_1G), "a TDMR has whole GiBs");
	RULE(tdmr->base < PA_END && tdmr->size <= PA_END - tdmr->base, "a TDMR is physical memory");
	RULE(!i || end_of(tdmr - 1) <= tdmr->base, "TDMRs ascend and do not overlap");
	return NULL;
}

static const char *broken_reserved(const struct tdmr_info *tdmr, unsigned int max)
{
	u64 before = 0;
	unsigned int i;

	for (i = 0; i < TDMR_MAX_RESERVED; i++) {
		const struct tdmr_reserved *area = &tdmr->reserved[i];

		if (!area->size) {
			RULE(!area->offset, "a null reserved area is all zero");
			continue;
		}
		RULE(i < max, "no more reserved areas than there may be");
		RULE(!i || area[-1].size, "null reserved areas come last");
		RULE(IS_ALIGNED(area->offset, SZ_4K), "a reserved area begins at a page");
		RULE(IS_ALIGNED(area->size, SZ_4K), "a reserved area has whole pages");
		RULE(area->offset >= before, "reserved areas ascend and do not overlap");
		RULE(area->offset < tdmr->size && area->size <= tdmr->size - area->offset,
		     "a reserved area is in its TDMR");
		before = area->offset + area->size;
	}
	return NULL;
}

static const char *broken_pamt(u64 base, u64 size, u64 entries, u16 entry_size)
{
	RULE(IS_ALIGNED(base, SZ_4K), "a PAMT begins at a page");
	RULE(IS_ALIGNED(size, SZ_4K), "a PAMT has whole pages");
	RULE(size >= entries * entry_size, "a PAMT is large enough");
	RULE(size < entries * entry_size + SZ_4K, "a PAMT is no larger than it must be");
	RULE(base < PA_END && size <= PA_END - base, "a PAMT is physical memory");
	return NULL;
}

static const char *broken_pamts(const struct world *world, const struct tdmr_info *tdmr)
{
	const struct tdmr_limits *limits = &world->limits;
	u64 total = tdmr->pamt_4k_size + tdmr->pamt_2m_size + tdmr->pamt_1g_size;
	struct tdx_range chunk = tdmr_pamt(tdmr);
	const char *rule;
	unsigned int i;

	rule = broken_pamt(tdmr->pamt_4k_base, tdmr->pamt_4k_size, tdmr->size >> 12,
			   limits->pamt_4k_entry_size);
	if (!rule)
		rule = broken_pamt(tdmr->pamt_2m_base, tdmr->pamt_2m_size, tdmr->size >> 21,
				   limits->pamt_2m_entry_size);
	if (!rule)
		rule = broken_pamt(tdmr->pamt_1g_base, tdmr->pamt_1g_size, tdmr->size >> 30,
				   limits->pamt_1g_entry_size);
	RULE(!rule, rule);
	for (i = 0; i < world->nr_live; i++) {
		if (world->live[i].start == chunk.start && world->live[i].end == chunk.end)
			break;
	}
	RULE(i < world->nr_live && chunk.end - chunk.start == total,
	     "the PAMTs of a TDMR are one allocated chunk");
	return NULL;
}

static const char *broken_entries(struct world *world, const struct tdmr_list *list)
{
	const char *rule = NULL;
	unsigned int i, max = world->limits.max_reserved_per_tdmr;

	RULE(list->nr, "there is a TDMR");
	RULE(list->nr <= world->limits.max_tdmrs, "no more TDMRs than there may be");
	RULE(list->nr == world->nr_live, "no chunk without a TDMR");
	for (i = 0; i < list->nr && !rule; i++) {
		rule = broken_tdmr(list, i);
		if (!rule)
			rule = broken_reserved(&list->tdmrs[i], max);
		if (!rule)
			rule = broken_pamts(world, &list->tdmrs[i]);
	}
	return rule;
}

static void result_points(struct world *world, const struct tdmr_info *tdmr)
{
	unsigned int i;

	add_point(world, tdmr->base);
	add_point(world, end_of(tdmr));
	add_point(world, tdmr->pamt_4k_base);
	add_point(world, tdmr->pamt_4k_base + tdmr->pamt_4k_size);
	add_point(world, tdmr->pamt_2m_base);
	add_point(world, tdmr->pamt_2m_base + tdmr->pamt_2m_size);
	add_point(world, tdmr->pamt_1g_base);
	add_point(world, tdmr->pamt_1g_base + tdmr->pamt_1g_size);
	for (i = 0; i < TDMR_MAX_RESERVED; i++) {
		add_point(world, tdmr->base + tdmr->reserved[i].offset);
		add_point(world, tdmr->base + tdmr->reserved[i].offset + tdmr->reserved[i].size);
	}
}

static bool within(u64 at, u64 base, u64 size)
{
	return base <= at && at - base < size;
}

static struct kind kind_of(struct world *world, const struct tdmr_list *list, u64 start, u64 end)
{
	struct kind kind = {
		.usable = is_usable(world, start, end),
		.cmr = covered(world->cmrs, world->nr_cmrs, start, end),
	};
	unsigned int i, j;

	for (i = 0; i < list->nr; i++) {
		const struct tdmr_info *tdmr = &list->tdmrs[i];

		kind.tdmrs += within(start, tdmr->base, tdmr->size);
		kind.pamts += within(start, tdmr->pamt_4k_base, tdmr->pamt_4k_size);
		kind.pamts += within(start, tdmr->pamt_2m_base, tdmr->pamt_2m_size);
		kind.pamts += within(start, tdmr->pamt_1g_base, tdmr->pamt_1g_size);
		for (j = 0; j < TDMR_MAX_RESERVED; j++)
			kind.reserved += within(start, tdmr->base + tdmr->reserved[j].offset,
						tdmr->reserved[j].size);
	}
	return kind;
}

static const char *broken_kind(const struct kind *kind)
{
	bool available = kind->tdmrs && !kind->reserved;

	RULE(kind->tdmrs <= 1, "no memory is in two TDMRs");
	RULE(kind->reserved <= kind->tdmrs, "no memory is reserved twice, or outside of TDMRs");
	RULE(kind->pamts <= 1, "no memory is in two PAMTs");
	RULE(!kind->pamts || kind->cmr, "a PAMT is in convertible memory");
	RULE(!available || !kind->pamts, "a PAMT in a TDMR is reserved");
	RULE(!available || kind->cmr, "what is not reserved is convertible");
	RULE(!available || kind->usable, "what is not reserved is the kernel's");
	return NULL;
}

static const char *broken_sums(const struct tdmr_list *list, const struct tdmr_list *sums)
{
	RULE(list->convertible == sums->convertible, "convertible memory is counted");
	RULE(list->usable == sums->usable, "usable memory is counted");
	RULE(list->left_out == sums->left_out, "memory that is left out is counted");
	RULE(list->pamt_taken == sums->pamt_taken, "memory that PAMTs take is counted");
	RULE(list->pamt == sums->pamt, "PAMTs are counted");
	RULE(list->usable + list->left_out + list->pamt_taken == list->convertible,
	     "all convertible memory is somewhere");
	RULE(list->memory >= list->convertible, "memory is counted");
	return NULL;
}

/* Returns the first rule that @list breaks, or NULL. */
const char *broken_rule(struct world *world, const struct tdmr_list *list)
{
	const char *rule = broken_entries(world, list);
	struct tdmr_list sums = {};
	unsigned int i;

	input_points(world);
	for (i = 0; i < list->nr; i++)
		result_points(world, &list->tdmrs[i]);
	sort_points(world);
	for (i = 0; i + 1 < world->nr_points && !rule; i++) {
		u64 start = world->points[i], size = world->points[i + 1] - start;
		struct kind kind;

		if (!size)
			continue;
		kind = kind_of(world, list, start, start + size);
		rule = broken_kind(&kind);
		sums.convertible += kind.usable ? size : 0;
		sums.usable += kind.tdmrs && !kind.reserved ? size : 0;
		sums.pamt += kind.pamts ? size : 0;
		sums.pamt_taken += kind.usable && kind.pamts ? size : 0;
	}
	sums.left_out = sums.convertible - sums.usable - sums.pamt_taken;
	return rule ?: broken_sums(list, &sums);
}
