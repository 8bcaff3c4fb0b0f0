// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the memory of this machine, and allocates physically contiguous parts
 * of it for PAMTs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "compat.h"
#include "tdx.h"

struct ranges {
	struct tdx_range *all;
	unsigned int count;
};

static int collect_range(struct resource *res, void *data)
{
	struct ranges *ranges = data;
	struct tdx_range *all;

	all = krealloc(ranges->all, (ranges->count + 1) * sizeof(*all), GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	all[ranges->count].start = res->start;
	all[ranges->count].end = res->end + 1;
	ranges->all = all;
	ranges->count++;
	return 0;
}

/*
 * Returns all memory that the kernel uses, for kfree(). Memory that is added
 * later is missing, because the TDX module accepts memory only in
 * TDH.SYS.CONFIG.
 */
struct tdx_range *tdx_memory_ranges(unsigned int *count)
{
	struct ranges ranges = {};
	int err;

	err = walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
				  0, -1, &ranges, collect_range);
	if (err || !ranges.count) {
		kfree(ranges.all);
		return ERR_PTR(err == -ENOMEM ? err : -ENODEV);
	}
	*count = ranges.count;
	return ranges.all;
}

/* CMRs are in ascending order and may be adjacent. */
static bool is_convertible(u64 start, u64 end)
{
	const struct tdx_range *cmr;

	for (cmr = tdx_info.cmrs; cmr < tdx_info.cmrs + tdx_info.nr_cmrs; cmr++) {
		if (cmr->start <= start && start < cmr->end)
			start = cmr->end;
	}
	return start >= end;
}

/*
 * Checks what alloc_contig_range() takes for granted, and avoids attempts that
 * cannot succeed. ZONE_MOVABLE is excluded because it must hold movable memory
 * only, and a PAMT cannot be moved.
 */
static bool may_alloc(unsigned long pfn, unsigned long end)
{
	struct page *page = pfn_to_online_page(pfn);
	struct zone *zone;

	if (!page || is_zone_movable_page(page))
		return false;
	zone = page_zone(page);

	for (; pfn < end; pfn++) {
		page = pfn_to_online_page(pfn);
		if (!page || page_zone(page) != zone || PageReserved(page))
			return false;
	}
	return true;
}

/*
 * Search from the top down, because some devices can only use memory below 16
 * MiB or 4 GiB.
 */
static int alloc_within(u64 start, u64 end, u64 size, u64 *base)
{
	unsigned long nr = PFN_UP(size), first = PFN_UP(start), pfn;

	for (pfn = ALIGN_DOWN(PFN_DOWN(end), pageblock_nr_pages); pfn >= first + nr;
	     pfn -= pageblock_nr_pages) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (is_convertible(PFN_PHYS(pfn - nr), PFN_PHYS(pfn)) &&
		    may_alloc(pfn - nr, pfn) && !tdx_alloc_contig_range(pfn - nr, pfn)) {
			*base = PFN_PHYS(pfn - nr);
			return 0;
		}
	}
	return -ENOMEM;
}

/*
 * A PAMT is larger than the largest block of the page allocator (4 MiB for each
 * GiB), so alloc_contig_range() migrates movable memory away. Try the memory
 * above @near first, which is on the right node, then all other memory.
 */
static int alloc_pamt(void *unused, u64 near, u64 size, u64 *base)
{
	struct tdx_range *ranges;
	unsigned int count, i;
	int err = -ENOMEM;

	ranges = tdx_memory_ranges(&count);
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);

	for (i = 0; i < count && err == -ENOMEM; i++) {
		if (ranges[i].start <= near && near < ranges[i].end)
			err = alloc_within(near, ranges[i].end, size, base);
	}
	for (i = count; i-- > 0 && err == -ENOMEM;)
		err = alloc_within(ranges[i].start, ranges[i].end, size, base);

	kfree(ranges);
	return err;
}

static void free_pamt(void *unused, u64 base, u64 size)
{
	free_contig_range(PHYS_PFN(base), PFN_UP(size));
}

const struct tdmr_allocator tdx_pamt_allocator = {
	.alloc = alloc_pamt,
	.free = free_pamt,
};

/*
 * Makes ordinary memory of private memory that the TDX module no longer uses
 * and that no cache holds. On CPUs without the erratum the next write of the
 * kernel does the same.
 */
void tdx_memory_reset(struct tdx_range range)
{
	static const u8 zeroes[64] __aligned(64);
	u64 pa;

	if (!tdx_has_partial_write_erratum())
		return;
	for (pa = range.start; pa < range.end; pa += sizeof(zeroes))
		tdx_movdir64b(__va(pa), zeroes);
	/*
	 * MOVDIR64B is weakly ordered, and the next user of this memory writes
	 * to it with ordinary stores.
	 */
	mb();
}
