/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU as it is. The kernel's own accessors pin bits, keep a shadow and warn: what is wanted
 * in tests is what they would not do.
 */
#ifndef VMXCORE_TEST_CPUS_H
#define VMXCORE_TEST_CPUS_H

#include <linux/types.h>

/* What VMPTRST stores where there is none. */
#define NO_CURRENT_VMCS	(~0ULL)

/* In vmxcore_cpus.ko, which knows nothing of vmxcore. */
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
