// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore is loaded completely, or not at all, and then nothing is left of it.
 */
#include <linux/cpuhotplug.h>
#include <vmxcore/compat.h>

#include "../alloc.h"
#include "world.h"

/* With enable_virt_at_load vmxcore needs VMX on all CPUs to be loaded. */
static void vmxon_fails(struct kunit *test)
{
	static const int errors[] = { -EIO, -EFAULT, -EBUSY, -EXDEV, -EOPNOTSUPP };
	unsigned int i, cpu;

	world_at_load(true);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
			hw_reset();
			hw_fail(cpu, errors[i]);
			alloc_watch(0);
			KUNIT_EXPECT_EQ_MSG(test, world_insert(), errors[i], "CPU %u", cpu);
			KUNIT_EXPECT_EQ(test, alloc_live(), 0);
			world_expect_on(test, false);
			KUNIT_EXPECT_STREQ_MSG(test, hw_broken() ?: "", "", "broken rule");
		}
	}
	hw_reset();
	KUNIT_EXPECT_EQ(test, world_insert(), 0);
	world_expect_on(test, true);
	world_unload(NULL);
	world_expect_on(test, false);
	world_at_load(false);
}

static int nothing(unsigned int cpu)
{
	return 0;
}

/*
 * vmxcore uses the hotplug state of another architecture, and another module
 * may do the same.
 */
static void hotplug_state_taken(struct kunit *test)
{
	int err;

	KUNIT_ASSERT_EQ(test, cpuhp_setup_state_nocalls(VMXCORE_CPUHP_STARTING, "kunit:taken", NULL,
							nothing), 0);
	alloc_watch(0);
	err = world_load(NULL);
	cpuhp_remove_state_nocalls(VMXCORE_CPUHP_STARTING);
	KUNIT_EXPECT_EQ(test, err, -EBUSY);
	KUNIT_EXPECT_EQ(test, alloc_live(), 0);
	KUNIT_ASSERT_EQ(test, world_load(NULL), 0);
	world_unload(NULL);
}

/*
 * Other modules have all dynamic hotplug states. The first state that vmxcore
 * asks for is no dynamic one, but can be refused, too.
 */
static void no_hotplug_state_left(struct kunit *test)
{
	unsigned int nth;

	for (nth = 1; nth <= 3; nth++) {
		hw_reset();
		hw_refuse_hotplug_state(nth);
		alloc_watch(0);
		KUNIT_EXPECT_EQ_MSG(test, world_insert(), -ENOSPC, "state %u", nth);
		KUNIT_EXPECT_EQ(test, alloc_live(), 0);
	}
	KUNIT_ASSERT_EQ(test, world_load(NULL), 0);
	world_unload(NULL);
}

static struct kunit_case load_cases[] = {
	KUNIT_CASE(vmxon_fails),
	KUNIT_CASE(hotplug_state_taken),
	KUNIT_CASE(no_hotplug_state_left),
	{}
};

static struct kunit_suite load_suite = {
	.name = "load",
	.test_cases = load_cases,
};

kunit_test_suite(load_suite);
