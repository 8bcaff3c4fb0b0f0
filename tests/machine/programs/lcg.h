/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests compute, and how the host computes the same result in another
 * way: a step of a linear congruential generator is an affine map, and so are
 * any number of steps, and their sum.
 */
#ifndef _LCG_H
#define _LCG_H

#include <linux/types.h>

#define FACTOR		1664525u
#define ADDEND		1013904223u
/* The limits of log2 of the steps of a round */
#define MIN_LOG_STEPS	6
#define MAX_LOG_STEPS	16

/* Maps x to factor * x + addend, modulo 2^32. */
struct affine {
	__u32 factor;
	__u32 addend;
};

static struct affine round_state, round_sum;

static __u32 apply(struct affine map, __u32 x)
{
	return map.factor * x + map.addend;
}

/*
 * Computes what a round does to the state, and its sum, by doubling a single
 * step.
 */
static void compute_answer(unsigned int log_steps)
{
	struct affine state = { FACTOR, ADDEND }, sum = state;
	unsigned int i;

	for (i = 0; i < log_steps; i++) {
		sum.addend += sum.factor * state.addend + sum.addend;
		sum.factor += sum.factor * state.factor;
		state.addend += state.factor * state.addend;
		state.factor *= state.factor;
	}
	round_state = state;
	round_sum = sum;
}

#endif /* _LCG_H */
