/* SPDX-License-Identifier: GPL-2.0-only */
/* Chance that comes the same again from the same seed (splitmix64). */
#ifndef VMXCORE_KUNIT_CHANCE_H
#define VMXCORE_KUNIT_CHANCE_H

#include <linux/types.h>

/* What all of it begins with, another by the module's parameter "seed". */
extern unsigned long chance_seed;

/**
 * chance() - any number
 * @state: begins as the seed
 *
 * Return: the next one.
 */
static inline u64 chance(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/**
 * chance_below() - the same, limited
 * @state: begins as the seed
 * @limit: not 0
 *
 * Return: from 0 to @limit - 1.
 */
static inline u64 chance_below(u64 *state, u64 limit)
{
	return chance(state) % limit;
}

#endif
