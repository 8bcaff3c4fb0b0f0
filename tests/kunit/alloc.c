// SPDX-License-Identifier: GPL-2.0-only
/* Kernel memory that is counted, and refused at will. One test runs at a time. */
#include <linux/percpu.h>
#include <linux/vmalloc.h>

#include "alloc.h"

static unsigned int calls, fail_at_call;
static int live;
static void (*meanwhile)(void);

/**
 * alloc_watch() - count anew
 * @fail_at: the call that finds no memory, from 1 on; 0: none
 */
void alloc_watch(unsigned int fail_at)
{
	calls = 0;
	live = 0;
	fail_at_call = fail_at;
}

/**
 * alloc_fail() - the same in the middle of it
 * @nth: the call that finds no memory, from 1 on, as counted from now; 0: none
 */
void alloc_fail(unsigned int nth)
{
	fail_at_call = nth ? calls + nth : 0;
}

/**
 * alloc_calls() - how often memory was asked for
 *
 * Return: since alloc_watch().
 */
unsigned int alloc_calls(void)
{
	return calls;
}

/**
 * alloc_live() - how much was not freed
 *
 * Return: pieces, since alloc_watch().
 */
int alloc_live(void)
{
	return live;
}

/**
 * alloc_meanwhile() - something happens while memory is asked for
 * @what: happens at the next call; it may sleep
 */
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

/**
 * counted_kcalloc() - kcalloc() or kzalloc()
 * @n: as there
 * @size: as there
 * @flags: as there
 *
 * Return: the memory, or NULL.
 */
void *counted_kcalloc(size_t n, size_t size, gfp_t flags)
{
	return refused() ? NULL : counted(kcalloc(n, size, flags));
}

/**
 * counted_kvcalloc() - kvcalloc()
 * @n: as there
 * @size: as there
 * @flags: as there
 *
 * Return: the memory, or NULL.
 */
void *counted_kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return refused() ? NULL : counted(kvcalloc(n, size, flags));
}

/**
 * counted_vzalloc() - vzalloc()
 * @size: as there
 *
 * Return: the memory, or NULL.
 */
void *counted_vzalloc(size_t size)
{
	return refused() ? NULL : counted(vzalloc(size));
}

/**
 * counted_alloc_pages() - alloc_pages_node()
 * @node: as there
 * @flags: as there
 * @order: as there
 *
 * Return: the pages, or NULL.
 */
struct page *counted_alloc_pages(int node, gfp_t flags, unsigned int order)
{
	return refused() ? NULL : counted(alloc_pages_node(node, flags, order));
}

/**
 * counted_free_pages() - free_pages()
 * @address: 0 is fine
 * @order: as there
 */
void counted_free_pages(unsigned long address, unsigned int order)
{
	live -= !!address;
	free_pages(address, order);
}

/**
 * counted_alloc_percpu() - __alloc_percpu()
 * @size: as there
 * @align: as there
 *
 * Return: the memory, or NULL.
 */
void __percpu *counted_alloc_percpu(size_t size, size_t align)
{
	void __percpu *memory = refused() ? NULL : __alloc_percpu(size, align);

	live += !!memory;
	return memory;
}

/**
 * counted_free_percpu() - free_percpu()
 * @memory: NULL is fine
 */
void counted_free_percpu(void __percpu *memory)
{
	live -= !!memory;
	free_percpu(memory);
}

/**
 * counted_kobject_create_and_add() - kobject_create_and_add()
 * @name: as there
 * @parent: as there
 *
 * It is not among what is live: whoever looks for it in sysfs finds it.
 *
 * Return: the directory, or NULL.
 */
struct kobject *counted_kobject_create_and_add(const char *name, struct kobject *parent)
{
	return refused() ? NULL : kobject_create_and_add(name, parent);
}

/**
 * counted_sysfs_create_group() - sysfs_create_group(), likewise
 * @dir: as there
 * @group: as there
 *
 * Return: 0, or -ENOMEM.
 */
int counted_sysfs_create_group(struct kobject *dir, const struct attribute_group *group)
{
	return refused() ? -ENOMEM : sysfs_create_group(dir, group);
}

/**
 * counted_xa_alloc() - xa_alloc(), likewise: what it allocates is the array's
 * @xa: as there
 * @id: as there
 * @entry: as there
 * @limit: as there
 * @flags: as there
 *
 * Return: as there.
 */
int counted_xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t flags)
{
	return refused() ? -ENOMEM : xa_alloc(xa, id, entry, limit, flags);
}

/**
 * counted_free() - kfree() or kvfree()
 * @memory: NULL is fine
 */
void counted_free(const void *memory)
{
	live -= !!memory;
	kvfree(memory);
}
