// SPDX-License-Identifier: GPL-2.0-only
/* A VPID has one owner, and no TLB has entries for it when it is given out. */
#include <linux/err.h>
#include <asm/msr-index.h>
#include <vmxcore/caps.h>
#include <vmxcore/client.h>

#include "../chance.h"
#include "world.h"

#define LAST_VPID	65535
#define NR_OWNERS	3
#define NR_STEPS	6000

/* The owner of each VPID, by the numbers that the calls returned */
struct books {
	struct vmxcore_client *clients[NR_OWNERS];
	unsigned int nr[NR_OWNERS];
	u8 owner[LAST_VPID + 1];
	u64 random;
};

static struct books *books_new(struct kunit *test)
{
	struct books *books = kunit_kzalloc(test, sizeof(*books), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, books);
	for (i = 0; i < NR_OWNERS; i++) {
		const char name[] = { 'v', '0' + i, '\0' };

		books->clients[i] = world_client(test, name);
	}
	return books;
}

static unsigned int count(struct vmxcore_client *client)
{
	return vmxcore_entry_find(client)->nr_vpids;
}

static bool misused(struct vmxcore_client *client)
{
	return vmxcore_entry_find(client)->warned & BIT(VMXCORE_MISUSE_VPID);
}

/*
 * No TLB of a CPU where VMX is on may have entries for this VPID. Then a guest
 * runs with it on all of these CPUs.
 */
static void use(struct kunit *test, int vpid)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (hw_on(cpu))
			KUNIT_ASSERT_FALSE_MSG(test, hw_run_guest(cpu, vpid),
					       "CPU %u remembers VPID %d", cpu, vpid);
	}
}

static int take(struct kunit *test, struct books *books, unsigned int i)
{
	int vpid = vmxcore_vpid_alloc(books->clients[i]);

	if (vpid < 0) {
		KUNIT_ASSERT_EQ(test, vpid, -ENOSPC);
		return vpid;
	}
	KUNIT_ASSERT_GT(test, vpid, 0);
	KUNIT_ASSERT_LE(test, vpid, LAST_VPID);
	KUNIT_ASSERT_EQ_MSG(test, books->owner[vpid], 0, "VPID %d has an owner", vpid);
	books->owner[vpid] = i + 1;
	books->nr[i]++;
	use(test, vpid);
	return vpid;
}

static void give(struct kunit *test, struct books *books, int vpid)
{
	unsigned int i = books->owner[vpid] - 1;

	vmxcore_vpid_free(books->clients[i], vpid);
	KUNIT_ASSERT_FALSE(test, misused(books->clients[i]));
	books->owner[vpid] = 0;
	books->nr[i]--;
}

static void expect_counts(struct kunit *test, struct books *books)
{
	unsigned int i;

	for (i = 0; i < NR_OWNERS; i++)
		KUNIT_ASSERT_EQ(test, count(books->clients[i]), books->nr[i]);
}

/* Allocates all VPIDs except for @left. */
static void take_most(struct kunit *test, struct books *books, unsigned int left)
{
	unsigned int i;

	for (i = LAST_VPID; i > left; i--)
		KUNIT_ASSERT_GT(test, take(test, books, i % NR_OWNERS), 0);
	expect_counts(test, books);
}

static void each_has_one_owner(struct kunit *test)
{
	struct books *books = books_new(test);
	unsigned int i;

	take_most(test, books, 0);
	for (i = 0; i < NR_OWNERS; i++)
		KUNIT_EXPECT_EQ(test, take(test, books, i), -ENOSPC);
	expect_counts(test, books);
	give(test, books, 4711);
	KUNIT_EXPECT_EQ(test, take(test, books, 2), 4711);
	KUNIT_EXPECT_EQ(test, take(test, books, 2), -ENOSPC);
	give(test, books, 1);
	give(test, books, LAST_VPID);
	KUNIT_EXPECT_EQ(test, take(test, books, 0) + take(test, books, 0), 1 + LAST_VPID);
}

/*
 * VPIDs are reused while VMX is on, after it has gone off and on, and while it
 * is off.
 */
