// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmbench [edges]: measures the cost of KVM; with "edges" only that of
 * creating and destroying VMs. Each line is a figure: its name, and the median,
 * minimum and maximum of its samples, in TSC ticks. Figures that need several
 * CPUs are left out if there is only one.
 *
 * The exit status is 0, or 1 if a figure cannot be measured.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu.h"
#include "figures.h"

/* An odd number, so that the median is one of the samples */
#define SAMPLES		15
#define EXITS		200
#define CODE		0x1000
#define MEMORY		0x4000
#define PORT		0x10

/*
 * Each KVM_RUN goes from one OUT to the next. In between the guest executes SI
 * CPUIDs, which KVM handles without user space.
 */
static const __u8 guest_code[] = {
	0x89, 0xf7,			/* round: mov %si, %di */
	0x85, 0xff,			/* next: test %di, %di */
	0x74, 0x08,			/* jz out */
	0x66, 0x31, 0xc0,		/* xor %eax, %eax */
	0x0f, 0xa2,			/* cpuid */
	0x4f,				/* dec %di */
	0xeb, 0xf4,			/* jmp next */
	0xe6, PORT,			/* out: out %al, $PORT */
	0xeb, 0xee,			/* jmp round */
};

struct vm {
	int vm;
	int vcpu;
	struct kvm_run *run;
};

static int kvm;

static int create_vm(void)
{
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	if (vm < 0)
		err(1, "KVM_CREATE_VM");
	return vm;
}

/* Creating the first VM turns VMX on, destroying the last one turns it off. */
static void measure_edges(void)
{
	__u64 first[SAMPLES], second[SAMPLES], not_last[SAMPLES], last[SAMPLES];
	__u64 t[5];
	int a, b, i;

	for (i = 0; i < SAMPLES; i++) {
		t[0] = ticks();
		a = create_vm();
		t[1] = ticks();
		b = create_vm();
		t[2] = ticks();
		close(b);
		t[3] = ticks();
		close(a);
		t[4] = ticks();
		first[i] = t[1] - t[0];
		second[i] = t[2] - t[1];
		not_last[i] = t[3] - t[2];
		last[i] = t[4] - t[3];
	}
	print_figure("create_first_vm", first, SAMPLES);
	print_figure("create_second_vm", second, SAMPLES);
	print_figure("destroy_vm", not_last, SAMPLES);
	print_figure("destroy_last_vm", last, SAMPLES);
}

static void give_memory(int vm)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
	char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	memcpy(memory + CODE, guest_code, sizeof(guest_code));
	region.userspace_addr = (unsigned long)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		err(1, "KVM_SET_USER_MEMORY_REGION");
}

static void set_registers(int vcpu, __u64 cpuids)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rsi = cpuids };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		err(1, "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
		err(1, "KVM_SET_REGS");
}

/* Runs the guest until its next OUT. */
static __u64 enter(const struct vm *vm)
{
	__u64 start = ticks();

	if (ioctl(vm->vcpu, KVM_RUN, 0))
		err(1, "KVM_RUN");
	start = ticks() - start;
	if (vm->run->exit_reason != KVM_EXIT_IO || vm->run->io.port != PORT)
		errx(1, "the guest stopped, exit reason %u", vm->run->exit_reason);
	return start;
}

static struct vm make_vm(void)
{
	struct vm vm = { .vm = create_vm() };
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	give_memory(vm.vm);
	vm.vcpu = ioctl(vm.vm, KVM_CREATE_VCPU, 0);
	if (vm.vcpu < 0)
		err(1, "KVM_CREATE_VCPU");
	vm.run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm.vcpu, 0);
	if (vm.run == MAP_FAILED)
		err(1, "mmap of the vCPU");
	set_registers(vm.vcpu, 0);
	enter(&vm);
	return vm;
}

/* Runs it EXITS times, with that many CPUIDs in each. */
static __u64 enter_many(const struct vm *vm, __u64 cpuids)
{
	__u64 sum = 0;
	int i;

	set_registers(vm->vcpu, cpuids);
	enter(vm);
	for (i = 0; i < EXITS; i++)
		sum += enter(vm);
	return sum;
}

static void measure_exits(const struct vm *vm)
{
	__u64 user[SAMPLES], kernel[SAMPLES];
	int i;

	for (i = 0; i < SAMPLES; i++) {
		user[i] = enter_many(vm, 0) / EXITS;
		/*
		 * The difference is nine exits to the kernel, and the loop in
		 * the guest.
		 */
		kernel[i] = (enter_many(vm, 10) - enter_many(vm, 1)) / (9ULL * EXITS);
	}
	print_figure("exit_to_user_space", user, SAMPLES);
	print_figure("exit_to_kernel", kernel, SAMPLES);
}

static bool stop;

static void *other_task(void *unused)
{
	(void)unused;
	run_on_cpu(0);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		sched_yield();
	return NULL;
}

/*
 * Another task has used the CPU since the last entry, so KVM loads the vCPU
 * again.
 */
static void measure_switch(const struct vm *vm)
{
	__u64 sum, samples[SAMPLES];
	pthread_t other;
	int i, j;

	run_on_cpu(0);
	if (pthread_create(&other, NULL, other_task, NULL))
		errx(1, "pthread_create");
	for (i = 0; i < SAMPLES; i++) {
		for (sum = 0, j = 0; j < EXITS; j++) {
			sched_yield();
			sum += enter(vm);
		}
		samples[i] = sum / EXITS;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(other, NULL);
	print_figure("entry_after_context_switch", samples, SAMPLES);
}

static void measure_migration(const struct vm *vm)
{
	__u64 sum, samples[SAMPLES];
	int i, j;

	for (i = 0; i < SAMPLES; i++) {
		for (sum = 0, j = 0; j < EXITS; j++) {
			run_on_cpu(j % 2);
			sum += enter(vm);
		}
		samples[i] = sum / EXITS;
	}
	print_figure("entry_after_migration", samples, SAMPLES);
}

int main(int argc, char **argv)
{
	struct vm vm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		err(1, "/dev/kvm");
	run_on_cpu(0);
	measure_edges();
	if (argc > 1 && !strcmp(argv[1], "edges"))
		return 0;
	vm = make_vm();
	measure_exits(&vm);
	measure_switch(&vm);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		measure_migration(&vm);
	return 0;
}
