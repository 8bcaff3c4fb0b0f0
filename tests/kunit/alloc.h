/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before all other headers in the code under test, so that its
 * allocations are counted, and fail where a test says so.
 */
#ifndef VMXCORE_KUNIT_ALLOC_H
#define VMXCORE_KUNIT_ALLOC_H

#include <linux/gfp.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

void *counted_kcalloc(size_t n, size_t size, gfp_t flags);
void *counted_kvcalloc(size_t n, size_t size, gfp_t flags);
void *counted_vzalloc(size_t size);
struct page *counted_alloc_pages(int node, gfp_t flags, unsigned int order);
void counted_free_pages(unsigned long address, unsigned int order);
void __percpu *counted_alloc_percpu(size_t size, size_t align);
void counted_free_percpu(void __percpu *memory);
struct kobject *counted_kobject_create_and_add(const char *name, struct kobject *parent);
int counted_sysfs_create_group(struct kobject *dir, const struct attribute_group *group);
int counted_xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t flags);
void counted_free(const void *memory);

void alloc_watch(unsigned int fail_at);
void alloc_fail(unsigned int nth);
void alloc_meanwhile(void (*what)(void));
unsigned int alloc_calls(void);
int alloc_live(void);

#ifdef COUNT_ALLOCATIONS
#undef kzalloc
#undef kcalloc
#undef kvcalloc
#undef kfree
#undef kvfree
#undef vzalloc
#undef vfree
#undef alloc_pages
#undef alloc_pages_node
#undef __free_page
#undef free_page
#undef free_pages
#undef alloc_percpu
#undef free_percpu
#define kzalloc(size, flags)		counted_kcalloc(1, size, flags)
#define kcalloc(n, size, flags)		counted_kcalloc(n, size, flags)
#define kvcalloc(n, size, flags)	counted_kvcalloc(n, size, flags)
#define kfree(memory)			counted_free(memory)
#define kvfree(memory)			counted_free(memory)
#define vzalloc(size)			counted_vzalloc(size)
#define vfree(memory)			counted_free(memory)
#define alloc_pages(flags, order)	counted_alloc_pages(NUMA_NO_NODE, flags, order)
#define alloc_pages_node		counted_alloc_pages
#define __free_page(page)		free_page((unsigned long)page_address(page))
#define free_page(address)		counted_free_pages(address, 0)
#define free_pages(address, order)	counted_free_pages(address, order)
#define alloc_percpu(type) \
	((type __percpu *)counted_alloc_percpu(sizeof(type), __alignof__(type)))
#define free_percpu(memory)		counted_free_percpu(memory)
#define kobject_create_and_add		counted_kobject_create_and_add
#define sysfs_create_group		counted_sysfs_create_group
#define xa_alloc			counted_xa_alloc
#endif

#endif
