// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDMRs of maps made by hand: checks the expected result and all rules
 * (tdmr_check.c).
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "alloc.h"
#include "tdmr_world.h"

static void one_range(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	const struct tdmr_info want = {
		.base = SZ_1G,
		.size = 2ULL * SZ_1G,
		.pamt_4k_base = POOL_START,
		.pamt_4k_size = 2 * SZ_4M,
		.pamt_2m_base = POOL_START + 2 * SZ_4M,
		.pamt_2m_size = 2 * SZ_8K,
		.pamt_1g_base = POOL_START + 2 * SZ_4M + 2 * SZ_8K,
		.pamt_1g_size = SZ_4K,
	};
	struct tdmr_list *list;

	world_both(world, SZ_1G, 3ULL * SZ_1G);
	list = world_build(world);
	KUNIT_ASSERT_FALSE(test, IS_ERR(list));
	KUNIT_EXPECT_EQ(test, list->nr, 1);
	KUNIT_EXPECT_MEMEQ(test, list->tdmrs, &want, sizeof(want));
	KUNIT_EXPECT_EQ(test, list->usable, 2ULL * SZ_1G);
	KUNIT_EXPECT_EQ(test, list->memory, 2ULL * SZ_1G);
	KUNIT_EXPECT_EQ(test, list->pamt_taken, 0);
	tdmr_list_free(list);
	run_expecting(world, 1, 0);
}

static void one_range_with_its_pamt(struct kunit *test)
{
	struct world *world = world_new(test);
	struct outcome outcome;

	world_both(world, SZ_1G, 3ULL * SZ_1G);
	for (world->place = 0; world->place < PLACE_POOL; world->place++) {
		outcome = run_expecting(world, 1, 0);
		KUNIT_EXPECT_EQ(test, outcome.list.pamt_taken, outcome.list.pamt);
	}
}

static void no_memory(struct kunit *test)
{
	struct world *world = world_new(test);

	KUNIT_EXPECT_EQ(test, run(world).err, -ENOSPC);
	world_memory(world, SZ_1G, 2ULL * SZ_1G);
	KUNIT_EXPECT_EQ(test, run(world).err, -ENOSPC);
	world_cmr(world, 2ULL * SZ_1G, 3ULL * SZ_1G);
	KUNIT_EXPECT_EQ(test, run(world).err, -ENOSPC);
	/* Both ranges together are a page, but neither has a whole one. */
	world_both(world, 2ULL * SZ_1G + 1, 2ULL * SZ_1G + SZ_4K);
	KUNIT_EXPECT_EQ(test, run(world).err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, world->calls, 0);
	tdmr_list_free(NULL);
}

static void bad_limits(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	const struct tdmr_limits good = world->limits;
	u16 *limit = (u16 *)&world->limits;
	unsigned int i;

	world_both(world, 0, SZ_1G);
	for (i = 0; i < sizeof(good) / sizeof(*limit); i++) {
		world->limits = good;
		limit[i] = 0;
		KUNIT_EXPECT_EQ(test, run(world).err, -EINVAL);
	}
	for (i = 0; i < sizeof(good) / sizeof(*limit); i++) {
		world->limits = good;
		limit[i] = U16_MAX;
		run_expecting(world, 1, 0);
	}
}

static void pamt_entry_sizes(struct kunit *test)
{
	static const u16 sizes[] = { 1, 2, 7, 16, 24, 511, U16_MAX };
	struct world *world = world_with_pool(test);
	unsigned int i, j;

	world_both(world, SZ_512M, 5ULL * SZ_1G + SZ_4K);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			world->limits.pamt_4k_entry_size = sizes[i];
			world->limits.pamt_2m_entry_size = sizes[j];
			world->limits.pamt_1g_entry_size = sizes[(i + j) % ARRAY_SIZE(sizes)];
			run_expecting(world, 1, 0);
		}
	}
}

/*
 * Ranges that begin and end at an edge, a page before it, and a page after it
 */
static void edges(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int from, to;

	for (from = 3; from < 12; from++) {
		for (to = from; to < 18; to++) {
			u64 start = from / 3 * (u64)SZ_512M + from % 3 * SZ_4K - SZ_4K;
			u64 end = to / 3 * (u64)SZ_512M + to % 3 * SZ_4K - SZ_4K;

			reset_with_pool(world);
			world_both(world, start, end);
			if (start == end)
				KUNIT_EXPECT_EQ(test, run(world).err, -ENOSPC);
			else
				run_expecting(world, 1, 0);
		}
	}
}

