// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that all tests of TDMRs share: build a list, check it against the
 * rules, free it, look for leaks.
 */
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

/* Logs the input of a test that fails. */
void describe_world(struct world *world)
{
	kunit_info(world->test, "place %d, at most %u TDMRs and %u reserved areas", world->place,
		   world->limits.max_tdmrs, world->limits.max_reserved_per_tdmr);
	describe(world, "memory", world->memory, world->nr_memory);
	describe(world, "CMR", world->cmrs, world->nr_cmrs);
}

/*
 * Builds a list, checks it against the rules and frees it; afterwards nothing
 * may be allocated. Allocation number @fail_at of kernel memory fails; 0 means
 * that none fails. Returns an error, or a copy of the list without its TDMRs.
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
	KUNIT_ASSERT_EQ_MSG(world->test, world->bad_frees, 0, "memory that is no PAMT was freed");
	KUNIT_ASSERT_EQ_MSG(world->test, alloc_live(), 0, "memory leaked (%d)", outcome.err);
	return outcome;
}

struct outcome run(struct world *world)
{
	return run_failing_at(world, 0);
}

/* Expects a list of @nr TDMRs that leaves out @left_out bytes. */
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

/* PAMTs come from the pool, so that they do not take reserved areas. */
struct world *world_with_pool(struct kunit *test)
{
	struct world *world = world_new(test);

	world->place = PLACE_POOL;
	world_cmr(world, POOL_START, POOL_END);
	return world;
}

void reset_with_pool(struct world *world)
{
	world_clear(world);
	world->place = PLACE_POOL;
	world_cmr(world, POOL_START, POOL_END);
}
