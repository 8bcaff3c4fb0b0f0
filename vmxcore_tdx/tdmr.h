/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDMRs: the memory that the TDX module manages, described the way TDH.SYS.CONFIG takes it.
 * Pure arithmetic: what memory there is, and where PAMTs come from, the caller says.
 */
#ifndef VMXCORE_TDX_TDMR_H
#define VMXCORE_TDX_TDMR_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* How many reserved areas struct tdmr_info has room for. */
#define TDMR_MAX_RESERVED	16

/* What TDH.SYS.CONFIG asks of the physical address of an entry, and of the array of them. */
#define TDMR_INFO_ALIGN		512

/**
 * struct tdx_range - a piece of physical memory
 * @start: its first byte
 * @end: the first byte behind it
 */
struct tdx_range {
	u64 start;
	u64 end;
};

/**
 * struct tdmr_reserved - a part of a TDMR that is no memory for TDX
 * @offset: from the TDMR's base, in bytes
 * @size: in bytes; 0: there is none, and no further one
 */
struct tdmr_reserved {
	u64 offset;
	u64 size;
};

/**
 * struct tdmr_info - TDMR_INFO of the TDX module's ABI
 * @base: physical address
 * @size: in bytes, as all sizes here
 * @pamt_1g_base: what the module keeps for each GiB of it
 * @pamt_1g_size: of that
 * @pamt_2m_base: for each 2 MiB
 * @pamt_2m_size: of that
 * @pamt_4k_base: for each page; the three lie in one chunk that begins here
 * @pamt_4k_size: of that
 * @reserved: ascending, the unused ones last
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
 * struct tdmr_limits - what the TDX module says of itself (TDH.SYS.RD)
 * @max_tdmrs: how many TDMRs there can be
 * @max_reserved_per_tdmr: how many reserved areas; of more than %TDMR_MAX_RESERVED only
 *	those are used
 * @pamt_4k_entry_size: bytes of PAMT for each page
 * @pamt_2m_entry_size: bytes of PAMT for each 2 MiB
 * @pamt_1g_entry_size: bytes of PAMT for each GiB
 */
struct tdmr_limits {
	u16 max_tdmrs;
	u16 max_reserved_per_tdmr;
	u16 pamt_4k_entry_size;
	u16 pamt_2m_entry_size;
	u16 pamt_1g_entry_size;
};

/**
 * struct tdmr_platform - what TDMRs are made of
 * @memory: the kernel's memory, in any order; ranges may be empty, adjacent or overlap
 * @nr_memory: how many
 * @cmrs: the memory that can be converted to TDX, likewise
 * @nr_cmrs: how many
 * @limits: of the TDX module
 */
struct tdmr_platform {
	const struct tdx_range *memory;
	unsigned int nr_memory;
	const struct tdx_range *cmrs;
	unsigned int nr_cmrs;
	struct tdmr_limits limits;
};

/**
 * struct tdmr_allocator - where PAMTs come from
 * @alloc: finds @size bytes, physically contiguous and page aligned, and writes their address
 *	to @base. Best on the node of the page at @near, which is usable memory of the TDMR.
 *	Returns 0 or a negative errno, which becomes tdmr_list_build()'s.
 * @free: takes such a piece back, whole
 * @data: handed to both
 */
struct tdmr_allocator {
	int (*alloc)(void *data, u64 near, u64 size, u64 *base);
	void (*free)(void *data, u64 base, u64 size);
	void *data;
};

/**
 * struct tdmr_list - TDMRs with their PAMTs, and where all memory went
 * @tdmrs: ascending. Each is physically contiguous, and aligned as the ABI wants it.
 * @nr: how many
 * @memory: bytes that the kernel has
 * @convertible: of them, those in whole pages of CMRs: @usable + @left_out + @pamt_taken
 * @usable: of them, those that the TDX module will accept
 * @left_out: of them, those that no TDMR has, because the limits do not allow it, or because
 *	it would take more PAMT than it is worth
 * @pamt_taken: of them, those that are PAMT: @pamt, unless it is from outside of @memory
 * @pamt: bytes of all PAMTs
 * @pamts: who takes them back
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

/* Where physical addresses end on any x86 CPU. Rounding up to a GiB cannot overflow below it. */
#define TDMR_PA_END	BIT_ULL(52)

/**
 * struct tdmr_ranges - a set
 * @range: an array
 * @nr: how many of it are in use
 */
struct tdmr_ranges {
	struct tdx_range *range;
	unsigned int nr;
};

/**
 * struct tdmr_pamt_sizes - bytes of PAMT of one TDMR, in whole pages
 * @of_4k: for its pages
 * @of_2m: for its 2 MiB
 * @of_1g: for its GiBs
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