static void edges_with_pamt(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int from, to;

	for (from = 3; from < 12; from++) {
		for (to = from + 3; to < 18; to++) {
			u64 start = from / 3 * (u64)SZ_512M + from % 3 * SZ_4K - SZ_4K;
			u64 end = to / 3 * (u64)SZ_512M + to % 3 * SZ_4K - SZ_4K;

			world_clear(world);
			world_both(world, start, end);
			for (world->place = 0; world->place < PLACE_POOL; world->place++)
				run_expecting(world, 1, 0);
		}
	}
}

static void less_than_pages(struct kunit *test)
{
	struct world *world = world_with_pool(test);

	/* Half a page at either end */
	world_both(world, SZ_1G + SZ_2K, SZ_1G + 5 * SZ_4K + SZ_2K);
	KUNIT_EXPECT_EQ(test, run_expecting(world, 1, 0).list.usable, 4 * SZ_4K);
	/* The other half of the page at the end */
	world_both(world, SZ_1G + 5 * SZ_4K + SZ_2K, SZ_1G + 7 * SZ_4K + 1);
	KUNIT_EXPECT_EQ(test, run_expecting(world, 1, 0).list.usable, 6 * SZ_4K);
	/* One byte is missing between the ranges. */
	world_both(world, SZ_1G + 7 * SZ_4K + 2, SZ_1G + 9 * SZ_4K);
	KUNIT_EXPECT_EQ(test, run_expecting(world, 1, 0).list.usable, 7 * SZ_4K);
}

static void tiny_ranges(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	u64 i;

	for (i = 0; i < 15; i++)
		world_both(world, SZ_1G + i * SZ_8K, SZ_1G + i * SZ_8K + SZ_4K);
	run_expecting(world, 1, 0);
	for (i = 5; i < 68; i++)
		world_both(world, i * SZ_2G + SZ_1M, i * SZ_2G + SZ_1M + SZ_4K);
	run_expecting(world, 64, 0);
	/*
	 * One range more than TDMRs: a larger TDMR would cost more PAMT for the
	 * gap than it adds.
	 */
	world_both(world, 3ULL * SZ_1G, 3ULL * SZ_1G + SZ_4K);
	run_expecting(world, 64, SZ_4K);
	/* A range in an adjacent GiB leaves no gap. */
	world_both(world, 0, SZ_4K);
	run_expecting(world, 64, SZ_4K);
}

static void disorder(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	u64 g = SZ_1G;

	world_memory(world, 7 * g, 8 * g);
	world_memory(world, 2 * g, 4 * g);
	world_memory(world, 3 * g, 5 * g);
	world_memory(world, 2 * g, 4 * g);
	world_memory(world, 5 * g, 6 * g);
	world_memory(world, 6 * g, 6 * g);
	world_memory(world, 9 * g, 8 * g);
	world_memory(world, 0, 0);
	world_cmr(world, 7 * g + SZ_1M, 10 * g);
	world_cmr(world, 4 * g + SZ_2M, 6 * g);
	world_cmr(world, 0, 4 * g + SZ_2M);
	world_cmr(world, 20 * g, 19 * g);
	KUNIT_EXPECT_EQ(test, run_expecting(world, 2, 0).list.usable, 5 * g - SZ_1M);
}

static void adjacent_cmrs(struct kunit *test)
{
	struct world *world = world_new(test);
	u64 i;

	/* A PAMT of 4 MiB is larger than any of these CMRs. */
	for (i = 0; i < 512; i++)
		world_cmr(world, SZ_1G + i * SZ_2M, SZ_1G + (i + 1) * SZ_2M);
	world_memory(world, SZ_1G, SZ_2G);
	for (world->place = 0; world->place < PLACE_POOL; world->place++)
		run_expecting(world, 1, 0);
}

static void outside_of_cmrs(struct kunit *test)
{
	struct world *world = world_new(test);
	struct outcome outcome;

	world_memory(world, 0, 16ULL * SZ_1G);
	world_cmr(world, SZ_1M, SZ_2G - SZ_16M);
	world_cmr(world, 4ULL * SZ_1G, 12ULL * SZ_1G);
	world_cmr(world, 100ULL * SZ_1G, 200ULL * SZ_1G);
	for (world->place = 0; world->place < PLACE_POOL; world->place++) {
		outcome = run_expecting(world, 2, 0);
		KUNIT_EXPECT_EQ(test, outcome.list.memory, 16ULL * SZ_1G);
		KUNIT_EXPECT_EQ(test, outcome.list.convertible, 10ULL * SZ_1G - SZ_1M - SZ_16M);
	}
}

