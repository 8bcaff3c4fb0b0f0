// SPDX-License-Identifier: GPL-2.0-only
/*
 * hoststate CPU ROUNDS: fills each register that user space can fill with a
 * value of its own, and runs a guest of minivisor. After each round all of the
 * values must still be there.
 *
 * These are an LDT, and its selectors in DS, ES, FS and GS; bases in FS and GS
 * that differ from those of the selectors; an I/O bitmap, which a VM exit cuts
 * off; a breakpoint; vector registers; and TSC_AUX.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <err.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../samples/minivisor/minivisor_ioctl.h"
#include "cpu.h"

#define WRITE_LDT	0x11
#define HWCAP2_FSGSBASE	2
#define LDT_BASE	0x1000
/* TI is 1 and RPL is 3, which VM entry accepts in no host selector. */
#define LDT_SELECTOR(i)	((i) << 3 | 7)
#define GS_VALUE	0x123456789000ul
#define DELAY_PORT	0x80

/* The registers before the first round, or after a round */
struct registers {
	unsigned short ds, es, fs, gs;
	unsigned long fs_base, gs_base;
	unsigned char xmm[16];
	unsigned long cpu;
};

static int watched;

static void make_ldt(void)
{
	struct user_desc desc = {
		.base_addr = LDT_BASE,
		.limit = 0xfffff,
		.seg_32bit = 1,
		.limit_in_pages = 1,
		.useable = 1,
	};

	for (desc.entry_number = 0; desc.entry_number < 4; desc.entry_number++) {
		if (syscall(SYS_modify_ldt, WRITE_LDT, &desc, sizeof(desc)))
			err(1, "modify_ldt");
	}
}

/*
 * Loading FS changes its base, where the C library keeps its variables: restore
 * it at once.
 */
static void fill_segments(void)
{
	unsigned long base;

	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		errx(77, "no FSGSBASE");
	asm volatile("mov %0, %%ds\n\t"
		     "mov %1, %%es\n\t"
		     : : "r" (LDT_SELECTOR(0)), "r" (LDT_SELECTOR(1)));
	asm volatile("rdfsbase %0\n\t"
		     "mov %1, %%fs\n\t"
		     "wrfsbase %0\n\t"
		     "mov %2, %%gs\n\t"
		     "wrgsbase %3\n\t"
		     : "=&r" (base)
		     : "r" (LDT_SELECTOR(2)), "r" (LDT_SELECTOR(3)), "r" (GS_VALUE));
}

static int make_breakpoint(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (unsigned long)&watched,
		.bp_len = sizeof(watched),
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0)
		err(1, "perf_event_open");
	return fd;
}

static void read_registers(struct registers *r)
{
	asm volatile("mov %%ds, %0" : "=m" (r->ds));
	asm volatile("mov %%es, %0" : "=m" (r->es));
	asm volatile("mov %%fs, %0" : "=m" (r->fs));
	asm volatile("mov %%gs, %0" : "=m" (r->gs));
	asm volatile("rdfsbase %0" : "=r" (r->fs_base));
	asm volatile("rdgsbase %0" : "=r" (r->gs_base));
	asm volatile("rdtscp" : "=c" (r->cpu) : : "eax", "edx");
}

/* Make the system call directly: the C library may use vector registers. */
static void run_round(int fd, struct minivisor_run *run, unsigned char *xmm)
{
	long result = SYS_ioctl;

	asm volatile("movdqu %[xmm], %%xmm7\n\t"
		     "syscall\n\t"
		     "movdqu %%xmm7, %[xmm]\n\t"
		     : "+a" (result), [xmm] "+m" (*(unsigned char (*)[16])xmm)
		     : "D" (fd), "S" (MINIVISOR_RUN), "d" (run)
		     : "rcx", "r11", "xmm7", "memory");
	if (result)
		errx(1, "MINIVISOR_RUN: %ld", result);
}

static void check_breakpoint(int fd, unsigned long long wanted)
{
	unsigned long long count;

	asm volatile("incl %0" : "+m" (watched));
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err(1, "read of the breakpoint's count");
	if (count != wanted)
		errx(1, "the breakpoint has fired %llu times, not %llu", count, wanted);
}

static void check(const struct registers *before, const struct registers *now)
{
	if (!memcmp(before, now, sizeof(*now)))
		return;
	errx(1, "ds %x %x es %x %x fs %x %x gs %x %x fs_base %lx %lx gs_base %lx %lx cpu %lu %lu",
	     before->ds, now->ds, before->es, now->es, before->fs, now->fs, before->gs, now->gs,
	     before->fs_base, now->fs_base, before->gs_base, now->gs_base, before->cpu, now->cpu);
}

int main(int argc, char **argv)
{
	struct registers before = { .xmm = "vector register" }, now;
	struct minivisor_run run = { .seed = 1, .steps = MINIVISOR_MAX_STEPS };
	int fd, breakpoint, i, rounds;

	if (argc != 3)
		errx(2, "usage: hoststate CPU ROUNDS");
	run_on_cpu(atoi(argv[1]));
	rounds = atoi(argv[2]);

	fd = open("/dev/minivisor", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		err(1, "/dev/minivisor");
	breakpoint = make_breakpoint();
	make_ldt();
	if (ioperm(DELAY_PORT, 1, 1))
		err(1, "ioperm");
	fill_segments();
	read_registers(&before);
	now = before;

	for (i = 1; i <= rounds; i++) {
		run_round(fd, &run, now.xmm);
		read_registers(&now);
		/* This faults if the bitmap is outside of the TSS. */
		inb(DELAY_PORT);
		check(&before, &now);
		check_breakpoint(breakpoint, i);
	}
	printf("hoststate: ds %x es %x fs %x gs %x, %d rounds\n", now.ds, now.es, now.fs, now.gs,
	       rounds);
	return 0;
}