static void flushed_before_it_is_reused(struct kunit *test)
{
	struct books *books = books_new(test);
	struct vmxcore_client *holder = books->clients[0];
	unsigned int vpid;

	KUNIT_ASSERT_EQ(test, vmxcore_get(holder), 0);
	take_most(test, books, 0);
	for (vpid = 1; vpid <= 100; vpid++)
		give(test, books, vpid);
	for (vpid = 1; vpid <= 50; vpid++)
		KUNIT_ASSERT_GT(test, take(test, books, 1), 0);
	vmxcore_put(holder);
	for (vpid = 1000; vpid < 1100; vpid++)
		give(test, books, vpid);
	for (vpid = 0; vpid < 70; vpid++)
		KUNIT_ASSERT_GT(test, take(test, books, 1), 0);
	KUNIT_ASSERT_EQ(test, vmxcore_get(holder), 0);
	for (vpid = 0; vpid < 80; vpid++)
		KUNIT_ASSERT_GT(test, take(test, books, 2), 0);
	KUNIT_EXPECT_EQ(test, take(test, books, 2), -ENOSPC);
	vmxcore_put(holder);
}

static void free_of_another_client(struct kunit *test)
{
	struct books *books = books_new(test);
	int vpid = take(test, books, 0);

	vmxcore_vpid_free(books->clients[1], vpid);
	KUNIT_EXPECT_TRUE(test, misused(books->clients[1]));
	KUNIT_EXPECT_FALSE(test, misused(books->clients[0]));
	expect_counts(test, books);
	take_most(test, books, 1);
	KUNIT_EXPECT_EQ(test, take(test, books, 1), -ENOSPC);
}

static void freed_twice(struct kunit *test)
{
	struct books *books = books_new(test);
	int vpid = take(test, books, 0);

	give(test, books, vpid);
	vmxcore_vpid_free(books->clients[0], vpid);
	KUNIT_EXPECT_TRUE(test, misused(books->clients[0]));
	expect_counts(test, books);
}

static void free_of_what_is_none(struct kunit *test)
{
	static const int fine[] = { 0, -1, -ENOSPC, INT_MIN };
	static const int misuse[] = { LAST_VPID, LAST_VPID + 1, LAST_VPID + 2, INT_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fine); i++) {
		struct vmxcore_client *client = world_client(test, "v");

		vmxcore_vpid_free(client, fine[i]);
		KUNIT_EXPECT_FALSE_MSG(test, misused(client), "%d", fine[i]);
		KUNIT_EXPECT_EQ(test, count(client), 0);
		vmxcore_unregister(client);
		client = world_client(test, "v");
		vmxcore_vpid_free(client, misuse[i]);
		KUNIT_EXPECT_TRUE_MSG(test, misused(client), "%d", misuse[i]);
		KUNIT_EXPECT_EQ(test, count(client), 0);
		vmxcore_unregister(client);
	}
}

static void wrong_context_or_handle(struct kunit *test)
{
	struct vmxcore_client *client = world_client(test, "v"), *other = world_client(test, "w");
	int vpid;

	preempt_disable();
	vpid = vmxcore_vpid_alloc(client);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, vpid, -EINVAL);
	KUNIT_EXPECT_TRUE(test, vmxcore_entry_find(client)->warned & BIT(VMXCORE_MISUSE_CONTEXT));

	vpid = vmxcore_vpid_alloc(other);
	KUNIT_ASSERT_GT(test, vpid, 0);
	local_irq_disable();
	vmxcore_vpid_free(other, vpid);
	local_irq_enable();
	KUNIT_EXPECT_TRUE(test, vmxcore_entry_find(other)->warned & BIT(VMXCORE_MISUSE_CONTEXT));
	KUNIT_EXPECT_EQ(test, count(other), 1);

	vmxcore_unregister(client);
	KUNIT_EXPECT_EQ(test, vmxcore_vpid_alloc(client), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmxcore_vpid_alloc(NULL), -EINVAL);
	vmxcore_vpid_free(client, vpid);
	KUNIT_EXPECT_EQ(test, count(other), 1);
}

/* Sets the types of INVEPT and INVVPID on all CPUs. */
static void set_ept_vpid(struct kunit *test, u64 ept_vpid)
{
	hw_set_msr(MSR_IA32_VMX_EPT_VPID_CAP, ept_vpid);
	KUNIT_ASSERT_EQ(test, vmxcore_caps_init(), 0);
}