/* With gaps of 1, 2, 3... GiB, TDMRs span the smallest ones. */
static void more_ranges_than_tdmrs(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	u64 i, start = 0, pamt_of_gaps = 0;
	unsigned int tdmrs;

	for (i = 0; i < 12; i++) {
		world_both(world, start, start + SZ_1G);
		start += (i + 2) * SZ_1G;
	}
	for (tdmrs = 12; tdmrs; tdmrs--) {
		struct outcome outcome;

		world->limits.max_tdmrs = tdmrs;
		outcome = run_expecting(world, tdmrs, 0);
		pamt_of_gaps += tdmrs < 12 ? (12 - tdmrs) * (SZ_4M + SZ_8K) : 0;
		KUNIT_EXPECT_EQ(test, outcome.list.pamt,
				12 * (u64)(SZ_4M + SZ_8K) + pamt_of_gaps + tdmrs * SZ_4K);
	}
}

static void gap_costs_too_much(struct kunit *test)
{
	struct world *world = world_with_pool(test);

	world->limits.max_tdmrs = 1;
	world_both(world, 0, SZ_2G);
	/* A gap of 1022 GiB costs a little more than 4 GiB of PAMT. */
	world_both(world, SZ_1T, SZ_1T + SZ_1G);
	run_expecting(world, 1, SZ_1G);
	world_both(world, SZ_1T + SZ_1G, SZ_1T + 5ULL * SZ_1G);
	run_expecting(world, 1, SZ_2G);
}

/*
 * Adds fragments in one GiB, with a hole after each. Each fragment is one page
 * larger than the one before it.
 */
static void add_fragments(struct world *world, u64 at, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i <= nr; i++) {
		world_both(world, at, at + i * SZ_4K);
		at += (i + 1) * SZ_4K;
	}
}

/* The size of the @nr smallest fragments */
static u64 smallest(unsigned int nr)
{
	return nr * (nr + 1) / 2 * SZ_4K;
}

static void many_holes(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	unsigned int max;

	/*
	 * The first fragment needs no hole before it. It is lost only if other
	 * fragments are lost too.
	 */
	world_both(world, SZ_1G, SZ_1G + SZ_64K);
	add_fragments(world, SZ_1G + SZ_1M, 100);
	for (max = 2; max <= 20; max++) {
		world->limits.max_reserved_per_tdmr = max;
		run_expecting(world, 1, smallest(101 - min(max, 16U)));
	}
	/* Only the largest fragment is kept. */
	world->limits.max_reserved_per_tdmr = 1;
	run_expecting(world, 1, smallest(100));
}

static void holes_are_shared_out(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	unsigned int i;

	for (i = 1; i <= 4; i++)
		add_fragments(world, i * (u64)SZ_1G, 12);
	run_expecting(world, 4, 0);
	world->limits.max_tdmrs = 3;
	/*
	 * One TDMR has 24 fragments. The first has no hole before it and 15
	 * others are kept; fragments of 1 2 2 3 3 4 4 5 pages are lost.
	 */
	run_expecting(world, 3, 24 * SZ_4K);
}

static void one_tdmr_one_reserved(struct kunit *test)
{
	struct world *world = world_with_pool(test);

	world->limits.max_tdmrs = 1;
	world->limits.max_reserved_per_tdmr = 1;
	world_both(world, SZ_512M, 3ULL * SZ_1G);
	run_expecting(world, 1, 0);
	/* With a hole at either end, the smaller end is left out. */
	world_both(world, 3ULL * SZ_1G, 3ULL * SZ_1G + SZ_256M);
	run_expecting(world, 1, SZ_256M);
	/* Two TDMRs can cover both ends. */
	world->limits.max_tdmrs = 2;
	run_expecting(world, 2, 0);
}

/*
 * If a PAMT takes the only reserved area, the rules still hold, or an error is
 * returned.
 */
