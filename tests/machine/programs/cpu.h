/* SPDX-License-Identifier: GPL-2.0-only */
/* For programs that bind themselves to a CPU. They define _GNU_SOURCE. */
#ifndef _CPU_H
#define _CPU_H

#include <err.h>
#include <sched.h>

static void run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "cannot run on CPU %d", cpu);
}

#endif /* _CPU_H */
