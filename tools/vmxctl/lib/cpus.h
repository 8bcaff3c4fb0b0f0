/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists of CPUs in the form of the kernel. */
#ifndef VMXCTL_CPUS_H
#define VMXCTL_CPUS_H

#include <stdbool.h>
#include <stdint.h>

/* Above the largest NR_CPUS of x86. */
#define CPU_LIMIT	8192

bool cpus_range(const char **list, unsigned int *first, unsigned int *last);
bool cpus_list(const char *list);
bool cpus_counts(const char *list, uint64_t counts[CPU_LIMIT]);

#endif /* VMXCTL_CPUS_H */
