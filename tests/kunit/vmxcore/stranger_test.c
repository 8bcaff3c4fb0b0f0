// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a stranger may use VMX all clients check what is current, and not one moment longer:
 * the static key vmxcore_strangers follows the references of clients with VMXCORE_STRANGER, and
 * the module vboxdrv while no client speaks for it.
 */
#include <linux/err.h>
#include <linux/jump_label.h>
#include <vmxcore/client.h>
#include <vmxcore/stranger.h>

#include "world.h"

static struct vmxcore_client *register_as(struct kunit *test, const char *name, unsigned int flags)
{
	const struct vmxcore_client_desc desc = {
		.name = name,
		.owner = &world_owner,
		.flags = flags,
	};
	struct vmxcore_client *client = vmxcore_register(&desc);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(client));
	return client;
}

static void expect_checks(struct kunit *test, int strangers)
{
	KUNIT_EXPECT_EQ(test, static_key_count(&vmxcore_strangers.key), strangers);
}

static void first_to_last_reference(struct kunit *test)
{
	struct vmxcore_client *a = register_as(test, "a", VMXCORE_STRANGER);
	struct vmxcore_client *b = register_as(test, "b", VMXCORE_STRANGER);

	expect_checks(test, 0);
	KUNIT_EXPECT_EQ(test, vmxcore_get(a), 0);
	KUNIT_EXPECT_EQ(test, vmxcore_get(a), 0);
	expect_checks(test, 1);
	KUNIT_EXPECT_EQ(test, vmxcore_get(b), 0);
	expect_checks(test, 2);
	vmxcore_put(a);
	expect_checks(test, 2);
	vmxcore_put(a);
	expect_checks(test, 1);
	/* A put too many is ignored. */
	vmxcore_put(a);
	expect_checks(test, 1);
	vmxcore_put(b);
	expect_checks(test, 0);
	vmxcore_unregister(a);
	vmxcore_unregister(b);
	expect_checks(test, 0);
}

static void references_taken_back(struct kunit *test)
{
	struct vmxcore_client *client = register_as(test, "a", VMXCORE_STRANGER);

	KUNIT_EXPECT_EQ(test, vmxcore_get(client), 0);
	KUNIT_EXPECT_EQ(test, vmxcore_get(client), 0);
	vmxcore_unregister(client);
	expect_checks(test, 0);
	KUNIT_EXPECT_EQ(test, vmxcore_get(client), -EINVAL);
	vmxcore_put(client);
	expect_checks(test, 0);
}

static void refused(struct kunit *test)
{
	struct vmxcore_client *client = register_as(test, "a", VMXCORE_STRANGER);

	per_cpu(hw_cpu.foreign, 2) = true;
	KUNIT_EXPECT_EQ(test, vmxcore_get(client), -EBUSY);
	expect_checks(test, 0);
	per_cpu(hw_cpu.foreign, 2) = false;
	KUNIT_EXPECT_EQ(test, vmxcore_get(client), 0);
	expect_checks(test, 1);
	vmxcore_unregister(client);
}

/* The key cannot be turned on with preemption off. */
static void one_cpu(struct kunit *test)
{
	struct vmxcore_client *client = register_as(test, "a", VMXCORE_STRANGER);

	KUNIT_EXPECT_EQ(test, world_get_cpu(client, 1, WORLD_TASK), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(client)->warned, BIT(VMXCORE_MISUSE_STRANGER));
	world_expect_on(test, false);
	vmxcore_unregister(client);
}

static void vboxdrv_alone(struct kunit *test)
{
	vmxcore_stranger_set_vboxdrv(true);
	expect_checks(test, 1);
	vmxcore_stranger_set_vboxdrv(true);
	expect_checks(test, 1);
	vmxcore_stranger_set_vboxdrv(false);
	expect_checks(test, 0);
}

static void vboxdrv_and_its_client(struct kunit *test)
{
	struct vmxcore_client *client = register_as(test, VMXCORE_VBOXDRV, VMXCORE_STRANGER);

	/* The client first, and last */
	vmxcore_stranger_set_vboxdrv(true);
	expect_checks(test, 0);
	KUNIT_EXPECT_EQ(test, vmxcore_get(client), 0);
	expect_checks(test, 1);
	vmxcore_put(client);
	vmxcore_stranger_set_vboxdrv(false);
	expect_checks(test, 0);
	vmxcore_unregister(client);

	/* The module first, and last */
	vmxcore_stranger_set_vboxdrv(true);
	client = register_as(test, VMXCORE_VBOXDRV, VMXCORE_STRANGER);
	expect_checks(test, 0);
	vmxcore_unregister(client);
	expect_checks(test, 1);
	/* Another client does not speak for it. */
	client = register_as(test, "a", VMXCORE_STRANGER);
	expect_checks(test, 1);
	vmxcore_unregister(client);
	vmxcore_stranger_set_vboxdrv(false);
	expect_checks(test, 0);
}

static struct kunit_case stranger_cases[] = {
	KUNIT_CASE(first_to_last_reference),
	KUNIT_CASE(references_taken_back),
	KUNIT_CASE(refused),
	KUNIT_CASE(one_cpu),
	KUNIT_CASE(vboxdrv_alone),
	KUNIT_CASE(vboxdrv_and_its_client),
	{}
};

static struct kunit_suite stranger_suite = {
	.name = "stranger",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = world_begin,
	.exit = world_end,
	.test_cases = stranger_cases,
};

kunit_test_suite(stranger_suite);
