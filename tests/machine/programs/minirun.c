// SPDX-License-Identifier: GPL-2.0-only
/*
 * minirun [--cpu N] [--vms N] [--rounds N | --forever] [--log-steps N]
 * [--yield] [--progress FILE]: runs VMs of minivisor, and computes their
 * results in another way.
 *
 * samples/minivisor/guest.S is the guest. In each round it must also have
 * exited exactly once by each of CPUID, HLT, an EPT violation and VMCALL.
 *
 * --log-steps: log2 of the steps of a round, 6 to 16. --yield: let other tasks
 * use this CPU after each round. --forever: run until SIGTERM. --progress:
 * write the number of rounds of all VMs to a file, for the program "progress".
 * The exit status is 0, 1 after a wrong result or an error of minivisor, or 77
 * if no VM can be created.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../../samples/minivisor/minivisor_ioctl.h"
#include "lcg.h"
#include "runner.h"

#define NO_VM		77
#define MAX_VMS		8
#define SIGNATURE	(0U + MINIVISOR_LEAF_EBX + MINIVISOR_LEAF_ECX + MINIVISOR_LEAF_EDX)

static_assert(FACTOR == MINIVISOR_FACTOR && ADDEND == MINIVISOR_ADDEND &&
	      1 << MIN_LOG_STEPS == MINIVISOR_MIN_STEPS &&
	      1 << MAX_LOG_STEPS == MINIVISOR_MAX_STEPS, "another computation");

struct vm {
	pthread_t thread;
	int fd;
	unsigned int id;
	__u32 x;
	__u64 round;
	struct minivisor_run run;
};

static struct vm vms[MAX_VMS];

static void make_vm(struct vm *vm, unsigned int id)
{
	vm->id = id;
	vm->x = id + 1;
	vm->run.seed = vm->x;
	vm->run.steps = 1ULL << options.log_steps;
	vm->fd = open("/dev/minivisor", O_RDWR | O_CLOEXEC);
	if (vm->fd < 0) {
		printf("minirun: no VM: %s\n", strerrorname_np(errno));
		exit(NO_VM);
	}
}

static void check_exits(const struct vm *vm)
{
	const struct minivisor_run *run = &vm->run;

	if (run->rounds != vm->round || run->cpuid != vm->round || run->hlt != vm->round ||
	    run->ept_violations != vm->round)
		errx(1, "VM %u: after round %llu: VMCALL %llu CPUID %llu HLT %llu EPT %llu",
		     vm->id, vm->round, run->rounds, run->cpuid, run->hlt, run->ept_violations);
}

static void check_round(struct vm *vm)
{
	__u32 wanted = apply(round_sum, vm->x) + SIGNATURE;

	vm->round++;
	if (vm->run.sum != wanted)
		errx(1, "VM %u: wrong result in round %llu: 0x%llx instead of 0x%x", vm->id,
		     vm->round, vm->run.sum, wanted);
	check_exits(vm);
	vm->x = apply(round_state, vm->x);
	round_done();
}

static void *run_vm(void *data)
{
	struct vm *vm = data;

	while (!stopped() && vm->round < options.rounds) {
		if (!ioctl(vm->fd, MINIVISOR_RUN, &vm->run))
			check_round(vm);
		else if (errno != EINTR)
			err(1, "VM %u: MINIVISOR_RUN", vm->id);
		if (options.yield)
			sched_yield();
	}
	return data;
}

static void run_all(void)
{
	unsigned int i;
	int error;

	for (i = 0; i < options.many; i++)
		make_vm(&vms[i], i);
	for (i = 0; i < options.many; i++) {
		error = pthread_create(&vms[i].thread, NULL, run_vm, &vms[i]);
		if (error)
			errx(1, "pthread_create: %s", strerrorname_np(error));
	}
	for (i = 0; i < options.many; i++)
		join(vms[i].thread, i);
}

/* Close all VMs before the last line reports success. */
static void end_all(void)
{
	unsigned int i;

	for (i = 0; i < options.many; i++) {
		printf("minirun: VM %u: interrupts %llu nmis %llu launches %llu moves %llu\n", i,
		       vms[i].run.interrupts, vms[i].run.nmis, vms[i].run.launches,
		       vms[i].run.moves);
		close(vms[i].fd);
	}
}

int main(int argc, char **argv)
{
	parse(argc, argv, "vms", MAX_VMS);
	prepare();
	run_all();
	end_all();
	printf("minirun: %llu rounds\n", *progress);
	return 0;
}
