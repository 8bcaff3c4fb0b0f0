/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_BENCH_H
#define _VMXCORE_BENCH_H

#include <linux/types.h>

struct seq_file;

/* An odd number, so that the median is one of the samples */
#define BENCH_SAMPLES	15

/**
 * struct bench_sample - the samples of one figure
 * @nr: number of samples
 * @value: the samples
 */
struct bench_sample {
	unsigned int nr;
	u64 value[BENCH_SAMPLES];
};

/* sample.c */
void bench_add(struct bench_sample *sample, u64 value);
void bench_print(struct seq_file *m, const char *name, struct bench_sample *sample);
int bench_measure(struct seq_file *m, const char *name, int (*run)(const void *data, u64 *ticks),
		  const void *data);

/* edge.c */
int bench_edge_show(struct seq_file *m);

/* calls.c */
int bench_calls_show(struct seq_file *m);
int bench_calls_all_show(struct seq_file *m);

/* switch.c */
int bench_switch_show(struct seq_file *m);

#endif /* _VMXCORE_BENCH_H */
