// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the GiBs for each TDMR. Dynamic programming finds a choice that no
 * other one beats on these costs, compared in this order:
 *
 * 1. memory that is lost because of the limits, plus the PAMT for GiBs without
 *    any memory in the middle of a TDMR;
 * 2. memory that is also lost if the PAMT comes to lie in its own TDMR and takes
 *    a reserved area;
 * 3. memory that PAMTs take.
 *
 * The time grows with the number of TDMRs times the square of the number of
 * units (see below), which is negligible for the memory map of a machine.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "tdmr.h"

/*
 * A TDMR contains a unit as a whole or not at all. A unit is one GiB with some
 * usable memory, or a run of GiBs that are usable as a whole.
 */
struct unit {
	u64 start;
	u64 end;
	u64 usable;
	/* Index of the range that has the first usable byte */
	unsigned int first;
};

struct cost {
	u64 lost;
	u64 at_risk;
	u64 pamt;
};

/*
 * The best choice for the first n units with m TDMRs: its cost and its last
 * step
 */
struct step {
	struct cost cost;
	/*
	 * The number of units before that step, and whether it made a TDMR of
	 * the remaining ones
	 */
	unsigned int from;
	bool tdmr;
};

struct plan {
	const struct tdmr_ranges *usable;
	const struct tdmr_limits *limits;
	struct unit *units;
	unsigned int nr_units;
	unsigned int max_tdmrs;
	/* max_tdmrs + 1 rows of nr_units + 1 entries */
	struct step *steps;
};

/*
 * A TDMR that grows by one unit after the other. A fragment is usable memory
 * without a hole. A TDMR with n reserved areas can keep n - 1 fragments that
 * have a hole on both sides, and in addition those at its two ends. If there
 * are more, the smallest ones are lost.
 */
struct span {
	u64 base;
	u64 end;
	/* The size of all units in it */
	u64 covered;
	/* The last fragment so far */
	struct tdx_range last;
	bool hole_before_last;
	/*
	 * The largest fragments between two holes, in ascending order of size
	 */
	u64 kept[TDMR_MAX_RESERVED];
	unsigned int nr_kept;
	unsigned int max_kept;
	u64 lost;
};

struct tdmr_pamt_sizes tdmr_pamt_sizes(const struct tdmr_limits *limits, u64 size)
{
	return (struct tdmr_pamt_sizes){
		.of_4k = ALIGN((size / SZ_4K) * limits->pamt_4k_entry_size, SZ_4K),
		.of_2m = ALIGN((size / SZ_2M) * limits->pamt_2m_entry_size, SZ_4K),
		.of_1g = ALIGN((size / SZ_1G) * limits->pamt_1g_entry_size, SZ_4K),
	};
}

static u64 pamt_bytes(const struct tdmr_limits *limits, u64 size)
{
	struct tdmr_pamt_sizes sizes = tdmr_pamt_sizes(limits, size);

	return sizes.of_4k + sizes.of_2m + sizes.of_1g;
}

static void add_unit(struct plan *plan, u64 start, u64 end, u64 usable, unsigned int first)
{
	struct unit *last = plan->nr_units ? &plan->units[plan->nr_units - 1] : NULL;

	if (last && last->start == start)
		last->usable += usable;
	else
		plan->units[plan->nr_units++] = (struct unit){ start, end, usable, first };
}

static void make_units(struct plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->usable->nr; i++) {
		const struct tdx_range *range = &plan->usable->range[i];
		u64 start = range->start, stop, base;

		for (; start < range->end; start = stop) {
			base = ALIGN_DOWN(start, SZ_1G);
			if (base == start && range->end - start >= SZ_1G)
				stop = ALIGN_DOWN(range->end, SZ_1G);
			else
				stop = min(range->end, base + SZ_1G);
			add_unit(plan, base, ALIGN(stop, SZ_1G), stop - start, i);
		}
	}
}

static struct span span_start(const struct plan *plan, const struct unit *unit)
{
	return (struct span){
		.base = unit->start,
		.end = unit->start,
		.last = { unit->start, unit->start },
		.max_kept = plan->limits->max_reserved_per_tdmr - 1,
	};
}

/* Adds a fragment that has a hole on both sides. */
static void keep_fragment(struct span *span, u64 size)
{
	unsigned int i;

	if (!span->max_kept) {
		span->lost += size;
		return;
	}
	if (span->nr_kept == span->max_kept) {
		if (size <= span->kept[0]) {
			span->lost += size;
			return;
		}
		span->lost += span->kept[0];
		span->nr_kept--;
		memmove(span->kept, span->kept + 1, span->nr_kept * sizeof(*span->kept));
	}
	for (i = span->nr_kept++; i && span->kept[i - 1] > size; i--)
		span->kept[i] = span->kept[i - 1];
	span->kept[i] = size;
}

static void span_add(struct span *span, u64 start, u64 end)
{
	if (start != span->last.end) {
		if (span->hole_before_last)
			keep_fragment(span, span->last.end - span->last.start);
		span->last.start = start;
		span->hole_before_last = true;
	}
	span->last.end = end;
}

