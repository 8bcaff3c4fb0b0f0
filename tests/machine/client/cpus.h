/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct access to a CPU's state. The kernel's own accessors pin bits, keep a
 * shadow and warn, and tests need just what these would prevent.
 */
#ifndef VMXCORE_TEST_CPUS_H
#define VMXCORE_TEST_CPUS_H

#include <linux/types.h>

/* VMPTRST stores this if there is no current VMCS. */
#define NO_CURRENT_VMCS	(~0ULL)

/* These are in vmxcore_cpus.ko, which does not depend on vmxcore. */
bool test_vmx_on(void);
u64 test_current_vmcs(void);
int test_cpus_off(bool all);

static inline unsigned long read_raw_cr4(void)
{
	unsigned long cr4;

	asm volatile("mov %%cr4, %0" : "=r" (cr4) : : "memory");
	return cr4;
}

static inline void write_raw_cr4(unsigned long cr4)
{
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
}

static inline unsigned long read_raw_cr0(void)
{
	unsigned long cr0;

	asm volatile("mov %%cr0, %0" : "=r" (cr0) : : "memory");
	return cr0;
}

static inline void write_raw_cr0(unsigned long cr0)
{
	asm volatile("mov %0, %%cr0" : : "r" (cr0) : "memory");
}

#endif /* VMXCORE_TEST_CPUS_H */
