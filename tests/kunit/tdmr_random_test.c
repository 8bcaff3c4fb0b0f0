// SPDX-License-Identifier: GPL-2.0-only
/* TDMRs of pseudorandom maps, which are the same for the same seed */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/minmax.h>

#include "tdmr_world.h"

#define NR_RANDOM_MAPS	2000
#define NR_SMALL_MAPS	1000

/* A size from a page to some TiB, with the same probability for each magnitude */
static u64 random_size(struct world *world)
{
	return world_below(world, 2ULL << (12 + world_below(world, 29)));
}

/* An address from @at on, often at an edge case */
static u64 random_edge(struct world *world, u64 at)
{
	switch (world_below(world, 6)) {
	case 0:
		return round_up(at, SZ_1G);
	case 1:
		return round_up(at, SZ_1G) + SZ_4K;
	case 2:
		return round_up(at + SZ_4K, SZ_1G) - SZ_4K;
	case 3:
		return round_up(at, SZ_512M);
	case 4:
		return at;
	default:
		return round_up(at, SZ_4K);
	}
}

/* Makes part of a range convertible. */
static void random_cmr(struct world *world, u64 start, u64 end)
{
	u64 middle = start + world_below(world, end - start + 1);

	switch (world_below(world, 8)) {
	case 0:
		break;
	case 1:
		world_cmr(world, middle, end + SZ_1G);
		break;
	case 2:
		world_cmr(world, round_down(start, SZ_1G), middle);
		break;
	case 3:
		world_cmr(world, middle, end);
		world_cmr(world, start, middle);
		break;
	case 4:
		world_cmr(world, start, middle);
		world_cmr(world, middle + SZ_4K, end);
		break;
	default:
		world_cmr(world, start, end);
	}
}

static void random_memory(struct world *world, unsigned int nr)
{
	u64 start, end = world_below(world, 2) * random_size(world);

	for (; nr; nr--) {
		start = random_edge(world, end + (world_below(world, 4) ? random_size(world) : 0));
		end = random_edge(world, start + random_size(world));
		world_memory(world, start, end);
		/* Some ranges are added twice and overlap. */
		if (!world_below(world, 16))
			world_memory(world, start - min(start, (u64)SZ_1M), end);
		random_cmr(world, start, end);
	}
}

static void shuffle(struct world *world, struct tdx_range *ranges, unsigned int nr)
{
	for (; nr > 1; nr--)
		swap(ranges[nr - 1], ranges[world_below(world, nr)]);
}

static void random_limits(struct world *world)
{
	static const u16 tdmrs[] = { 1, 2, 3, 5, 8, 64 };
	static const u16 reserved[] = { 1, 2, 3, 5, 16, 16 };

	world->limits.max_tdmrs = tdmrs[world_below(world, ARRAY_SIZE(tdmrs))];
	world->limits.max_reserved_per_tdmr = reserved[world_below(world, ARRAY_SIZE(reserved))];
	if (!world_below(world, 4))
		world->limits.pamt_4k_entry_size = 1 + world_below(world, 100);
	world->place = world_below(world, NR_PLACES);
}

static bool anything_usable(struct world *world)
{
	unsigned int i;

	input_points(world);
	sort_points(world);
	for (i = 0; i + 1 < world->nr_points; i++) {
		if (world->points[i] < world->points[i + 1] &&
		    is_usable(world, world->points[i], world->points[i + 1]))
			return true;
	}
	return false;
}

static void random_maps(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int i, built = 0, left_out = 0;

	kunit_info(test, "seed %lu", chance_seed);
	world->random = chance_seed;
	for (i = 0; i < NR_RANDOM_MAPS; i++) {
		struct outcome outcome;

		world_clear(world);
		random_limits(world);
		random_memory(world, 1 + world_below(world, i % 8 ? 8 : 48));
		world_cmr(world, POOL_START, POOL_END);
		shuffle(world, world->memory, world->nr_memory);
		shuffle(world, world->cmrs, world->nr_cmrs);
		outcome = run(world);
		built += !outcome.err;
		left_out += outcome.list.left_out && !outcome.err;
		if (outcome.err == -ENOSPC)
			KUNIT_ASSERT_TRUE(test, world->limits.max_reserved_per_tdmr == 1 ||
					  !anything_usable(world));
		else if (outcome.err)
			KUNIT_ASSERT_TRUE(test, outcome.err == -ENOMEM && world->exhausted);
	}
	kunit_info(test, "%u maps, %u with TDMRs, %u with memory left out", i, built, left_out);
	KUNIT_EXPECT_GT(test, built, NR_RANDOM_MAPS * 3 / 4);
	KUNIT_EXPECT_GT(test, left_out, NR_RANDOM_MAPS / 20);
}

/* Nothing is left out as long as no limit is reached, wherever PAMTs are. */
static void roomy_random_maps(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int i;

	kunit_info(test, "seed %lu", chance_seed);
	world->random = ~(u64)chance_seed;
	for (i = 0; i < NR_RANDOM_MAPS; i++) {
		struct outcome outcome;

		world_clear(world);
		world->place = world_below(world, NR_PLACES);
		random_memory(world, 1 + world_below(world, 3));
		world_cmr(world, POOL_START, POOL_END);
		outcome = run(world);
		KUNIT_ASSERT_TRUE(test, !outcome.err || outcome.err == -ENOSPC);
		if (outcome.list.left_out)
			describe_world(world);
		KUNIT_ASSERT_EQ(test, outcome.list.left_out, 0);
	}
}

