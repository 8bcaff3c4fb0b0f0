// SPDX-License-Identifier: GPL-2.0-only
/*
 * A figure is the median of its samples, because an interrupt makes some
 * samples larger and none smaller.
 */
#include <linux/bug.h>
#include <linux/seq_file.h>
#include <linux/sort.h>

#include "bench.h"

static int compare(const void *a, const void *b)
{
	const u64 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

void bench_add(struct bench_sample *sample, u64 value)
{
	if (!WARN_ON_ONCE(sample->nr == BENCH_SAMPLES))
		sample->value[sample->nr++] = value;
}

/* Prints "NAME MEDIAN MINIMUM MAXIMUM". Sorts the samples, and removes them. */
void bench_print(struct seq_file *m, const char *name, struct bench_sample *sample)
{
	unsigned int nr = sample->nr;

	if (WARN_ON_ONCE(!nr))
		return;
	sort(sample->value, nr, sizeof(sample->value[0]), compare, NULL);
	seq_printf(m, "%s %llu %llu %llu\n", name, sample->value[nr / 2], sample->value[0],
		   sample->value[nr - 1]);
	sample->nr = 0;
}

/* Takes all samples of a figure and prints its line. */
int bench_measure(struct seq_file *m, const char *name, int (*run)(const void *data, u64 *ticks),
		  const void *data)
{
	struct bench_sample sample = { };
	unsigned int i;
	u64 ticks;
	int err;

	for (i = 0; i < BENCH_SAMPLES; i++) {
		err = run(data, &ticks);
		if (err)
			return err;
		bench_add(&sample, ticks);
	}
	bench_print(m, name, &sample);
	return 0;
}
