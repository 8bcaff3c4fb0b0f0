/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDMRs describe the memory that the TDX module manages, in the form that
 * TDH.SYS.CONFIG takes. The code in tdmr.c, plan.c and range.c is pure
 * arithmetic: the caller passes the memory map and an allocator for PAMTs, so
 * that KUnit can test it with any machine.
 */
#ifndef VMXCORE_TDX_TDMR_H
#define VMXCORE_TDX_TDMR_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* The number of reserved areas in struct tdmr_info */
#define TDMR_MAX_RESERVED	16

/* The alignment of a TDMR_INFO and of the array of their addresses */
#define TDMR_INFO_ALIGN		512

/**
 * struct tdx_range - a range of physical memory
 * @start: the first byte
 * @end: the first byte after it
 */
struct tdx_range {
	u64 start;
	u64 end;
};

/**
 * struct tdmr_reserved - a part of a TDMR that TDX must not use
 * @offset: bytes from the TDMR's base
 * @size: bytes; 0 in an unused entry, and in all entries after it
 */
struct tdmr_reserved {
	u64 offset;
	u64 size;
};

/**
 * struct tdmr_info - TDMR_INFO of the TDX module's ABI
 * @base: physical address
 * @size: in bytes, like all sizes here
 * @pamt_1g_base: the PAMT for pages of 1 GiB
 * @pamt_1g_size: its size
 * @pamt_2m_base: the PAMT for pages of 2 MiB
 * @pamt_2m_size: its size
 * @pamt_4k_base: the PAMT for pages of 4 KiB; all three PAMTs are in one chunk
 *	that begins here
 * @pamt_4k_size: its size
 * @reserved: in ascending order, unused entries last
 */
struct tdmr_info {
	u64 base;
	u64 size;
	u64 pamt_1g_base;
	u64 pamt_1g_size;
	u64 pamt_2m_base;
	u64 pamt_2m_size;
	u64 pamt_4k_base;
	u64 pamt_4k_size;
	struct tdmr_reserved reserved[TDMR_MAX_RESERVED];
} __aligned(TDMR_INFO_ALIGN);

static_assert(offsetof(struct tdmr_info, reserved) == 64);
static_assert(sizeof(struct tdmr_info) == TDMR_INFO_ALIGN);

/**
 * struct tdmr_limits - limits that the TDX module reports (TDH.SYS.RD)
 * @max_tdmrs: the largest number of TDMRs
 * @max_reserved_per_tdmr: the largest number of reserved areas in a TDMR; no
 *	more than %TDMR_MAX_RESERVED are used
 * @pamt_4k_entry_size: bytes of PAMT for each page of 4 KiB
 * @pamt_2m_entry_size: bytes of PAMT for each page of 2 MiB
 * @pamt_1g_entry_size: bytes of PAMT for each page of 1 GiB
 */
struct tdmr_limits {
	u16 max_tdmrs;
	u16 max_reserved_per_tdmr;
	u16 pamt_4k_entry_size;
	u16 pamt_2m_entry_size;
	u16 pamt_1g_entry_size;
};

/**
 * struct tdmr_platform - the input of tdmr_list_build()
 * @memory: the kernel's memory; ranges may be in any order, empty, adjacent or
 *	overlapping
 * @nr_memory: the number of ranges in @memory
 * @cmrs: the convertible memory, in the same form
 * @nr_cmrs: the number of ranges in @cmrs
 * @limits: the limits of the TDX module
 */
struct tdmr_platform {
	const struct tdx_range *memory;
	unsigned int nr_memory;
	const struct tdx_range *cmrs;
	unsigned int nr_cmrs;
	struct tdmr_limits limits;
};

/**
 * struct tdmr_allocator - allocates memory for PAMTs
 * @alloc: allocates @size bytes, physically contiguous and page aligned, and
 *	writes their address to @base. It should prefer the node of the page at
 *	@near, which is usable memory of the TDMR. Returns 0 or a negative
 *	errno, which tdmr_list_build() returns.
 * @free: frees one allocation
 * @data: passed to both
 */
struct tdmr_allocator {
	int (*alloc)(void *data, u64 near, u64 size, u64 *base);
	void (*free)(void *data, u64 base, u64 size);
	void *data;
};

/**
 * struct tdmr_list - TDMRs with their PAMTs, and statistics
 * @tdmrs: in ascending order. Each is physically contiguous and aligned as the
 *	ABI requires.
 * @nr: the number of TDMRs
 * @memory: bytes of the kernel's memory
 * @convertible: the part of @memory in whole pages of CMRs; it is the sum of
 *	@usable, @left_out and @pamt_taken
 * @usable: the part that the TDX module can make private
 * @left_out: the part that is in no TDMR or is reserved, because the limits
 *	exclude it or because it would cost more PAMT than it is worth
 * @pamt_taken: the part that PAMTs take; less than @pamt if some PAMTs are
 *	outside of @memory
 * @pamt: the size of all PAMTs
 * @pamts: the allocator that frees them
 */
struct tdmr_list {
	struct tdmr_info *tdmrs;
	unsigned int nr;
	u64 memory;
	u64 convertible;
	u64 usable;
	u64 left_out;
	u64 pamt_taken;
	u64 pamt;
	struct tdmr_allocator pamts;
};

/*
 * No x86 CPU has physical addresses from here on. Below it, rounding up to a
 * GiB cannot overflow.
 */
#define TDMR_PA_END	BIT_ULL(52)

/**
 * struct tdmr_ranges - a set of physical addresses
 * @range: ranges in ascending order; none is empty, and no two are adjacent
 * @nr: the number of ranges
 */
struct tdmr_ranges {
	struct tdx_range *range;
	unsigned int nr;
};

/**
 * struct tdmr_pamt_sizes - bytes of PAMT for one TDMR, in whole pages
 * @of_4k: for pages of 4 KiB
 * @of_2m: for pages of 2 MiB
 * @of_1g: for pages of 1 GiB
 */
struct tdmr_pamt_sizes {
	u64 of_4k;
	u64 of_2m;
	u64 of_1g;
};

/* range.c */
int tdmr_ranges_alloc(struct tdmr_ranges *set, size_t room);
void tdmr_ranges_free(struct tdmr_ranges *set);
int tdmr_ranges_union(struct tdmr_ranges *set, const struct tdx_range *from, unsigned int nr);
int tdmr_ranges_intersect(struct tdmr_ranges *set, const struct tdmr_ranges *a,
			  const struct tdmr_ranges *b);
int tdmr_ranges_subtract(struct tdmr_ranges *set, const struct tdmr_ranges *a,
			 const struct tdmr_ranges *b);
void tdmr_ranges_to_pages(struct tdmr_ranges *set);
bool tdmr_ranges_contain(const struct tdmr_ranges *set, u64 start, u64 end);
u64 tdmr_ranges_size(const struct tdmr_ranges *set);

/* plan.c */
struct tdmr_pamt_sizes tdmr_pamt_sizes(const struct tdmr_limits *limits, u64 size);
int tdmr_plan(struct tdmr_ranges *tdmrs, const struct tdmr_ranges *usable,
	      const struct tdmr_limits *limits);

/* tdmr.c */
struct tdmr_list *tdmr_list_build(const struct tdmr_platform *platform,
				  const struct tdmr_allocator *pamts);
void tdmr_list_abandon(struct tdmr_list *list);
void tdmr_list_free(struct tdmr_list *list);
struct tdx_range tdmr_pamt(const struct tdmr_info *tdmr);

#endif