#define HAS_INVEPT		BIT_ULL(20)
#define HAS_INVEPT_SINGLE	BIT_ULL(25)
#define HAS_INVVPID		BIT_ULL(32)
#define HAS_INVVPID_SINGLE	BIT_ULL(41)
#define HAS_INVVPID_ALL		BIT_ULL(42)

static void none_that_cannot_be_flushed(struct kunit *test)
{
	static const u64 without[] = { HAS_INVVPID, HAS_INVVPID_ALL };
	u64 ept_vpid = hw_msr(MSR_IA32_VMX_EPT_VPID_CAP);
	struct vmxcore_client *client = world_client(test, "v");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(without); i++) {
		set_ept_vpid(test, ept_vpid & ~without[i]);
		KUNIT_EXPECT_EQ(test, vmxcore_vpid_alloc(client), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, count(client), 0);
	}
	set_ept_vpid(test, ept_vpid);
	KUNIT_EXPECT_GT(test, vmxcore_vpid_alloc(client), 0);
}

/* If no VPID is left, a flush would free none, and would interrupt all CPUs. */
static void no_flush_in_vain(struct kunit *test)
{
	struct books *books = books_new(test);
	unsigned int i, cpu;

	KUNIT_ASSERT_EQ(test, vmxcore_get(books->clients[0]), 0);
	take_most(test, books, 0);
	hw_forget();
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, take(test, books, 1), -ENOSPC);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_STREQ(test, hw_did(cpu), "");
	give(test, books, 4711);
	KUNIT_EXPECT_EQ(test, take(test, books, 1), 4711);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_STREQ(test, hw_did(cpu), "invvpid");
	vmxcore_put(books->clients[0]);
}

/*
 * A CPU where VMX is off flushes when VMX goes on. It is not interrupted, as it
 * may be isolated.
 */
static void no_flush_where_vmx_is_off(struct kunit *test)
{
	struct books *books = books_new(test);

	KUNIT_ASSERT_EQ(test, world_get_cpu(books->clients[0], 1, WORLD_TASK), 0);
	take_most(test, books, 0);
	give(test, books, 4711);
	hw_forget();
	KUNIT_EXPECT_EQ(test, take(test, books, 1), 4711);
	KUNIT_EXPECT_STREQ(test, hw_did(1), "invvpid");
	KUNIT_EXPECT_STREQ(test, hw_did(2), "");
	world_put_cpu(books->clients[0], 1, WORLD_TASK);
}

/*
 * On a machine that can flush single VPIDs only, a VPID is flushed as in stock
 * KVM: when it is given out, and when a CPU turns VMX on later.
 */
static void flushed_one_by_one(struct kunit *test)
{
	u64 ept_vpid = hw_msr(MSR_IA32_VMX_EPT_VPID_CAP);
	struct books *books = books_new(test);
	unsigned int cpu;
	int vpid;

	set_ept_vpid(test, (ept_vpid & ~HAS_INVVPID_ALL) | HAS_INVVPID_SINGLE);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		/*
		 * Another hypervisor has run guests before vmxcore was loaded.
		 */
		per_cpu(hw_cpu.on, cpu) = true;
		for (vpid = 1; vpid < 20; vpid++)
			hw_run_guest(cpu, vpid);
		per_cpu(hw_cpu.on, cpu) = false;
	}
	vpid = take(test, books, 0);
	KUNIT_ASSERT_EQ(test, world_get_cpu(books->clients[0], 1, WORLD_TASK), 0);
	use(test, vpid);
	give(test, books, vpid);
	world_put_cpu(books->clients[0], 1, WORLD_TASK);
	for (vpid = 1; vpid < 20; vpid++)
		KUNIT_EXPECT_GT(test, take(test, books, 1), 0);
	KUNIT_ASSERT_EQ(test, vmxcore_get(books->clients[0]), 0);
	for (vpid = 1; vpid <= LAST_VPID; vpid++) {
		if (books->owner[vpid])
			use(test, vpid);
	}
	for (vpid = 1; vpid < 10; vpid++)
		KUNIT_EXPECT_GT(test, take(test, books, 1), 0);
	vmxcore_put(books->clients[0]);
	set_ept_vpid(test, ept_vpid);
}

static int ept_activate(void)
{
	int err;

	migrate_disable();
	preempt_disable();
	hw_forget();
	err = vmxcore_ept_activate(0x1000);
	preempt_enable();
	return err;
}

