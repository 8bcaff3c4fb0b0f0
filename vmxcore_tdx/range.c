// SPDX-License-Identifier: GPL-2.0-only
/* Operations on sets of physical addresses */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "tdmr.h"

int tdmr_ranges_alloc(struct tdmr_ranges *set, size_t room)
{
	set->nr = 0;
	set->range = kvcalloc(max_t(size_t, room, 1), sizeof(*set->range), GFP_KERNEL);
	return set->range ? 0 : -ENOMEM;
}

/* A set that is all zeroes is valid input. */
void tdmr_ranges_free(struct tdmr_ranges *set)
{
	kvfree(set->range);
	set->range = NULL;
	set->nr = 0;
}

/*
 * The caller appends in ascending order of @start. A range that touches the
 * last one extends it.
 */
static void append_range(struct tdmr_ranges *set, u64 start, u64 end)
{
	struct tdx_range *last = set->nr ? &set->range[set->nr - 1] : NULL;

	if (start >= end)
		return;
	if (last && start <= last->end)
		last->end = max(last->end, end);
	else
		set->range[set->nr++] = (struct tdx_range){ start, end };
}

static int compare_start(const void *a, const void *b)
{
	const struct tdx_range *one = a, *other = b;

	if (one->start == other->start)
		return 0;
	return one->start < other->start ? -1 : 1;
}

/*
 * Ignores addresses from TDMR_PA_END on. The ranges of @from may be in any
 * order and overlap.
 */
int tdmr_ranges_union(struct tdmr_ranges *set, const struct tdx_range *from, unsigned int nr)
{
	unsigned int i, count = 0;

	if (tdmr_ranges_alloc(set, nr))
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct tdx_range clipped = { from[i].start, min_t(u64, from[i].end, TDMR_PA_END) };

		if (clipped.start < clipped.end)
			set->range[count++] = clipped;
	}
	sort(set->range, count, sizeof(*set->range), compare_start, NULL);
	/*
	 * Merging in place is safe because it never writes beyond the range it
	 * has read.
	 */
	for (i = 0; i < count; i++)
		append_range(set, set->range[i].start, set->range[i].end);
	return 0;
}

int tdmr_ranges_intersect(struct tdmr_ranges *set, const struct tdmr_ranges *a,
			  const struct tdmr_ranges *b)
{
	unsigned int i = 0, j = 0;

	if (tdmr_ranges_alloc(set, (size_t)a->nr + b->nr))
		return -ENOMEM;
	while (i < a->nr && j < b->nr) {
		append_range(set, max(a->range[i].start, b->range[j].start),
			     min(a->range[i].end, b->range[j].end));
		if (a->range[i].end < b->range[j].end)
			i++;
		else
			j++;
	}
	return 0;
}

int tdmr_ranges_subtract(struct tdmr_ranges *set, const struct tdmr_ranges *a,
			 const struct tdmr_ranges *b)
{
	unsigned int i, j, first = 0;

	if (tdmr_ranges_alloc(set, (size_t)a->nr + b->nr))
		return -ENOMEM;
	for (i = 0; i < a->nr; i++) {
		u64 start = a->range[i].start;

		while (first < b->nr && b->range[first].end <= start)
			first++;
		for (j = first; j < b->nr && b->range[j].start < a->range[i].end; j++) {
			append_range(set, start, b->range[j].start);
			start = b->range[j].end;
		}
		append_range(set, start, a->range[i].end);
	}
	return 0;
}

/* Drops the parts of @set that are not whole pages. */
void tdmr_ranges_to_pages(struct tdmr_ranges *set)
{
	unsigned int i, count = set->nr;

	set->nr = 0;
	for (i = 0; i < count; i++)
		append_range(set, ALIGN(set->range[i].start, PAGE_SIZE),
			     ALIGN_DOWN(set->range[i].end, PAGE_SIZE));
}

bool tdmr_ranges_contain(const struct tdmr_ranges *set, u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++) {
		if (set->range[i].start <= start && end <= set->range[i].end)
			return true;
	}
	return false;
}

u64 tdmr_ranges_size(const struct tdmr_ranges *set)
{
	unsigned int i;
	u64 size = 0;

	for (i = 0; i < set->nr; i++)
		size += set->range[i].end - set->range[i].start;
	return size;
}
