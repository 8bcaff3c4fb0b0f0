/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What silicon.c needs of the modules that are linked to it.
 */
#ifndef _SILICON_H
#define _SILICON_H

#include <linux/types.h>

/* Of vmxcore_bench.ko. */
__u64 nothing_loop(void);
__u64 get_put_loop(void);
__u64 inc_dec_loop(void);
extern void *client;

/* Of vmxcore.ko. The table begins with the handle and the count of the first slot. */
int vmxcore_get(void *client);
void vmxcore_put(void *client);
extern __u64 vmxcore_clients[];

/* Of both: ftrace's calls, and, each by its distance from here, jumps to the return thunk. */
extern unsigned char *__start___mcount_loc[], *__stop___mcount_loc[];
extern __s32 __start_return_sites[], __stop_return_sites[];

/* As in the kernel's asm/alternative.h. */
struct alt_instr {
	__s32 instr_offset;
	__s32 repl_offset;
	__u32 ft_flags;
	__u8 instrlen;
	__u8 replacementlen;
} __attribute__((packed));
extern struct alt_instr __start_altinstructions[], __stop_altinstructions[];

/* The linker's. */
extern char __executable_start[], etext[];

#endif /* _SILICON_H */
