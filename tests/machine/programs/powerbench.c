// SPDX-License-Identifier: GPL-2.0-only
/*
 * powerbench: what it takes to bring CPU 1 offline and online, and the machine to the brink of S3
 * and back, while there is a VM, so that VMX is on. Each line is a figure: its name, the median,
 * the least and the most of its samples, in ticks of the TSC. With one CPU the first two are
 * left out.
 *
 * The suspend is one to "core" (pm_test): all that a sleep to RAM executes but the firmware's
 * part, in which the TSC begins anew.
 *
 * Exit status: 0, or 1: something of it cannot be had.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cpu.h"
#include "figures.h"

/* Odd, so that a median is one of them. */
#define SAMPLES		5

#define CPU_1		"/sys/devices/system/cpu/cpu1/online"

static void put(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, text, strlen(text)) < 0)
		err(1, "%s to %s", text, path);
	close(file);
}

static __u64 time_of(const char *path, const char *text)
{
	__u64 start = ticks();

	put(path, text);
	return ticks() - start;
}

static void measure_cpu(void)
{
	__u64 offline[SAMPLES], online[SAMPLES];
	int i;

	for (i = 0; i < SAMPLES; i++) {
		offline[i] = time_of(CPU_1, "0");
		online[i] = time_of(CPU_1, "1");
	}
	print_figure("cpu_offline", offline, SAMPLES);
	print_figure("cpu_online", online, SAMPLES);
}

static void measure_suspend(void)
{
	__u64 suspend[SAMPLES];
	int i;

	put("/sys/module/suspend/parameters/pm_test_delay", "0");
	put("/sys/power/pm_test", "core");
	for (i = 0; i < SAMPLES; i++)
		suspend[i] = time_of("/sys/power/state", "mem");
	put("/sys/power/pm_test", "none");
	print_figure("suspend_and_resume", suspend, SAMPLES);
}

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0 || ioctl(kvm, KVM_CREATE_VM, 0) < 0)
		err(1, "/dev/kvm");
	run_on_cpu(0);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		measure_cpu();
	measure_suspend();
	return 0;
}
