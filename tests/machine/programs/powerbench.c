// SPDX-License-Identifier: GPL-2.0-only
/*
 * powerbench: measures taking CPU 1 offline and online, and suspending and
 * resuming the machine, while a VM keeps VMX on. Each line is a figure: its
 * name, and the median, minimum and maximum of its samples, in TSC ticks. The
 * figures of CPU 1 are left out if there is only one CPU.
 *
 * The suspend is one to "core" (pm_test): it executes all of a suspend to RAM
 * except for the firmware's part, which would reset the TSC.
 *
 * The exit status is 0, or 1 if a figure cannot be measured.
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

/* An odd number, so that the median is one of the samples */
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
