// SPDX-License-Identifier: GPL-2.0-only
/*
 * silicon: what a pair of vmxcore_get() and vmxcore_put() costs on this host's CPU while VMX is on,
 * beside refcount_inc() and refcount_dec_and_test(). They need no VMX for that, and next to nothing
 * of a kernel: linked to this are the modules themselves, vmxcore.ko, and vmxcore_bench.ko with the
 * loops that the case "bench" runs in the emulated machine. Each line is a figure: its name, the
 * median, the least and the most of its samples, in ticks of the TSC.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../machine/programs/figures.h"
#include "silicon.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))
#define SAMPLES		1001
/* The first one of the first slot. */
#define HANDLE		32UL
#define RET		0xc3
#define PUSHF		0x9c
#define NOP		0x90

/* A task that may sleep. */
struct {
	__u64 current_task;
	int preempt_count;
} pcpu_hot;

/* Outside of Xen flags are read by PUSHF and POP, and not by a call. Nothing else matters here. */
static void patch_flags(const struct alt_instr *a)
{
	const unsigned char *replacement = (unsigned char *)&a->repl_offset + a->repl_offset;
	unsigned char *instr = (unsigned char *)&a->instr_offset + a->instr_offset;

	if (!a->replacementlen || replacement[0] != PUSHF)
		return;
	memset(instr, NOP, a->instrlen);
	memcpy(instr, replacement, a->replacementlen);
}

/* As the kernel does when it loads a module. */
static void patch(void)
{
	static const unsigned char nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	size_t page = sysconf(_SC_PAGESIZE);
	char *begin = (char *)((uintptr_t)__executable_start & -page);
	const struct alt_instr *a;
	unsigned char **call;
	__s32 *site;

	if (mprotect(begin, etext - begin, PROT_READ | PROT_WRITE | PROT_EXEC))
		err(1, "mprotect");
	for (call = __start___mcount_loc; call < __stop___mcount_loc; call++)
		memcpy(*call, nop, sizeof(nop));
	for (site = __start_return_sites; site < __stop_return_sites; site++)
		*((unsigned char *)site + *site) = RET;
	for (a = __start_altinstructions; a < __stop_altinstructions; a++)
		patch_flags(a);
}

/* In turns: what else the host does is to fall on all of them. */
static void measure(void)
{
	static const struct {
		const char *name;
		__u64 (*run)(void);
	} loops[] = {
		{ "nothing", nothing_loop },
		{ "get_put", get_put_loop },
		{ "refcount", inc_dec_loop },
	};
	static __u64 samples[ARRAY_SIZE(loops)][SAMPLES];
	unsigned int i, j;

	for (i = 0; i < SAMPLES; i++) {
		for (j = 0; j < ARRAY_SIZE(loops); j++)
			samples[j][i] = loops[j].run();
	}
	for (j = 0; j < ARRAY_SIZE(loops); j++)
		print_figure(loops[j].name, samples[j], SAMPLES);
}

/* Do they count, as they do while VMX is on? */
static bool counts(void)
{
	const __u64 held = HANDLE << 32 | 1;

	vmxcore_clients[0] = held;
	if (vmxcore_get((void *)HANDLE) || vmxcore_clients[0] != held + 1)
		return false;
	vmxcore_put((void *)HANDLE);
	return vmxcore_clients[0] == held;
}

int main(void)
{
	patch();
	if (!counts())
		errx(1, "the calls do not count: look for what else they need");
	client = (void *)HANDLE;
	measure();
	return 0;
}
