// SPDX-License-Identifier: GPL-2.0-only
/* What every test of TDMRs does: build, hold the result against the rules, free, look for leaks. */
#include <linux/err.h>
#include <linux/minmax.h>

#include "alloc.h"
#include "tdmr_world.h"

static void describe(struct world *world, const char *what, const struct tdx_range *ranges,
		     unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < min(nr, 64U); i++)
		kunit_info(world->test, "%s %#llx-%#llx", what, ranges[i].start, ranges[i].end);
}

/**
 * describe_world() - for the log of a test that fails
 * @world: its platform
 */
void describe_world(struct world *world)
{
	kunit_info(world->test, "place %d, %u TDMRs, %u reserved areas", world->place,
		   world->limits.max_tdmrs, world->limits.max_reserved_per_tdmr);
	describe(world, "memory", world->memory, world->nr_memory);
	describe(world, "CMR", world->cmrs, world->nr_cmrs);
}

/**
 * run_failing_at() - build, hold against the rules, free
 * @world: the platform
 * @fail_at: the allocation of kernel memory that fails, from 1 on; 0: none
 *
 * Afterwards nothing may be allocated.
 *
 * Return: an error, or what the list said.
 */
struct outcome run_failing_at(struct world *world, unsigned int fail_at)
{
	struct outcome outcome = {};
	const char *rule = NULL;
	struct tdmr_list *list;

	alloc_watch(fail_at);
	list = world_build(world);
	outcome.err = PTR_ERR_OR_ZERO(list);
	if (!IS_ERR(list)) {
		rule = broken_rule(world, list);
		outcome.list = *list;
		tdmr_list_free(list);
	}
	if (rule)
		describe_world(world);
	KUNIT_ASSERT_STREQ_MSG(world->test, rule ?: "", "", "broken rule");
	KUNIT_ASSERT_EQ_MSG(world->test, world->nr_live, 0, "PAMTs leaked (%d)", outcome.err);
	KUNIT_ASSERT_EQ_MSG(world->test, world->bad_frees, 0, "what is no PAMT was freed");
	KUNIT_ASSERT_EQ_MSG(world->test, alloc_live(), 0, "memory leaked (%d)", outcome.err);
	return outcome;
}

/**
 * run() - the same, and no kernel memory fails
 * @world: the platform
 *
 * Return: the same.
 */
struct outcome run(struct world *world)
{
	return run_failing_at(world, 0);
}

/**
 * run_expecting() - the same, and there has to be a list
 * @world: the platform
 * @nr: of so many TDMRs
 * @left_out: which leave out so many bytes
 *
 * Return: the same.
 */
struct outcome run_expecting(struct world *world, unsigned int nr, u64 left_out)
{
	struct outcome outcome = run(world);

	if (outcome.err || outcome.list.nr != nr || outcome.list.left_out != left_out)
		describe_world(world);
	KUNIT_ASSERT_EQ(world->test, outcome.err, 0);
	KUNIT_EXPECT_EQ(world->test, outcome.list.nr, nr);
	KUNIT_EXPECT_EQ(world->test, outcome.list.left_out, left_out);
	return outcome;
}

/**
 * world_with_pool() - an empty world, with PAMTs out of the way
 * @test: which owns it
 *
 * Return: the world.
 */
struct world *world_with_pool(struct kunit *test)
{
	struct world *world = world_new(test);

	world->place = PLACE_POOL;
	world_cmr(world, POOL_START, POOL_END);
	return world;
}

/**
 * reset_with_pool() - the same again
 * @world: becomes it
 */
void reset_with_pool(struct world *world)
{
	world_clear(world);
	world->place = PLACE_POOL;
	world_cmr(world, POOL_START, POOL_END);
}
