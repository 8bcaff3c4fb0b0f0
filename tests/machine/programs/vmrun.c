// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmrun [--cpu N] [--vcpus N] [--rounds N | --forever] [--log-steps N]
 * [--yield] [--progress FILE]: runs a VM that computes, and computes the same
 * result in another way.
 *
 * The guest runs in real mode. It makes 65536 steps of a linear congruential
 * generator in a round, sends each number through memory, and reports the sum
 * by OUT. Its state is never reset: a register or page that is lost, for
 * example in a suspend, makes every later sum wrong. The host gets from one
 * round's state and sum to the next by composing affine maps.
 *
 * --log-steps: log2 of the steps of a round, 6 to 16. --yield: let other tasks
 * use this CPU after each round. --forever: run until SIGTERM. --progress:
 * write the number of rounds of all vCPUs to a file, for the program
 * "progress". The exit status is 0, 1 after a wrong result or an error of KVM,
 * or 77 if KVM cannot create a VM.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lcg.h"
#include "runner.h"

#define NO_VM		77
#define MAX_VCPUS	8
#define CODE		0x1000
#define DATA		0x10000
#define GUEST_MEMORY	0x20000
#define PORT		0x10

static const __u8 guest_code[] = {
	0x66, 0x31, 0xdb,				/* round: xor %ebx, %ebx */
	0xb9, 0x00, 0x00,				/* mov $STEPS, %cx */
	0x66, 0x69, 0xc0, 0x0d, 0x66, 0x19, 0x00,	/* step: imul $FACTOR, %eax, %eax */
	0x66, 0x05, 0x5f, 0xf3, 0x6e, 0x3c,		/* add $ADDEND, %eax */
	0x89, 0xce,					/* mov %cx, %si */
	0x83, 0xe6, 0xfc,				/* and $0xfffc, %si */
	0x66, 0x89, 0x04,				/* mov %eax, (%si) */
	0x66, 0x03, 0x1c,				/* add (%si), %ebx */
	0xe2, 0xe6,					/* loop step */
	0x66, 0x93,					/* xchg %eax, %ebx */
	0x66, 0xe7, PORT,				/* out %eax, $PORT */
	0x66, 0x93,					/* xchg %eax, %ebx */
	0xeb, 0xd7,					/* jmp round */
};

/* The offset of the number of steps; 0 stands for 65536, the whole of CX. */
#define CODE_STEPS	4

struct vcpu {
	pthread_t thread;
	int vm;
	unsigned int id;
	__u32 x;
};

static int kvm, vcpu_mmap_size;

static void no_vm(const char *what)
{
	printf("vmrun: no VM, %s: %s\n", what, strerrorname_np(errno));
	exit(NO_VM);
}

static int make_vm(void)
{
	int vm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		no_vm("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		no_vm("KVM_CREATE_VM");
	vcpu_mmap_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vcpu_mmap_size < 0)
		err(1, "KVM_GET_VCPU_MMAP_SIZE");
	return vm;
}

/*
 * Each vCPU has memory of its own, since all run the same code at the same
 * addresses.
 */
static __u64 memory_of(unsigned int id)
{
	return (__u64)id * GUEST_MEMORY;
}

static void give_memory(int vm, unsigned int id)
{
	struct kvm_userspace_memory_region region = {
		.slot = id,
		.guest_phys_addr = memory_of(id),
		.memory_size = GUEST_MEMORY,
	};
	__u16 steps = 1U << options.log_steps;
	char *memory = mmap(NULL, GUEST_MEMORY, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	memcpy(memory + CODE, guest_code, sizeof(guest_code));
	memcpy(memory + CODE + CODE_STEPS, &steps, sizeof(steps));
	region.userspace_addr = (unsigned long)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		err(1, "KVM_SET_USER_MEMORY_REGION");
}

static void set_segment(struct kvm_segment *segment, __u64 base)
{
	segment->base = base;
	segment->selector = base >> 4;
}

static void set_registers(const struct vcpu *vcpu, int fd)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rax = vcpu->x };
	struct kvm_sregs sregs;

	if (ioctl(fd, KVM_GET_SREGS, &sregs))
		err(1, "KVM_GET_SREGS");
	set_segment(&sregs.cs, memory_of(vcpu->id));
	set_segment(&sregs.ds, memory_of(vcpu->id) + DATA);
	if (ioctl(fd, KVM_SET_SREGS, &sregs) || ioctl(fd, KVM_SET_REGS, &regs))
		err(1, "KVM_SET_REGS");
}

/* Enters the VM once. Returns true if the guest has reported a sum. */
static bool run_once(int fd, const struct kvm_run *run)
{
	if (ioctl(fd, KVM_RUN, 0)) {
		if (errno != EINTR && errno != EAGAIN)
			err(1, "KVM_RUN");
		return false;
	}
	if (run->exit_reason != KVM_EXIT_IO || run->io.port != PORT)
		errx(1, "the guest stopped, exit reason %u", run->exit_reason);
	return true;
}

static void check_round(struct vcpu *vcpu, const struct kvm_run *run)
{
	__u32 sum;

	memcpy(&sum, (const char *)run + run->io.data_offset, sizeof(sum));
	if (sum != apply(round_sum, vcpu->x))
		errx(1, "vCPU %u: wrong result after %llu rounds: 0x%x instead of 0x%x", vcpu->id,
		     *progress, sum, apply(round_sum, vcpu->x));
	vcpu->x = apply(round_state, vcpu->x);
	round_done();
}

static void *run_vcpu(void *data)
{
	struct vcpu *vcpu = data;
	const struct kvm_run *run;
	__u64 round = 0;
	int fd = ioctl(vcpu->vm, KVM_CREATE_VCPU, vcpu->id);

	if (fd < 0)
		err(1, "KVM_CREATE_VCPU");
	run = mmap(NULL, vcpu_mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED)
		err(1, "mmap of the vCPU");
	set_registers(vcpu, fd);

	while (!stopped() && round < options.rounds) {
		if (run_once(fd, run)) {
			check_round(vcpu, run);
			round++;
		}
		if (options.yield)
			sched_yield();
	}
	return data;
}

static void run_all(int vm)
{
	static struct vcpu vcpus[MAX_VCPUS];
	unsigned int i;
	int error;

	for (i = 0; i < options.many; i++) {
		vcpus[i] = (struct vcpu){ .vm = vm, .id = i, .x = i + 1 };
		give_memory(vm, i);
		error = pthread_create(&vcpus[i].thread, NULL, run_vcpu, &vcpus[i]);
		if (error)
			errx(1, "pthread_create: %s", strerrorname_np(error));
	}
	for (i = 0; i < options.many; i++)
		join(vcpus[i].thread, i);
}

int main(int argc, char **argv)
{
	parse(argc, argv, "vcpus", MAX_VCPUS);
	prepare();
	run_all(make_vm());
	printf("vmrun: %llu rounds\n", *progress);
	return 0;
}
