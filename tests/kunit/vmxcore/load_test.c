// SPDX-License-Identifier: GPL-2.0-only
/* vmxcore's parts are loaded, or are not, and then nothing is left. */
#include <linux/cpuhotplug.h>
#include <vmxcore/compat.h>
#include <vmxcore/cpu.h>

#include "../alloc.h"
#include "world.h"

#define MAX_ALLOCATIONS	1000

static void each_cpu_has_a_root_vmcs(struct kunit *test)
{
	unsigned int cpu, other;

	KUNIT_ASSERT_EQ(test, world_load(NULL), 0);
	for_each_possible_cpu(cpu) {
		struct vmxcore_root_vmcs *root = per_cpu(vmxcore_cpu.root, cpu);

		KUNIT_EXPECT_TRUE(test, root && PAGE_ALIGNED(root));
		KUNIT_EXPECT_EQ(test, root->revision, HW_REVISION);
		KUNIT_EXPECT_NULL(test, memchr_inv(root->reserved, 0,
						   PAGE_SIZE - sizeof(root->revision)));
		for (other = 0; other < cpu; other++)
			KUNIT_EXPECT_PTR_NE(test, root, per_cpu(vmxcore_cpu.root, other));
	}
	world_unload(NULL);
}

static void no_memory(struct kunit *test)
{
	unsigned int fail_at;
	int err = -ENOMEM;

	for (fail_at = 1; err && fail_at < MAX_ALLOCATIONS; fail_at++) {
		alloc_watch(fail_at);
		err = world_load(NULL);
		if (!err)
			break;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		KUNIT_ASSERT_EQ_MSG(test, alloc_live(), 0, "memory leaked at allocation %u",
				    fail_at);
	}
	/* The VPIDs, one for each CPU, and what sysfs shows of them. */
	KUNIT_EXPECT_EQ(test, fail_at - 1, 2 + num_possible_cpus());
	KUNIT_ASSERT_EQ(test, err, 0);
	world_unload(NULL);
	KUNIT_EXPECT_EQ(test, alloc_live(), 0);
}

static int nothing(unsigned int cpu)
{
	return 0;
}

/* The state that vmxcore uses is another architecture's: a module might have had the same idea. */
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

static struct kunit_case load_cases[] = {
	KUNIT_CASE(each_cpu_has_a_root_vmcs),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(hotplug_state_taken),
	{}
};

static struct kunit_suite load_suite = {
	.name = "load",
	.test_cases = load_cases,
};

kunit_test_suite(load_suite);
