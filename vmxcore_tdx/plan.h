/* SPDX-License-Identifier: GPL-2.0-only */
/* Which GiBs become which TDMR. */
#ifndef VMXCORE_TDX_PLAN_H
#define VMXCORE_TDX_PLAN_H

#include "range.h"

/**
 * struct tdmr_pamt_sizes - bytes of PAMT of one TDMR, in whole pages
 * @of_4k: for its pages
 * @of_2m: for its 2 MiB
 * @of_1g: for its GiBs
 */
struct tdmr_pamt_sizes {
	u64 of_4k;
	u64 of_2m;
	u64 of_1g;
};

struct tdmr_pamt_sizes tdmr_pamt_sizes(const struct tdmr_limits *limits, u64 size);
int tdmr_plan(struct tdmr_ranges *tdmrs, const struct tdmr_ranges *usable,
	      const struct tdmr_limits *limits);

#endif