static void span_add_unit(struct span *span, const struct plan *plan, const struct unit *unit)
{
	const struct tdx_range *range = &plan->usable->range[unit->first];
	const struct tdx_range *end = plan->usable->range + plan->usable->nr;

	for (; range < end && range->start < unit->end; range++)
		span_add(span, max(range->start, unit->start), min(range->end, unit->end));
	span->end = unit->end;
	span->covered += unit->end - unit->start;
}

/*
 * @span is a copy, because a hole after the last fragment counts only if the
 * TDMR ends here.
 */
static struct cost span_cost(struct span span, const struct plan *plan)
{
	u64 size = span.end - span.base;
	struct cost cost;

	if (span.hole_before_last && span.last.end < span.end)
		keep_fragment(&span, span.last.end - span.last.start);
	cost.lost = span.lost + pamt_bytes(plan->limits, size - span.covered);
	cost.at_risk = span.max_kept && span.nr_kept == span.max_kept ? span.kept[0] : 0;
	cost.pamt = pamt_bytes(plan->limits, size);
	return cost;
}

static bool is_cheaper(const struct cost *a, const struct cost *b)
{
	if (a->lost != b->lost)
		return a->lost < b->lost;
	if (a->at_risk != b->at_risk)
		return a->at_risk < b->at_risk;
	return a->pamt < b->pamt;
}

static struct step *step_at(const struct plan *plan, unsigned int tdmrs, unsigned int units)
{
	return &plan->steps[(size_t)tdmrs * (plan->nr_units + 1) + units];
}

/* Takes the step if it is the cheapest one to that entry so far. */
static void consider(const struct step *from, struct step *to, const struct cost *more,
		     unsigned int unit, bool tdmr)
{
	const struct cost sum = {
		.lost = from->cost.lost + more->lost,
		.at_risk = from->cost.at_risk + more->at_risk,
		.pamt = from->cost.pamt + more->pamt,
	};

	if (is_cheaper(&sum, &to->cost))
		*to = (struct step){ sum, unit, tdmr };
}

/*
 * Considers each choice for this unit: no TDMR, or a TDMR that begins here and
 * has one or more units. The entries for this unit are final when this runs.
 */
static void consider_unit(const struct plan *plan, unsigned int unit)
{
	const struct cost skipped = { .lost = plan->units[unit].usable };
	struct span span = span_start(plan, &plan->units[unit]);
	unsigned int t, next;

	for (t = 0; t <= plan->max_tdmrs; t++)
		consider(step_at(plan, t, unit), step_at(plan, t, unit + 1), &skipped, unit,
			 false);
	for (next = unit; next < plan->nr_units; next++) {
		struct cost cost;

		span_add_unit(&span, plan, &plan->units[next]);
		cost = span_cost(span, plan);
		for (t = 0; t < plan->max_tdmrs; t++)
			consider(step_at(plan, t, unit), step_at(plan, t + 1, next + 1), &cost,
				 unit, true);
	}
}

static void find_best(const struct plan *plan)
{
	unsigned int t, unit;

	for (t = 0; t <= plan->max_tdmrs; t++) {
		for (unit = 1; unit <= plan->nr_units; unit++)
			step_at(plan, t, unit)->cost.lost = U64_MAX;
	}
	for (unit = 0; unit < plan->nr_units; unit++) {
		consider_unit(plan, unit);
		cond_resched();
	}
}

/*
 * The steps are found from the last one to the first, so reverse the TDMRs at
 * the end.
 */
static void backtrack(const struct plan *plan, struct tdmr_ranges *tdmrs)
{
	unsigned int i, t = plan->max_tdmrs, unit = plan->nr_units;

	while (unit) {
		const struct step *step = step_at(plan, t, unit);

		if (step->tdmr) {
			tdmrs->range[tdmrs->nr++] = (struct tdx_range){
				plan->units[step->from].start, plan->units[unit - 1].end
			};
			t--;
		}
		unit = step->from;
	}
	for (i = 0; i < tdmrs->nr / 2; i++)
		swap(tdmrs->range[i], tdmrs->range[tdmrs->nr - 1 - i]);
}

/*
 * @tdmrs becomes the list of TDMRs. Unlike in other sets, two of them may be
 * adjacent. The limits allow at least one TDMR and from 1 to TDMR_MAX_RESERVED
 * reserved areas.
 */
int tdmr_plan(struct tdmr_ranges *tdmrs, const struct tdmr_ranges *usable,
	      const struct tdmr_limits *limits)
{
	struct plan plan = { .usable = usable, .limits = limits };
	int err = -ENOMEM;

	/*
	 * A range makes three units at most: the GiB in which it begins, its
	 * whole GiBs, and the GiB in which it ends.
	 */
	plan.units = kvcalloc(3UL * usable->nr + 1, sizeof(*plan.units), GFP_KERNEL);
	if (!plan.units)
		return -ENOMEM;
	make_units(&plan);
	plan.max_tdmrs = min_t(unsigned int, limits->max_tdmrs, plan.nr_units);
	plan.steps = kvcalloc((plan.max_tdmrs + 1UL) * (plan.nr_units + 1UL),
			      sizeof(*plan.steps), GFP_KERNEL);
	if (plan.steps && !tdmr_ranges_alloc(tdmrs, plan.max_tdmrs)) {
		find_best(&plan);
		backtrack(&plan, tdmrs);
		err = 0;
	}
	kvfree(plan.steps);
	kvfree(plan.units);
	return err;
}
