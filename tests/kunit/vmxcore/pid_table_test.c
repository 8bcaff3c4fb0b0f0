// SPDX-License-Identifier: GPL-2.0-only
/* PID-pointer tables */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/io.h>
#include <linux/perf_event.h>
#include <vmxcore/vmxcore.h>

#include "../alloc.h"
#include "../chance.h"

/*
 * SDM volume 3, "Posted-Interrupt Processing", and "IPI Virtualization": bit 0
 * is the valid bit.
 */
#define DESCRIPTOR	64
#define VALID		1
#define NR_STEPS	20000
#define NR_DESCRIPTORS	64

static struct vmxcore_pid_table *table_for(struct kunit *test, unsigned int last)
{
	struct vmxcore_pid_table *table = vmxcore_pid_table_alloc(last);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(table));
	return table;
}

static u64 pointer(const void *descriptor)
{
	return virt_to_phys((void *)descriptor) | VALID;
}

static int pid_table_begin(struct kunit *test)
{
	alloc_watch(0);
	return 0;
}

static void pid_table_end(struct kunit *test)
{
	KUNIT_EXPECT_EQ_MSG(test, alloc_live(), 0, "memory leaked");
}

/*
 * Reads each entry up to the end of the table's last page. KASAN sees an access
 * beyond it.
 */
static void of_any_size(struct kunit *test)
{
	static const unsigned int lasts[] = { 0, 1, 510, 511, 512, 1023, 1024, 4095, 65534, 65535 };
	unsigned int i, id;

	for (i = 0; i < ARRAY_SIZE(lasts); i++) {
		struct vmxcore_pid_table *table = table_for(test, lasts[i]);

		KUNIT_EXPECT_EQ(test, table->last, lasts[i]);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(table->entries));
		for (id = 0; id <= lasts[i]; id++) {
			if (table->entries[id])
				break;
		}
		KUNIT_EXPECT_EQ_MSG(test, id, lasts[i] + 1, "an entry is valid already");
		KUNIT_EXPECT_EQ(test, vmxcore_pid_table_set(table, lasts[i], table->entries), 0);
		vmxcore_pid_table_free(table);
	}
}

static void too_many(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_pid_table_alloc(65536)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_pid_table_alloc(UINT_MAX)), -EINVAL);
	KUNIT_EXPECT_EQ(test, alloc_calls(), 0);
}

static void free_of_none(struct kunit *test)
{
	vmxcore_pid_table_free(NULL);
}

/*
 * Entries outside of the table are another table's or the allocator's, and must
 * not be written.
 */
static void outside(struct kunit *test)
{
	static const unsigned int ids[] = { 8, 9, 511, 512, 65535, 65536, UINT_MAX };
	struct vmxcore_pid_table *table = table_for(test, 7);
	void *before = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, before);
	memset(table->entries, 0x5a, PAGE_SIZE);
	memcpy(before, table->entries, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_EXPECT_EQ(test, vmxcore_pid_table_set(table, ids[i], table->entries),
				-EINVAL);
		vmxcore_pid_table_clear(table, ids[i]);
	}
	KUNIT_EXPECT_EQ(test, memcmp(before, table->entries, PAGE_SIZE), 0);
	vmxcore_pid_table_free(table);
}

static void not_aligned(struct kunit *test)
{
	struct vmxcore_pid_table *table = table_for(test, 0);
	unsigned int offset;

	for (offset = 1; offset < DESCRIPTOR; offset++) {
		const void *descriptor = (void *)table->entries + offset;

		KUNIT_EXPECT_EQ(test, vmxcore_pid_table_set(table, 0, descriptor), -EINVAL);
		KUNIT_EXPECT_EQ(test, table->entries[0], 0);
	}
	vmxcore_pid_table_free(table);
}

struct books {
	struct vmxcore_pid_table *table;
	unsigned int nr;
	u64 *entries;
	void *descriptors;
	u64 random;
};

