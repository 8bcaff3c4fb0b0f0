/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VirtualBox's guest (vboxguest.S) and the program that checks it
 * (vboxticks.c) have to agree on.
 */
#ifndef _VBOXGUEST_H
#define _VBOXGUEST_H

#ifdef __ASSEMBLER__
#define FACTOR		1664525
#define ADDEND		1013904223
#endif

#define LOG_STEPS	20
/* Of the first CPU; the second one has the next number, and so on. */
#define FIRST_STATE	1

#endif /* _VBOXGUEST_H */