/*
 * A small platform has five GiBs of eight pieces each. A mask has one bit for
 * each piece.
 */
#define SMALL_GIBS	5
#define SMALL_PIECE	SZ_128M

/* The PAMT for empty GiBs in the middle of a TDMR */
static u64 small_gap(u64 mask, unsigned int from, unsigned int to)
{
	u64 pamt = 0;

	for (; from < to; from++) {
		if (!(mask >> (8 * from) & 0xff))
			pamt += SZ_4M + SZ_8K;
	}
	return pamt ? pamt + SZ_4K : 0;
}

/* The memory that one TDMR loses */
static u64 small_loss(u64 mask, unsigned int from, unsigned int to, unsigned int max)
{
	unsigned int sizes[SMALL_GIBS * 8] = {}, bit, run = 0, lost = 0, kept = max - 1;
	bool hole_before = false;

	for (bit = 8 * from; bit < 8 * to; bit++) {
		if (mask >> bit & 1) {
			run++;
			continue;
		}
		if (run && hole_before)
			sizes[run]++;
		hole_before = true;
		run = 0;
	}
	for (run = SMALL_GIBS * 8 - 1; run; run--) {
		lost += run * (sizes[run] - min(kept, sizes[run]));
		kept -= min(kept, sizes[run]);
	}
	return (u64)lost * SMALL_PIECE + small_gap(mask, from, to);
}

/*
 * The loss of one of all possible choices: each GiB begins a TDMR, belongs to
 * the TDMR before it, or is in none.
 */
static u64 small_way(struct world *world, u64 mask, unsigned int way)
{
	unsigned int gib, from = 0, tdmrs = 0;
	bool in_tdmr = false;
	u64 lost = 0;

	for (gib = 0; gib <= SMALL_GIBS; gib++, way /= 3) {
		unsigned int what = gib < SMALL_GIBS ? way % 3 : 0;

		if (in_tdmr && what != 2)
			lost += small_loss(mask, from, gib, world->limits.max_reserved_per_tdmr);
		if (!what && gib < SMALL_GIBS)
			lost += (u64)hweight8(mask >> (8 * gib) & 0xff) * SMALL_PIECE;
		if (what == 1 || (what == 2 && !in_tdmr)) {
			from = gib;
			tdmrs++;
		}
		in_tdmr = what;
	}
	return tdmrs <= world->limits.max_tdmrs ? lost : U64_MAX;
}

static u64 small_best(struct world *world, u64 mask)
{
	unsigned int way;
	u64 best = U64_MAX;

	for (way = 0; way < 3 * 3 * 3 * 3 * 3; way++)
		best = min(best, small_way(world, mask, way));
	return best;
}

static u64 small_result(struct world *world, u64 mask)
{
	struct tdmr_list *list = world_build(world);
	unsigned int i;
	u64 lost;

	if (IS_ERR(list))
		return (u64)hweight64(mask) * SMALL_PIECE;
	lost = list->left_out;
	for (i = 0; i < list->nr; i++)
		lost += small_gap(mask, list->tdmrs[i].base / SZ_1G,
				  (list->tdmrs[i].base + list->tdmrs[i].size) / SZ_1G);
	tdmr_list_free(list);
	return lost;
}

static u64 small_mask(struct world *world)
{
	u64 mask = world_random(world) >> (64 - SMALL_GIBS * 8);

	/* Make larger pieces, full GiBs and empty GiBs likely. */
	if (world_below(world, 2))
		mask |= mask << 1 & (BIT_ULL(SMALL_GIBS * 8) - 1);
	if (world_below(world, 2))
		mask |= 0xffULL << (8 * world_below(world, SMALL_GIBS));
	if (world_below(world, 2))
		mask &= ~(0xffULL << (8 * world_below(world, SMALL_GIBS)));
	return mask;
}

static void small_world(struct world *world, u64 mask)
{
	unsigned int bit;

	reset_with_pool(world);
	for (bit = 0; bit < SMALL_GIBS * 8; bit++) {
		u64 start = bit * (u64)SMALL_PIECE;

		if (mask >> bit & 1)
			world_both(world, start, start + SMALL_PIECE);
	}
	world->limits.max_tdmrs = 1 + world_below(world, 4);
	world->limits.max_reserved_per_tdmr = 1 + world_below(world, 5);
}

/* Compares the result with all other choices of TDMRs. */
static void nothing_is_better(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int i;

	kunit_info(test, "seed %lu", chance_seed);
	world->random = chance_seed;
	for (i = 0; i < NR_SMALL_MAPS; i++) {
		u64 mask = small_mask(world);

		small_world(world, mask);
		run(world);
		KUNIT_ASSERT_EQ_MSG(test, small_result(world, mask), small_best(world, mask),
				    "map %#llx, at most %u TDMRs and %u reserved areas", mask,
				    world->limits.max_tdmrs, world->limits.max_reserved_per_tdmr);
	}
}

static struct kunit_case tdmr_random_cases[] = {
	KUNIT_CASE(roomy_random_maps),
	KUNIT_CASE(random_maps),
	KUNIT_CASE(nothing_is_better),
	{}
};

static struct kunit_suite tdmr_random_suite = {
	.name = "tdmr_random",
	.test_cases = tdmr_random_cases,
};

kunit_test_suite(tdmr_random_suite);
