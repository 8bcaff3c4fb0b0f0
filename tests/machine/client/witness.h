/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel tells its crash kernel about its launched VMCSs: written by
 * vmxcore_test.ko and read by vmcsleft.
 */
#ifndef _VMXCORE_TEST_WITNESS_H
#define _VMXCORE_TEST_WITNESS_H

#include <linux/types.h>

#define WITNESS_MAGIC		0x737365656e746977ULL
#define WITNESS_VMCSS		64

struct witness {
	__u64 magic;
	__u64 count;
	__u64 vmcs[WITNESS_VMCSS];
};

#endif /* _VMXCORE_TEST_WITNESS_H */
