// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds TDMRs with their PAMTs and reserved areas for TDH.SYS.CONFIG.
 *
 * plan.c chooses the GiBs of each TDMR. Then PAMTs are allocated wherever there
 * is memory, which is often in the middle of usable memory. Only then are the
 * reserved areas known: everything that is not usable memory, and the PAMTs. If
 * a TDMR would need more areas than it can have, two of them are joined and the
 * memory between them is left out.
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "tdmr.h"

/* The input as sets */
struct map {
	struct tdmr_ranges memory;
	struct tdmr_ranges cmrs;
	/* Whole pages that are in both */
	struct tdmr_ranges usable;
};

static void map_free(struct map *map)
{
	tdmr_ranges_free(&map->usable);
	tdmr_ranges_free(&map->cmrs);
	tdmr_ranges_free(&map->memory);
}

/* On an error the caller still calls map_free(). */
static int map_make(struct map *map, const struct tdmr_platform *platform)
{
	int err;

	err = tdmr_ranges_union(&map->memory, platform->memory, platform->nr_memory);
	if (!err)
		err = tdmr_ranges_union(&map->cmrs, platform->cmrs, platform->nr_cmrs);
	if (!err)
		err = tdmr_ranges_intersect(&map->usable, &map->memory, &map->cmrs);
	if (!err)
		tdmr_ranges_to_pages(&map->usable);
	return err;
}

/* Returns the chunk of all three PAMTs, which is empty if there is none yet. */
struct tdx_range tdmr_pamt(const struct tdmr_info *tdmr)
{
	return (struct tdx_range){
		tdmr->pamt_4k_base,
		tdmr->pamt_4k_base + tdmr->pamt_4k_size + tdmr->pamt_2m_size + tdmr->pamt_1g_size
	};
}

static u64 pamt_bytes(const struct tdmr_info *tdmr)
{
	struct tdx_range pamt = tdmr_pamt(tdmr);

	return pamt.end - pamt.start;
}

static void free_pamt(const struct tdmr_list *list, const struct tdmr_info *tdmr)
{
	struct tdx_range pamt = tdmr_pamt(tdmr);

	if (pamt.start != pamt.end)
		list->pamts.free(list->pamts.data, pamt.start, pamt.end - pamt.start);
}

/* Frees the list but not its PAMTs, which the TDX module keeps. */
void tdmr_list_abandon(struct tdmr_list *list)
{
	kfree(list->tdmrs);
	kfree(list);
}

/*
 * Frees the list and its PAMTs. Before that, the TDX module must have stopped
 * using the PAMTs for good, and the caller must have reset them to ordinary
 * memory. @list may be NULL.
 */
void tdmr_list_free(struct tdmr_list *list)
{
	unsigned int i;

	if (!list)
		return;
	for (i = 0; i < list->nr; i++)
		free_pamt(list, &list->tdmrs[i]);
	tdmr_list_abandon(list);
}

/* PAMTs and reserved areas are added later. */
static struct tdmr_list *list_alloc(const struct tdmr_ranges *tdmrs,
				    const struct tdmr_allocator *pamts)
{
	struct tdmr_list *list = kzalloc(sizeof(*list), GFP_KERNEL);
	unsigned int i;

	if (!list)
		return NULL;
	/* kcalloc() aligns an array to its size if that is a power of two. */
	list->tdmrs = kcalloc(roundup_pow_of_two(tdmrs->nr), sizeof(*list->tdmrs), GFP_KERNEL);
	if (!list->tdmrs) {
		kfree(list);
		return NULL;
	}
	list->nr = tdmrs->nr;
	list->pamts = *pamts;
	for (i = 0; i < list->nr; i++) {
		list->tdmrs[i].base = tdmrs->range[i].start;
		list->tdmrs[i].size = tdmrs->range[i].end - tdmrs->range[i].start;
	}
	return list;
}

/*
 * Returns the start of the largest usable range, because that page is on the
 * node that has most of the TDMR's memory.
 */
static u64 node_hint(const struct tdmr_info *tdmr, const struct tdmr_ranges *usable)
{
	u64 start, end, best = tdmr->base, most = 0;
	unsigned int i;

	for (i = 0; i < usable->nr; i++) {
		start = max(usable->range[i].start, tdmr->base);
		end = min(usable->range[i].end, tdmr->base + tdmr->size);
		if (start < end && end - start > most) {
			best = start;
			most = end - start;
		}
	}
	return best;
}

