/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For programs that measure: a figure is the median of its samples, because an
 * interrupt makes some samples larger and none smaller.
 */
#ifndef _FIGURES_H
#define _FIGURES_H

#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

static inline __u64 ticks(void)
{
	__u64 now;

	_mm_lfence();
	now = __rdtsc();
	_mm_lfence();
	return now;
}

static int compare_samples(const void *a, const void *b)
{
	const __u64 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Prints "NAME MEDIAN MINIMUM MAXIMUM". Sorts the samples. */
static void print_figure(const char *name, __u64 *samples, size_t nr)
{
	qsort(samples, nr, sizeof(*samples), compare_samples);
	printf("%s %llu %llu %llu\n", name, samples[nr / 2], samples[0], samples[nr - 1]);
}

#endif /* _FIGURES_H */
