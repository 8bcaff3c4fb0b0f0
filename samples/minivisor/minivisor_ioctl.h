/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * minivisor: what user space and the guest know of it.
 *
 * open("/dev/minivisor") makes a VM with one vCPU, close() ends it.
 */
#ifndef _MINIVISOR_IOCTL_H
#define _MINIVISOR_IOCTL_H

/*
 * What the guest computes: x = x * FACTOR + ADDEND, STEPS times a round, each x through its
 * memory and into a sum. To the sum comes what CPUID says in LEAF, which a guest on bare
 * hardware would not get: "minivisor" in EBX, ECX and EDX. The guest never starts anew.
 */
#define MINIVISOR_FACTOR	1664525
#define MINIVISOR_ADDEND	1013904223
#define MINIVISOR_MIN_STEPS	64
#define MINIVISOR_MAX_STEPS	0x10000
#define MINIVISOR_STRIDE	513

#define MINIVISOR_LEAF		0x40000000
#define MINIVISOR_LEAF_EBX	0x696e696d
#define MINIVISOR_LEAF_ECX	0x6f736976
#define MINIVISOR_LEAF_EDX	0x00000072

#ifndef __ASSEMBLY__

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct minivisor_run - MINIVISOR_RUN: one round of the guest
 * @seed: in: the x that the guest starts with; only the first call is asked
 * @steps: in: how many steps a round has, MIN_STEPS to MAX_STEPS; likewise
 * @sum: out: the sum of this round, modulo 2^32
 * @rounds: out, as all that follow, and counted since open(): VMCALLs, one a round
 * @cpuid: CPUIDs, one a round
 * @hlt: HLTs, one a round
 * @ept_violations: accesses to the page that minivisor takes away after each round: one a round
 * @interrupts: exits because of an interrupt of the host
 * @nmis: exits because of an NMI of the host
 * @launches: how often the VMCS was found clear, and VMLAUNCH was due
 * @moves: how often the vCPU was on another CPU than before, the first time included
 *
 * Errors: EINTR: a signal came; call again, nothing is lost. EIO: the guest has done what
 * it must not, see the kernel's log; it is over. Others are those of vmxcore_vmcs_load().
 */
struct minivisor_run {
	__u64 seed;
	__u64 steps;
	__u64 sum;
	__u64 rounds;
	__u64 cpuid;
	__u64 hlt;
	__u64 ept_violations;
	__u64 interrupts;
	__u64 nmis;
	__u64 launches;
	__u64 moves;
};

#define MINIVISOR_RUN	_IOWR(0xb5, 0, struct minivisor_run)

#endif /* __ASSEMBLY__ */

#endif /* _MINIVISOR_IOCTL_H */
