// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the allocations of the code under test, and lets them fail. There is
 * no lock, as one test runs at a time.
 */
#include <linux/percpu.h>
#include <linux/vmalloc.h>

#include "alloc.h"

static unsigned int calls, fail_at_call;
static int live;
static void (*meanwhile)(void);

/*
 * Resets the counters. Allocation number @fail_at from now on fails; 0 means
 * that none fails.
 */
void alloc_watch(unsigned int fail_at)
{
	calls = 0;
	live = 0;
	fail_at_call = fail_at;
}

/* As alloc_watch(), but keeps the counters. */
void alloc_fail(unsigned int nth)
{
	fail_at_call = nth ? calls + nth : 0;
}

/*
 * Returns the number of allocations since alloc_watch(), with those that
 * failed.
 */
unsigned int alloc_calls(void)
{
	return calls;
}

/* Returns the number of allocations since alloc_watch() that were not freed. */
int alloc_live(void)
{
	return live;
}

/* Calls @what, which may sleep, during the next allocation. */
void alloc_meanwhile(void (*what)(void))
{
	meanwhile = what;
}

static bool refused(void)
{
	void (*what)(void) = meanwhile;

	meanwhile = NULL;
	if (what)
		what();
	return ++calls == fail_at_call;
}

static void *counted(void *memory)
{
	live += !!memory;
	return memory;
}

void *counted_kcalloc(size_t n, size_t size, gfp_t flags)
{
	return refused() ? NULL : counted(kcalloc(n, size, flags));
}

void *counted_kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return refused() ? NULL : counted(kvcalloc(n, size, flags));
}

void *counted_vzalloc(size_t size)
{
	return refused() ? NULL : counted(vzalloc(size));
}

struct page *counted_alloc_pages(int node, gfp_t flags, unsigned int order)
{
	return refused() ? NULL : counted(alloc_pages_node(node, flags, order));
}

void counted_free_pages(unsigned long address, unsigned int order)
{
	live -= !!address;
	free_pages(address, order);
}

void __percpu *counted_alloc_percpu(size_t size, size_t align)
{
	void __percpu *memory = refused() ? NULL : __alloc_percpu(size, align);

	live += !!memory;
	return memory;
}

void counted_free_percpu(void __percpu *memory)
{
	live -= !!memory;
	free_percpu(memory);
}

/* The directory is not in @live, as a test finds one that is left in sysfs. */
struct kobject *counted_kobject_create_and_add(const char *name, struct kobject *parent)
{
	return refused() ? NULL : kobject_create_and_add(name, parent);
}

/* The files are not in @live, either. */
int counted_sysfs_create_group(struct kobject *dir, const struct attribute_group *group)
{
	return refused() ? -ENOMEM : sysfs_create_group(dir, group);
}

/* The memory is not in @live, as it belongs to the array. */
int counted_xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t flags)
{
	return refused() ? -ENOMEM : xa_alloc(xa, id, entry, limit, flags);
}

/* Stands for kfree(), kvfree() and vfree(). */
void counted_free(const void *memory)
{
	live -= !!memory;
	kvfree(memory);
}