static void random_step(struct kunit *test, struct books *books, unsigned int step)
{
	/* Some are beyond the end. */
	unsigned int id = chance_below(&books->random, books->nr + books->nr / 8 + 1);
	unsigned int offset = DESCRIPTOR * chance_below(&books->random, NR_DESCRIPTORS);
	void *descriptor = books->descriptors + offset;
	int err;

	if (chance_below(&books->random, 3) == 0) {
		vmxcore_pid_table_clear(books->table, id);
		if (id < books->nr)
			books->entries[id] = 0;
		return;
	}
	descriptor += chance_below(&books->random, 8) == 0 ? 8 : 0;
	err = id < books->nr && IS_ALIGNED((unsigned long)descriptor, DESCRIPTOR) ? 0 : -EINVAL;
	KUNIT_ASSERT_EQ_MSG(test, vmxcore_pid_table_set(books->table, id, descriptor), err,
			    "seed %lu, step %u, entry %u", chance_seed, step, id);
	if (!err)
		books->entries[id] = pointer(descriptor);
}

static void against_a_model(struct kunit *test)
{
	struct books books = { .nr = 700, .random = chance_seed };
	unsigned int step;

	kunit_info(test, "seed %lu", chance_seed);
	books.entries = kunit_kcalloc(test, books.nr, sizeof(u64), GFP_KERNEL);
	books.descriptors = (void *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, books.entries);
	KUNIT_ASSERT_NOT_NULL(test, books.descriptors);
	books.table = table_for(test, books.nr - 1);
	for (step = 0; step < NR_STEPS; step++) {
		random_step(test, &books, step);
		KUNIT_ASSERT_EQ_MSG(test, memcmp(books.table->entries, books.entries,
						 books.nr * sizeof(u64)), 0,
				    "seed %lu, step %u", chance_seed, step);
	}
	vmxcore_pid_table_free(books.table);
	free_page((unsigned long)books.descriptors);
}

/*
 * A data breakpoint on all CPUs reads the entry after each store to it, as a
 * CPU that sends an IPI could.
 */
static struct {
	const u64 *entry;
	u64 whole;
	unsigned int stores;
	unsigned int halves;
} watched;

static void on_store(struct perf_event *event, struct perf_sample_data *data, struct pt_regs *regs)
{
	u64 entry = READ_ONCE(*watched.entry);

	watched.stores++;
	if (entry && entry != watched.whole)
		watched.halves++;
}

/*
 * A CPU that sends an IPI reads an entry at any moment, so it is either
 * complete or not valid.
 */
static void never_half(struct kunit *test)
{
	struct vmxcore_pid_table *table = table_for(test, 0);
	struct perf_event * __percpu *breakpoint;
	struct perf_event_attr attr;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)table->entries;
	attr.bp_len = HW_BREAKPOINT_LEN_8;
	attr.bp_type = HW_BREAKPOINT_W;
	memset(&watched, 0, sizeof(watched));
	watched.entry = table->entries;
	watched.whole = pointer(table->entries);
	breakpoint = register_wide_hw_breakpoint(&attr, on_store, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR((void __force *)breakpoint));
	KUNIT_EXPECT_EQ(test, vmxcore_pid_table_set(table, 0, table->entries), 0);
	vmxcore_pid_table_clear(table, 0);
	unregister_wide_hw_breakpoint(breakpoint);
	KUNIT_EXPECT_GE(test, watched.stores, 2);
	KUNIT_EXPECT_EQ(test, watched.halves, 0);
	vmxcore_pid_table_free(table);
}

static struct kunit_case pid_table_cases[] = {
	KUNIT_CASE(of_any_size),
	KUNIT_CASE(too_many),
	KUNIT_CASE(free_of_none),
	KUNIT_CASE(outside),
	KUNIT_CASE(not_aligned),
	KUNIT_CASE(never_half),
	KUNIT_CASE(against_a_model),
	{}
};

static struct kunit_suite pid_table_suite = {
	.name = "pid_table",
	.init = pid_table_begin,
	.exit = pid_table_end,
	.test_cases = pid_table_cases,
};

kunit_test_suite(pid_table_suite);