/*
 * Checks what the TDX module would also check, so that an error of the
 * allocator is not reported as a failure of TDH.SYS.CONFIG.
 */
static bool pamt_fits(const struct tdmr_list *list, unsigned int before,
		      const struct tdmr_ranges *cmrs, u64 base, u64 size)
{
	unsigned int i;

	if (!IS_ALIGNED(base, SZ_4K) || base > TDMR_PA_END || size > TDMR_PA_END - base)
		return false;
	for (i = 0; i < before; i++) {
		struct tdx_range other = tdmr_pamt(&list->tdmrs[i]);

		if (base < other.end && other.start < base + size)
			return false;
	}
	return tdmr_ranges_contain(cmrs, base, base + size);
}

static int add_pamt(struct tdmr_list *list, unsigned int index,
		    const struct tdmr_limits *limits, const struct map *map)
{
	struct tdmr_info *tdmr = &list->tdmrs[index];
	struct tdmr_pamt_sizes sizes = tdmr_pamt_sizes(limits, tdmr->size);
	u64 size = sizes.of_4k + sizes.of_2m + sizes.of_1g;
	u64 base;
	int err;

	err = list->pamts.alloc(list->pamts.data, node_hint(tdmr, &map->usable), size, &base);
	if (err)
		return err;
	if (!pamt_fits(list, index, &map->cmrs, base, size)) {
		list->pamts.free(list->pamts.data, base, size);
		return -ERANGE;
	}
	tdmr->pamt_4k_base = base;
	tdmr->pamt_4k_size = sizes.of_4k;
	tdmr->pamt_2m_base = tdmr->pamt_4k_base + sizes.of_4k;
	tdmr->pamt_2m_size = sizes.of_2m;
	tdmr->pamt_1g_base = tdmr->pamt_2m_base + sizes.of_2m;
	tdmr->pamt_1g_size = sizes.of_1g;
	return 0;
}

static int collect_pamts(struct tdmr_ranges *set, const struct tdmr_list *list)
{
	struct tdx_range *pamts;
	unsigned int i;
	int err;

	pamts = kcalloc(list->nr, sizeof(*pamts), GFP_KERNEL);
	if (!pamts)
		return -ENOMEM;
	for (i = 0; i < list->nr; i++)
		pamts[i] = tdmr_pamt(&list->tdmrs[i]);
	err = tdmr_ranges_union(set, pamts, list->nr);
	kfree(pamts);
	return err;
}

/* Leaves out the smallest range between two holes. */
static void join_holes(struct tdmr_ranges *holes)
{
	u64 piece, smallest = U64_MAX;
	unsigned int i, at = 0;

	for (i = 0; i + 1 < holes->nr; i++) {
		piece = holes->range[i + 1].start - holes->range[i].end;
		if (piece < smallest) {
			smallest = piece;
			at = i;
		}
	}
	holes->range[at].end = holes->range[at + 1].end;
	holes->nr--;
	memmove(&holes->range[at + 1], &holes->range[at + 2],
		(holes->nr - at - 1) * sizeof(*holes->range));
}

/* Reserves everything in the TDMR that is not in @free. */
static int reserve_holes(struct tdmr_info *tdmr, const struct tdmr_ranges *free, unsigned int max)
{
	struct tdx_range all = { tdmr->base, tdmr->base + tdmr->size };
	struct tdmr_ranges whole = { &all, 1 }, holes;
	unsigned int i;

	if (tdmr_ranges_subtract(&holes, &whole, free))
		return -ENOMEM;
	while (holes.nr > max)
		join_holes(&holes);
	memset(tdmr->reserved, 0, sizeof(tdmr->reserved));
	for (i = 0; i < holes.nr; i++) {
		tdmr->reserved[i].offset = holes.range[i].start - tdmr->base;
		tdmr->reserved[i].size = holes.range[i].end - holes.range[i].start;
	}
	tdmr_ranges_free(&holes);
	return 0;
}

static u64 usable_bytes(const struct tdmr_info *tdmr)
{
	u64 size = tdmr->size;
	unsigned int i;

	for (i = 0; i < TDMR_MAX_RESERVED; i++)
		size -= tdmr->reserved[i].size;
	return size;
}

