/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before all else in code under test: its kernel memory is counted, and refused where a
 * test says so.
 */
#ifndef VMXCORE_KUNIT_ALLOC_H
#define VMXCORE_KUNIT_ALLOC_H

#include <linux/mm.h>
#include <linux/slab.h>

void *counted_kcalloc(size_t n, size_t size, gfp_t flags);
void *counted_kvcalloc(size_t n, size_t size, gfp_t flags);
void counted_free(const void *memory);

void alloc_watch(unsigned int fail_at);
unsigned int alloc_calls(void);
int alloc_live(void);

#ifdef COUNT_ALLOCATIONS
#undef kzalloc
#undef kcalloc
#undef kvcalloc
#undef kfree
#undef kvfree
#define kzalloc(size, flags)		counted_kcalloc(1, size, flags)
#define kcalloc(n, size, flags)		counted_kcalloc(n, size, flags)
#define kvcalloc(n, size, flags)	counted_kvcalloc(n, size, flags)
#define kfree(memory)			counted_free(memory)
#define kvfree(memory)			counted_free(memory)
#endif

#endif
