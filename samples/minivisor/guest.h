/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's memory map in guest-physical addresses. The guest's page tables
 * map linear addresses to the same numbers.
 */
#ifndef _MINIVISOR_GUEST_H
#define _MINIVISOR_GUEST_H

#define GUEST_PML4	0x00000
#define GUEST_PDPT	0x01000
#define GUEST_PD	0x02000
#define GUEST_CODE	0x03000
/* The number of steps of a round, in the last word of the code's page */
#define GUEST_STEPS	0x03ffc
#define GUEST_DATA	0x10000
#define GUEST_DATA_SIZE	0x10000
#define GUEST_MEMORY	(GUEST_DATA + GUEST_DATA_SIZE)

/* The page of GUEST_DATA that minivisor unmaps after each round */
#define GUEST_LAZY	0x18000

#ifndef __ASSEMBLY__
extern const char minivisor_guest[], minivisor_guest_end[];
#endif

#endif /* _MINIVISOR_GUEST_H */