/* Drops TDMRs without usable memory, and returns their number. */
static unsigned int drop_unusable(struct tdmr_list *list)
{
	unsigned int i, kept = 0, all = list->nr;

	for (i = 0; i < all; i++) {
		if (usable_bytes(&list->tdmrs[i]))
			list->tdmrs[kept++] = list->tdmrs[i];
		else
			free_pamt(list, &list->tdmrs[i]);
	}
	list->nr = kept;
	return all - kept;
}

static void count_memory(struct tdmr_list *list, const struct map *map,
			 const struct tdmr_ranges *free)
{
	unsigned int i;

	list->memory = tdmr_ranges_size(&map->memory);
	list->convertible = tdmr_ranges_size(&map->usable);
	list->pamt_taken = list->convertible - tdmr_ranges_size(free);
	for (i = 0; i < list->nr; i++) {
		list->usable += usable_bytes(&list->tdmrs[i]);
		list->pamt += pamt_bytes(&list->tdmrs[i]);
	}
	list->left_out = list->convertible - list->pamt_taken - list->usable;
}

/*
 * With one reserved area in each TDMR, a PAMT can take the last usable byte of
 * its TDMR. That TDMR is dropped, and the memory of its PAMT may become usable
 * in another one, so the loop starts again.
 */
static int finish_list(struct tdmr_list *list, unsigned int max_reserved, const struct map *map)
{
	struct tdmr_ranges pamts = {}, free = {};
	unsigned int dropped, i;
	int err;

	do {
		tdmr_ranges_free(&pamts);
		tdmr_ranges_free(&free);
		dropped = 0;
		err = collect_pamts(&pamts, list);
		if (!err)
			err = tdmr_ranges_subtract(&free, &map->usable, &pamts);
		for (i = 0; i < list->nr && !err; i++)
			err = reserve_holes(&list->tdmrs[i], &free, max_reserved);
		if (!err)
			dropped = drop_unusable(list);
	} while (dropped && list->nr);
	if (!err && !list->nr)
		err = -ENOSPC;
	if (!err)
		count_memory(list, map, &free);
	tdmr_ranges_free(&pamts);
	tdmr_ranges_free(&free);
	return err;
}

static struct tdmr_list *build_list(const struct map *map, const struct tdmr_limits *limits,
				    const struct tdmr_allocator *pamts)
{
	struct tdmr_ranges tdmrs;
	struct tdmr_list *list;
	unsigned int i;
	int err;

	err = tdmr_plan(&tdmrs, &map->usable, limits);
	if (err)
		return ERR_PTR(err);
	list = tdmrs.nr ? list_alloc(&tdmrs, pamts) : ERR_PTR(-ENOSPC);
	tdmr_ranges_free(&tdmrs);
	if (!list)
		return ERR_PTR(-ENOMEM);
	if (IS_ERR(list))
		return list;
	for (i = 0; i < list->nr && !err; i++)
		err = add_pamt(list, i, limits, map);
	if (!err)
		err = finish_list(list, limits->max_reserved_per_tdmr, map);
	if (err) {
		tdmr_list_free(list);
		return ERR_PTR(err);
	}
	return list;
}

/*
 * Makes TDMRs of all memory that is both the kernel's and convertible. If the
 * limits do not allow that, TDMRs are merged and split so that as little as
 * possible is left out. The same input and the same results of the allocator
 * always give the same TDMRs.
 *
 * Returns the list or an ERR_PTR, with no PAMT allocated:
 *
 * -EINVAL: a limit or the size of a PAMT entry is 0
 * -ENOSPC: there is no usable memory, or none is left because each TDMR can have
 *          only one reserved area and needs it for a hole or a PAMT
 * -ERANGE: the allocator's memory is not convertible, is not page aligned, or
 *          was allocated twice
 * -ENOMEM, or the error of the allocator
 */
struct tdmr_list *tdmr_list_build(const struct tdmr_platform *platform,
				  const struct tdmr_allocator *pamts)
{
	struct tdmr_limits limits = platform->limits;
	struct tdmr_list *list;
	struct map map = {};
	int err;

	if (!limits.max_tdmrs || !limits.max_reserved_per_tdmr || !limits.pamt_4k_entry_size ||
	    !limits.pamt_2m_entry_size || !limits.pamt_1g_entry_size)
		return ERR_PTR(-EINVAL);
	limits.max_reserved_per_tdmr = min_t(u16, limits.max_reserved_per_tdmr, TDMR_MAX_RESERVED);
	err = map_make(&map, platform);
	list = err ? ERR_PTR(err) : build_list(&map, &limits, pamts);
	map_free(&map);
	return list;
}
