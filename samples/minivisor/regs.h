/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's general-purpose registers, by their numbers in instructions. RSP
 * is in the VMCS.
 */
#ifndef _MINIVISOR_REGS_H
#define _MINIVISOR_REGS_H

#define GUEST_RAX	0
#define GUEST_RCX	1
#define GUEST_RDX	2
#define GUEST_RBX	3
#define GUEST_RBP	5
#define GUEST_RSI	6
#define GUEST_RDI	7
#define GUEST_R8	8
#define GUEST_R9	9
#define GUEST_R10	10
#define GUEST_R11	11
#define GUEST_R12	12
#define GUEST_R13	13
#define GUEST_R14	14
#define GUEST_R15	15
#define NR_REGS	16

#endif /* _MINIVISOR_REGS_H */