static void one_reserved_and_pamts(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int i;

	for (i = 0; i < 500; i++) {
		u64 at = world_below(world, 8) * SZ_512M, size = SZ_16M + world_below(world, SZ_1G);
		struct outcome outcome;

		world_clear(world);
		world->limits.max_tdmrs = 1 + i % 4;
		world->limits.max_reserved_per_tdmr = 1;
		world->place = i % PLACE_POOL;
		world_both(world, at, at + size);
		world_both(world, at + size + SZ_64M, at + 2 * size + SZ_64M);
		outcome = run(world);
		KUNIT_ASSERT_TRUE(test, !outcome.err || outcome.err == -ENOSPC ||
				  (outcome.err == -ENOMEM && world->exhausted));
		KUNIT_ASSERT_TRUE(test, outcome.err || outcome.list.usable);
	}
}

static void huge(struct kunit *test)
{
	struct world *world = world_new(test);
	u64 i;

	world_both(world, SZ_1M, SZ_2G - SZ_64M);
	for (i = 0; i < 8; i++)
		world_both(world, 4ULL * SZ_1G + i * SZ_2T, 4ULL * SZ_1G + i * SZ_2T + 3 * SZ_512G);
	for (world->place = 0; world->place < PLACE_POOL; world->place++)
		KUNIT_EXPECT_GT(test, run_expecting(world, 9, 0).list.usable, 11ULL * SZ_1T);
}

static void top_of_memory(struct kunit *test)
{
	struct world *world = world_new(test);

	world_both(world, PA_END - SZ_2G - SZ_4K, PA_END);
	for (world->place = 0; world->place < PLACE_POOL; world->place++)
		run_expecting(world, 1, 0);
	world_clear(world);
	world_both(world, PA_END - SZ_1G - SZ_16M, PA_END - SZ_4K);
	run_expecting(world, 1, 0);
	/* Addresses from PA_END on are ignored. */
	world_both(world, PA_END - SZ_4K, U64_MAX);
	KUNIT_EXPECT_EQ(test, run_expecting(world, 1, 0).list.convertible, SZ_1G + SZ_16M);
	world_both(world, PA_END, PA_END + SZ_1G);
	world_both(world, U64_MAX - SZ_4K, U64_MAX);
	KUNIT_EXPECT_EQ(test, run_expecting(world, 1, 0).list.memory, SZ_1G + SZ_16M);
	world_clear(world);
	world_both(world, 0, PA_END);
	run_expecting(world, 1, 0);
	world_clear(world);
	world_both(world, PA_END, U64_MAX);
	KUNIT_EXPECT_EQ(test, run(world).err, -ENOSPC);
}

/* Makes a machine with several TDMRs and several holes. */
static void fill_machine(struct world *world)
{
	unsigned int i;

	for (i = 1; i < 7; i++) {
		world_both(world, i * (u64)SZ_8G + SZ_1M, i * (u64)SZ_8G + SZ_1G + SZ_512M);
		world_both(world, i * (u64)SZ_8G + SZ_2G + SZ_4K, i * (u64)SZ_8G + 3ULL * SZ_1G);
	}
}

static void pamt_allocation_fails(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int calls;

	fill_machine(world);
	run_expecting(world, 6, 0);
	calls = world->calls;
	KUNIT_EXPECT_EQ(test, calls, 6);
	for (world->fail_at = 1; world->fail_at <= calls; world->fail_at++) {
		KUNIT_EXPECT_EQ(test, run(world).err, -EDQUOT);
		KUNIT_EXPECT_EQ(test, world->calls, world->fail_at);
	}
	run_expecting(world, 6, 0);
}

static void kernel_memory_fails(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int i, calls;

	fill_machine(world);
	run_expecting(world, 6, 0);
	calls = alloc_calls();
	KUNIT_EXPECT_GT(test, calls, 10);
	for (i = 1; i <= calls; i++)
		KUNIT_EXPECT_EQ(test, run_failing_at(world, i).err, -ENOMEM);
}

static void pamts_anywhere(struct kunit *test)
{
	struct world *world = world_new(test);

	fill_machine(world);
	world_cmr(world, POOL_START, POOL_END);
	for (world->place = 0; world->place < NR_PLACES; world->place++)
		run_expecting(world, 6, 0);
}

