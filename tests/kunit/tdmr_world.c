// SPDX-License-Identifier: GPL-2.0-only
/*
 * A platform, and an allocator of PAMTs that can behave badly in several ways.
 * It searches memory in the simplest possible way and shares no code with the
 * code under test.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "alloc.h"
#include "chance.h"
#include "tdmr_world.h"

/* The limits of current TDX modules */
static const struct tdmr_limits usual_limits = {
	.max_tdmrs = MAX_TDMRS,
	.max_reserved_per_tdmr = 16,
	.pamt_4k_entry_size = 16,
	.pamt_2m_entry_size = 16,
	.pamt_1g_entry_size = 16,
};

/* Keeps the state of the pseudorandom numbers. */
void world_clear(struct world *world)
{
	world->nr_memory = 0;
	world->nr_cmrs = 0;
	world->limits = usual_limits;
	world->place = PLACE_NEAR;
	world->fault = FAULT_NONE;
	world->fail_at = 0;
}

struct world *world_new(struct kunit *test)
{
	struct world *world = kunit_kzalloc(test, sizeof(*world), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, world);
	world->test = test;
	world->random = 1;
	world_clear(world);
	return world;
}

void world_memory(struct world *world, u64 start, u64 end)
{
	KUNIT_ASSERT_LT(world->test, world->nr_memory, MAX_RANGES);
	world->memory[world->nr_memory++] = (struct tdx_range){ start, end };
}

void world_cmr(struct world *world, u64 start, u64 end)
{
	KUNIT_ASSERT_LT(world->test, world->nr_cmrs, MAX_RANGES);
	world->cmrs[world->nr_cmrs++] = (struct tdx_range){ start, end };
}

/* Adds memory that the kernel has and that is convertible. */
void world_both(struct world *world, u64 start, u64 end)
{
	world_memory(world, start, end);
	world_cmr(world, start, end);
}

u64 world_random(struct world *world)
{
	return chance(&world->random);
}

/* Returns a number from 0 to @limit - 1. */
u64 world_below(struct world *world, u64 limit)
{
	return chance_below(&world->random, limit);
}

/* Checks whether each byte is in some range. The ranges may be in any order. */
bool covered(const struct tdx_range *ranges, unsigned int nr, u64 start, u64 end)
{
	unsigned int i;
	u64 at;

	do {
		at = start;
		for (i = 0; i < nr && start < end; i++) {
			if (ranges[i].start <= start && start < ranges[i].end)
				start = ranges[i].end;
		}
	} while (at < start && start < end);
	return start >= end;
}

/* Checks whether TDX can use these whole pages, apart from limits and PAMTs. */
bool is_usable(const struct world *world, u64 start, u64 end)
{
	return covered(world->memory, world->nr_memory, start, end) &&
	       covered(world->cmrs, world->nr_cmrs, start, end);
}

/*
 * Adds an address at which the properties of memory may change. A page counts
 * as a whole, so this adds both of its ends.
 */
void add_point(struct world *world, u64 point)
{
	if (point > PA_END)
		point = PA_END;
	KUNIT_ASSERT_LT(world->test, world->nr_points + 1, ARRAY_SIZE(world->points));
	world->points[world->nr_points++] = round_down(point, SZ_4K);
	world->points[world->nr_points++] = round_up(point, SZ_4K);
}

/* Starts again with the points of the platform. */
void input_points(struct world *world)
{
	unsigned int i;

	world->nr_points = 0;
	for (i = 0; i < world->nr_memory; i++) {
		add_point(world, world->memory[i].start);
		add_point(world, world->memory[i].end);
	}
	for (i = 0; i < world->nr_cmrs; i++) {
		add_point(world, world->cmrs[i].start);
		add_point(world, world->cmrs[i].end);
	}
}

static int ascending(const void *a, const void *b)
{
	u64 one = *(const u64 *)a, other = *(const u64 *)b;

	return one < other ? -1 : one > other;
}

void sort_points(struct world *world)
{
	sort(world->points, world->nr_points, sizeof(*world->points), ascending, NULL);
}

static bool is_live(const struct world *world, u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < world->nr_live; i++) {
		if (start < world->live[i].end && world->live[i].start < end)
			return true;
	}
	return false;
}

/* Lists the free memory for PAMTs in ascending order. */
static void find_pieces(struct world *world, bool pool)
{
	struct tdx_range *last = NULL;
	unsigned int i;

	input_points(world);
	for (i = 0; i < world->nr_live; i++) {
		add_point(world, world->live[i].start);
		add_point(world, world->live[i].end);
	}
	sort_points(world);
	world->nr_pieces = 0;
	for (i = 0; i + 1 < world->nr_points; i++) {
		u64 start = world->points[i], end = world->points[i + 1];
		bool in_pool = start >= POOL_START && end <= POOL_END;

		if (start == end || is_live(world, start, end) ||
		    !(pool ? in_pool && covered(world->cmrs, world->nr_cmrs, start, end) :
			     is_usable(world, start, end)))
			continue;
		if (last && last->end == start) {
			last->end = end;
		} else {
			last = &world->pieces[world->nr_pieces++];
			*last = (struct tdx_range){ start, end };
		}
	}
}