static void expect_ept_activate(struct kunit *test, int wanted, const char *did)
{
	int err = ept_activate();

	KUNIT_EXPECT_EQ(test, err, wanted);
	KUNIT_EXPECT_STREQ(test, hw_did(raw_smp_processor_id()), did);
	migrate_enable();
}

/*
 * Flushes one EPT root, or all if the CPU cannot flush a single one. A CPU
 * without INVEPT gets an error.
 */
static void ept_roots(struct kunit *test)
{
	u64 ept_vpid = hw_msr(MSR_IA32_VMX_EPT_VPID_CAP);
	struct vmxcore_client *client = world_client(test, "v");

	KUNIT_ASSERT_EQ(test, vmxcore_get(client), 0);
	expect_ept_activate(test, 0, "invept");
	set_ept_vpid(test, ept_vpid & ~HAS_INVEPT_SINGLE);
	expect_ept_activate(test, 0, "invept");
	set_ept_vpid(test, ept_vpid & ~HAS_INVEPT);
	expect_ept_activate(test, -EOPNOTSUPP, "");
	set_ept_vpid(test, ept_vpid);
	vmxcore_put(client);
	expect_ept_activate(test, -EPERM, "");
}

/* VPIDs that a client did not free can be given to others. */
static void taken_back(struct kunit *test)
{
	struct books *books = books_new(test);
	unsigned int vpid, nr;

	take_most(test, books, 0);
	nr = books->nr[1];
	vmxcore_unregister(books->clients[1]);
	for (vpid = 1; vpid <= LAST_VPID; vpid++) {
		if (books->owner[vpid] == 2)
			books->owner[vpid] = 0;
	}
	books->clients[1] = world_client(test, "another");
	books->nr[1] = 0;
	for (; nr; nr--)
		KUNIT_ASSERT_GT(test, take(test, books, 1), 0);
	KUNIT_EXPECT_EQ(test, take(test, books, 0), -ENOSPC);
	expect_counts(test, books);
}

/* Only few VPIDs are left at any time, and VMX goes on and off. */
static void against_a_model(struct kunit *test)
{
	struct books *books = books_new(test);
	unsigned int step, exhausted = 0, taken = LAST_VPID - 300;
	bool on = false;
	int vpid;

	kunit_info(test, "seed %lu", chance_seed);
	books->random = chance_seed;
	take_most(test, books, 300);
	for (step = 0; step < NR_STEPS; step++) {
		if (chance_below(&books->random, 500) == 0) {
			if (on)
				vmxcore_put(books->clients[0]);
			else
				KUNIT_ASSERT_EQ(test, vmxcore_get(books->clients[0]), 0);
			on = !on;
		}
		if (chance_below(&books->random, 100) < (step / 1000 % 2 ? 70 : 40)) {
			vpid = take(test, books, chance_below(&books->random, NR_OWNERS));
			KUNIT_ASSERT_EQ_MSG(test, vpid < 0, taken == LAST_VPID,
					    "seed %lu, step %u", chance_seed, step);
			exhausted += vpid < 0;
			taken += vpid > 0;
		} else {
			vpid = 1 + chance_below(&books->random, LAST_VPID);
			if (books->owner[vpid])
				give(test, books, vpid), taken--;
		}
		expect_counts(test, books);
	}
	KUNIT_EXPECT_GT(test, exhausted, 10);
}

static struct kunit_case vpid_cases[] = {
	KUNIT_CASE(each_has_one_owner),
	KUNIT_CASE(flushed_before_it_is_reused),
	KUNIT_CASE(free_of_another_client),
	KUNIT_CASE(freed_twice),
	KUNIT_CASE(free_of_what_is_none),
	KUNIT_CASE(wrong_context_or_handle),
	KUNIT_CASE(none_that_cannot_be_flushed),
	KUNIT_CASE(no_flush_in_vain),
	KUNIT_CASE(no_flush_where_vmx_is_off),
	KUNIT_CASE(flushed_one_by_one),
	KUNIT_CASE(ept_roots),
	KUNIT_CASE(taken_back),
	KUNIT_CASE_SLOW(against_a_model),
	{}
};

static struct kunit_suite vpid_suite = {
	.name = "vpid",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = world_begin,
	.exit = world_end,
	.test_cases = vpid_cases,
};

kunit_test_suite(vpid_suite);