/* Holes need all reserved areas before PAMTs are allocated. */
static void pamts_burst_the_limit(struct kunit *test)
{
	struct world *world = world_new(test);
	unsigned int i, max;
	u64 at = SZ_1G;

	for (i = 0; i < 17; i++, at += SZ_64M)
		world_both(world, at, at + SZ_64M - SZ_4K * (i + 1));
	world->limits.max_tdmrs = 1;
	for (max = 2; max <= 16; max++) {
		world->limits.max_reserved_per_tdmr = max;
		for (world->place = 0; world->place < PLACE_POOL; world->place++)
			KUNIT_EXPECT_GT(test, run(world).list.usable, SZ_32M);
	}
}

/*
 * One TDMR for both GiBs would have as many holes as it can have; two TDMRs
 * also have room for their PAMTs. A plan that ignored the PAMTs would make one.
 */
static void room_for_pamts(struct kunit *test)
{
	struct world *world = world_new(test);
	u64 gib, at;

	for (gib = SZ_1G; gib <= 2ULL * SZ_1G; gib += SZ_1G) {
		for (at = gib; at < gib + SZ_512M; at += SZ_64M)
			world_both(world, at, at + SZ_64M - SZ_4K);
		world_both(world, at, gib + SZ_1G);
	}
	for (world->place = 0; world->place < PLACE_POOL; world->place++)
		run_expecting(world, 2, 0);
	world->limits.max_tdmrs = 1;
	for (world->place = 0; world->place < PLACE_POOL; world->place++)
		KUNIT_EXPECT_LE(test, run(world).list.left_out, SZ_64M);
}

static void pamts_that_cannot_be(struct kunit *test)
{
	struct world *world = world_with_pool(test);

	fill_machine(world);
	for (world->fault = FAULT_NONE + 1; world->fault < NR_FAULTS; world->fault++) {
		KUNIT_EXPECT_EQ(test, run(world).err, -ERANGE);
		KUNIT_EXPECT_GE(test, world->calls, 1);
	}
}

/*
 * The result depends neither on the order of the input nor on earlier results.
 */
static void deterministic(struct kunit *test)
{
	struct world *world = world_new(test);
	struct tdmr_list *one, *other;
	unsigned int i;

	fill_machine(world);
	one = world_build(world);
	for (i = 0; i < world->nr_memory / 2; i++) {
		swap(world->memory[i], world->memory[world->nr_memory - 1 - i]);
		swap(world->cmrs[i], world->cmrs[i * 2]);
	}
	other = world_build(world);
	KUNIT_ASSERT_FALSE(test, IS_ERR(one) || IS_ERR(other));
	KUNIT_ASSERT_EQ(test, one->nr, other->nr);
	KUNIT_EXPECT_MEMEQ(test, one->tdmrs, other->tdmrs, one->nr * sizeof(*one->tdmrs));
	tdmr_list_free(one);
	tdmr_list_free(other);
}

/* No real machine has such a map, but it must not take forever. */
static void thousands_of_ranges(struct kunit *test)
{
	struct world *world = world_with_pool(test);
	u64 i;

	for (i = 0; i < 1000; i++) {
		world_memory(world, i * SZ_1G + i * SZ_4K, i * SZ_1G + SZ_512M);
		world_memory(world, i * SZ_1G + SZ_512M + SZ_4K, (i + 1) * SZ_1G - SZ_4K);
	}
	world_cmr(world, 0, 1000ULL * SZ_1G);
	KUNIT_EXPECT_GT(test, run(world).list.left_out, 0);
}

#define OF_TDMR(field)	offsetof(struct tdmr_info, field)
#define OF_LIST(field)	offsetof(struct tdmr_list, field)

struct change {
	size_t field;
	u64 add;
};

static const struct change changes_of_tdmr[] = {
	{ OF_TDMR(base), SZ_4K },
	{ OF_TDMR(base), SZ_1G },
	{ OF_TDMR(base), -(u64)SZ_8G },
	{ OF_TDMR(base), PA_END },
	{ OF_TDMR(size), SZ_4K },
	{ OF_TDMR(size), SZ_1G },
	{ OF_TDMR(size), -(u64)SZ_1G },
	{ OF_TDMR(size), -3ULL * SZ_1G },
	{ OF_TDMR(reserved[0].size), SZ_2K },
	{ OF_TDMR(reserved[0].size), SZ_4K },
	{ OF_TDMR(reserved[0].size), -(u64)SZ_4K },
	{ OF_TDMR(reserved[0].size), -(u64)SZ_1M },
	{ OF_TDMR(reserved[0].size), SZ_8G },
	{ OF_TDMR(reserved[0].offset), SZ_4K },
	{ OF_TDMR(reserved[1].offset), -(u64)SZ_4K },
	{ OF_TDMR(reserved[1].offset), -(u64)SZ_1M },
	{ OF_TDMR(reserved[15].size), SZ_4K },
	{ OF_TDMR(reserved[15].offset), SZ_4K },
	{ OF_TDMR(pamt_4k_base), SZ_4K },
	{ OF_TDMR(pamt_4k_size), -(u64)SZ_4K },
	{ OF_TDMR(pamt_4k_size), SZ_4K },
	{ OF_TDMR(pamt_2m_base), -(u64)SZ_4K },
	{ OF_TDMR(pamt_2m_size), -(u64)SZ_4K },
	{ OF_TDMR(pamt_1g_base), SZ_1G },
	{ OF_TDMR(pamt_1g_base), SZ_2K },
	{ OF_TDMR(pamt_1g_size), -(u64)SZ_4K },
};