static u64 distance(u64 a, u64 b)
{
	return a < b ? b - a : a - b;
}

/* The piece with the smallest value is chosen. */
static u64 dislike(struct world *world, const struct tdx_range *piece, u64 near)
{
	switch (world->place) {
	case PLACE_NEAR:
		if (piece->start <= near && near < piece->end)
			return 0;
		return distance(piece->start, near) + 1;
	case PLACE_HIGHEST:
		return U64_MAX - piece->end;
	case PLACE_MIDDLE:
		return U64_MAX - (piece->end - piece->start);
	case PLACE_FAR:
		return U64_MAX - distance(piece->start, near);
	case PLACE_ADJACENT:
		if (!world->nr_live)
			return 0;
		return distance(piece->start, world->live[world->nr_live - 1].end);
	case PLACE_RANDOM:
		return world_random(world);
	default:
		return piece->start;
	}
}

static u64 place_in(struct world *world, const struct tdx_range *piece, u64 near, u64 size)
{
	u64 room = piece->end - piece->start - size;

	switch (world->place) {
	case PLACE_NEAR:
		return piece->start + min(room, near > piece->start ? near - piece->start : 0);
	case PLACE_HIGHEST:
		return piece->end - size;
	case PLACE_MIDDLE:
		return piece->start + round_down(room / 2, SZ_4K);
	case PLACE_RANDOM:
		return piece->start + SZ_4K * world_below(world, room / SZ_4K + 1);
	default:
		return piece->start;
	}
}

static const struct tdx_range *choose_piece(struct world *world, u64 near, u64 size)
{
	const struct tdx_range *best = NULL;
	u64 least = U64_MAX, how_little;
	unsigned int i;

	for (i = 0; i < world->nr_pieces; i++) {
		if (world->pieces[i].end - world->pieces[i].start < size)
			continue;
		how_little = dislike(world, &world->pieces[i], near);
		if (!best || how_little < least) {
			best = &world->pieces[i];
			least = how_little;
		}
	}
	return best;
}

static u64 spoil(const struct world *world, u64 base, u64 size)
{
	switch (world->fault) {
	case FAULT_UNALIGNED:
		return base + SZ_2K;
	case FAULT_OUTSIDE:
		return PA_END - SZ_1T;
	case FAULT_ACROSS_EDGE:
		return POOL_END - size + SZ_4K;
	case FAULT_TWICE:
		return world->nr_live ? world->live[0].end - SZ_4K : base;
	case FAULT_OVERFLOW:
		return round_down(U64_MAX, SZ_4K);
	default:
		return base;
	}
}

static int world_alloc(void *data, u64 near, u64 size, u64 *base)
{
	struct world *world = data;
	const struct tdx_range *piece;

	if (++world->calls == world->fail_at)
		return -EDQUOT;
	KUNIT_EXPECT_TRUE(world->test, size && IS_ALIGNED(size, SZ_4K));
	KUNIT_EXPECT_TRUE(world->test, is_usable(world, near, near + SZ_4K));
	find_pieces(world, world->place == PLACE_POOL);
	piece = choose_piece(world, near, size);
	if (!piece) {
		find_pieces(world, true);
		piece = choose_piece(world, near, size);
	}
	if (!piece || world->nr_live == MAX_TDMRS) {
		world->exhausted = true;
		return -ENOMEM;
	}
	*base = spoil(world, place_in(world, piece, near, size), size);
	world->live[world->nr_live++] = (struct tdx_range){ *base, *base + size };
	return 0;
}

static void world_free(void *data, u64 base, u64 size)
{
	struct world *world = data;
	unsigned int i;

	for (i = 0; i < world->nr_live; i++) {
		if (world->live[i].start == base && world->live[i].end == base + size) {
			world->live[i] = world->live[--world->nr_live];
			return;
		}
	}
	world->bad_frees++;
}

struct tdmr_list *world_build(struct world *world)
{
	const struct tdmr_platform platform = {
		.memory = world->memory,
		.nr_memory = world->nr_memory,
		.cmrs = world->cmrs,
		.nr_cmrs = world->nr_cmrs,
		.limits = world->limits,
	};
	const struct tdmr_allocator allocator = { world_alloc, world_free, world };

	world->calls = 0;
	world->bad_frees = 0;
	world->nr_live = 0;
	world->exhausted = false;
	return tdmr_list_build(&platform, &allocator);
}
