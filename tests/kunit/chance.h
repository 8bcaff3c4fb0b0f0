/* SPDX-License-Identifier: GPL-2.0-only */
/* Pseudorandom numbers, which are the same for the same seed (splitmix64) */
#ifndef VMXCORE_KUNIT_CHANCE_H
#define VMXCORE_KUNIT_CHANCE_H

#include <linux/types.h>

/* The seed of all suites. The module's parameter "seed" sets another one. */
extern unsigned long chance_seed;

/* Returns the next number. @state begins as the seed. */
static inline u64 chance(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Returns a number from 0 to @limit - 1. @limit is not 0. */
static inline u64 chance_below(u64 *state, u64 limit)
{
	return chance(state) % limit;
}

#endif
