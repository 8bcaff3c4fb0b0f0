/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The input for TDMRs: a platform, an allocator for PAMTs, and pseudorandom
 * numbers
 */
#ifndef VMXCORE_KUNIT_TDMR_WORLD_H
#define VMXCORE_KUNIT_TDMR_WORLD_H

#include <kunit/test.h>
#include <linux/sizes.h>
#include <vmxcore_tdx/tdmr.h>

#include "chance.h"

#define MAX_RANGES	2304
#define MAX_TDMRS	64
#define PA_END		BIT_ULL(52)

/*
 * Convertible memory outside of the kernel's memory, from which PAMTs take no
 * usable memory
 */
#define POOL_START	BIT_ULL(51)
#define POOL_END	(BIT_ULL(51) + BIT_ULL(48))

/* The place from which the allocator takes a PAMT */
enum place {
	PLACE_NEAR,
	PLACE_LOWEST,
	PLACE_HIGHEST,
	PLACE_MIDDLE,
	PLACE_FAR,
	PLACE_ADJACENT,
	PLACE_RANDOM,
	PLACE_POOL,
	NR_PLACES,
};

/* The error that the allocator makes */
enum fault {
	FAULT_NONE,
	FAULT_UNALIGNED,
	FAULT_OUTSIDE,
	FAULT_ACROSS_EDGE,
	FAULT_TWICE,
	FAULT_OVERFLOW,
	NR_FAULTS,
};

struct world {
	struct kunit *test;
	struct tdx_range memory[MAX_RANGES];
	struct tdx_range cmrs[MAX_RANGES];
	unsigned int nr_memory;
	unsigned int nr_cmrs;
	struct tdmr_limits limits;
	u64 random;

	/* State of the allocator */
	enum place place;
	enum fault fault;
	unsigned int fail_at;
	unsigned int calls;
	unsigned int bad_frees;
	bool exhausted;
	struct tdx_range live[MAX_TDMRS];
	unsigned int nr_live;

	/* Scratch space */
	u64 points[8 * MAX_RANGES + 64 * MAX_TDMRS];
	unsigned int nr_points;
	struct tdx_range pieces[2 * MAX_RANGES + MAX_TDMRS];
	unsigned int nr_pieces;
};

/* An error, or a copy of the list's totals from before it was freed */
struct outcome {
	int err;
	struct tdmr_list list;
};

struct world *world_new(struct kunit *test);
void world_clear(struct world *world);
void world_memory(struct world *world, u64 start, u64 end);
void world_cmr(struct world *world, u64 start, u64 end);
void world_both(struct world *world, u64 start, u64 end);
struct tdmr_list *world_build(struct world *world);

u64 world_random(struct world *world);
u64 world_below(struct world *world, u64 limit);

bool covered(const struct tdx_range *ranges, unsigned int nr, u64 start, u64 end);
bool is_usable(const struct world *world, u64 start, u64 end);
void add_point(struct world *world, u64 point);
void input_points(struct world *world);
void sort_points(struct world *world);

const char *broken_rule(struct world *world, const struct tdmr_list *list);

void describe_world(struct world *world);
struct outcome run_failing_at(struct world *world, unsigned int fail_at);
struct outcome run(struct world *world);
struct outcome run_expecting(struct world *world, unsigned int nr, u64 left_out);
struct world *world_with_pool(struct kunit *test);
void reset_with_pool(struct world *world);

#endif