static const struct change changes_of_list[] = {
	{ OF_LIST(memory), -(u64)SZ_4K },
	{ OF_LIST(convertible), SZ_4K },
	{ OF_LIST(usable), -(u64)SZ_4K },
	{ OF_LIST(left_out), SZ_4K },
	{ OF_LIST(pamt_taken), -(u64)SZ_4K },
	{ OF_LIST(pamt), SZ_4K },
};

/* Changes one field of a valid result at a time, and restores it. */
static void break_rules(struct world *world, struct tdmr_list *list, void *what,
			const struct change *changes, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		u64 *field = what + changes[i].field;

		*field += changes[i].add;
		KUNIT_EXPECT_NOT_NULL_MSG(world->test, broken_rule(world, list), "change %u", i);
		*field -= changes[i].add;
	}
	KUNIT_EXPECT_STREQ(world->test, broken_rule(world, list) ?: "", "");
}

/* The checks prove nothing if they accept every result. */
static void rules_can_be_broken(struct kunit *test)
{
	struct world *world = world_new(test);
	struct tdmr_list *list;

	fill_machine(world);
	list = world_build(world);
	KUNIT_ASSERT_FALSE(test, IS_ERR(list));
	break_rules(world, list, &list->tdmrs[1], changes_of_tdmr, ARRAY_SIZE(changes_of_tdmr));
	break_rules(world, list, list, changes_of_list, ARRAY_SIZE(changes_of_list));
	world->limits.max_reserved_per_tdmr = 1;
	KUNIT_EXPECT_NOT_NULL(test, broken_rule(world, list));
	world->limits.max_reserved_per_tdmr = 16;
	world->limits.max_tdmrs = list->nr - 1;
	KUNIT_EXPECT_NOT_NULL(test, broken_rule(world, list));
	tdmr_list_free(list);
}

static struct kunit_case tdmr_cases[] = {
	KUNIT_CASE(rules_can_be_broken),
	KUNIT_CASE(one_range),
	KUNIT_CASE(one_range_with_its_pamt),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(bad_limits),
	KUNIT_CASE(pamt_entry_sizes),
	KUNIT_CASE(edges),
	KUNIT_CASE(edges_with_pamt),
	KUNIT_CASE(less_than_pages),
	KUNIT_CASE(tiny_ranges),
	KUNIT_CASE(disorder),
	KUNIT_CASE(adjacent_cmrs),
	KUNIT_CASE(outside_of_cmrs),
	KUNIT_CASE(more_ranges_than_tdmrs),
	KUNIT_CASE(gap_costs_too_much),
	KUNIT_CASE(many_holes),
	KUNIT_CASE(holes_are_shared_out),
	KUNIT_CASE(one_tdmr_one_reserved),
	KUNIT_CASE(one_reserved_and_pamts),
	KUNIT_CASE(huge),
	KUNIT_CASE(top_of_memory),
	KUNIT_CASE(pamt_allocation_fails),
	KUNIT_CASE(kernel_memory_fails),
	KUNIT_CASE(pamts_anywhere),
	KUNIT_CASE(pamts_burst_the_limit),
	KUNIT_CASE(room_for_pamts),
	KUNIT_CASE(pamts_that_cannot_be),
	KUNIT_CASE(deterministic),
	KUNIT_CASE(thousands_of_ranges),
	{}
};

static struct kunit_suite tdmr_suite = {
	.name = "tdmr",
	.test_cases = tdmr_cases,
};

kunit_test_suite(tdmr_suite);
