/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of physical addresses: ranges in ascending order, none empty, with a gap before each
 * but the first.
 */
#ifndef VMXCORE_TDX_RANGE_H
#define VMXCORE_TDX_RANGE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "tdmr.h"

/* Where physical addresses end on any x86 CPU. Rounding up to a GiB cannot overflow below it. */
#define TDMR_PA_END	BIT_ULL(52)

/**
 * struct tdmr_ranges - a set
 * @range: an array
 * @nr: how many of it are in use
 */
struct tdmr_ranges {
	struct tdx_range *range;
	unsigned int nr;
};

int tdmr_ranges_alloc(struct tdmr_ranges *set, size_t room);
void tdmr_ranges_free(struct tdmr_ranges *set);
int tdmr_ranges_union(struct tdmr_ranges *set, const struct tdx_range *from, unsigned int nr);
int tdmr_ranges_intersect(struct tdmr_ranges *set, const struct tdmr_ranges *a,
			  const struct tdmr_ranges *b);
int tdmr_ranges_subtract(struct tdmr_ranges *set, const struct tdmr_ranges *a,
			 const struct tdmr_ranges *b);
void tdmr_ranges_to_pages(struct tdmr_ranges *set);
bool tdmr_ranges_contain(const struct tdmr_ranges *set, u64 start, u64 end);
u64 tdmr_ranges_size(const struct tdmr_ranges *set);

#endif
