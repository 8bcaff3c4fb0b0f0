/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * minivisor: the interface to user space, and the constants that the guest
 * shares with it.
 *
 * open("/dev/minivisor") creates a VM with one vCPU, close() destroys it.
 */
#ifndef _MINIVISOR_IOCTL_H
#define _MINIVISOR_IOCTL_H

/*
 * A round of the guest executes STEPS steps of x = x * FACTOR + ADDEND. Each x
 * is written to the guest's memory, read back and added to a sum. The sum also
 * contains the EBX, ECX and EDX that CPUID returns for MINIVISOR_LEAF,
 * "minivisor" in ASCII, which bare hardware would not return. The state x is
 * never reset: each round starts where the last one ended.
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
 * struct minivisor_run - MINIVISOR_RUN: run one round of the guest
 * @seed: in: the guest's first x; read by the first call only
 * @steps: in: the number of steps of a round, MINIVISOR_MIN_STEPS to
 *	MINIVISOR_MAX_STEPS; read by the first call only
 * @sum: out: the sum of this round, modulo 2^32
 * @rounds: out: exits by VMCALL, one a round. This and all later counts start
 *	at open().
 * @cpuid: out: exits by CPUID, one a round
 * @hlt: out: exits by HLT, one a round
 * @ept_violations: out: accesses to the page that minivisor unmaps after each
 *	round, one a round
 * @interrupts: out: exits by an interrupt of the host
 * @nmis: out: exits by an NMI of the host
 * @launches: out: VM entries by VMLAUNCH, each on a VMCS that was clear
 * @moves: out: loads of the VMCS on another CPU than the last one, the very
 *	first load included
 *
 * EINTR: a signal is pending; call again, nothing is lost. EIO: the guest caused
 * an exit that ends it, and the kernel log names it. Other errors are those of
 * vmxcore_vmcs_load().
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
