/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPUs as user space sees them, and their MSRs where the msr driver shows
 * them.
 */
#ifndef VMXCTL_MACHINE_H
#define VMXCTL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSR_FEATURE_CONTROL	0x3a
#define FEATURE_CONTROL_LOCKED	(1U << 0)
#define FEATURE_CONTROL_VMX	(1U << 2)

enum answer {
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_UNKNOWN,
};

/**
 * struct machine - what the CPUs are
 * @err: why /proc/cpuinfo could not be read, or 0
 * @intel: an Intel CPU, or one of a vendor whose VMX works alike
 * @vmx: the CPU has VMX and the firmware has not locked it off, as the kernel found
 * @hypervisor: this is a virtual machine
 * @vendor: of the CPU
 * @cpuid_vmx: CPUID reports VMX; it does so even if the firmware has locked VMX off
 * @locked_off: the firmware has locked VMX off
 * @release: the kernel's release
 */
struct machine {
	int err;
	bool intel;
	bool vmx;
	bool hypervisor;
	char vendor[64];
	enum answer cpuid_vmx;
	enum answer locked_off;
	char release[128];
};

/**
 * enum lockdown - kernel_lockdown(7); each level includes those before it
 * @LOCKDOWN_UNKNOWN: it could not be read
 * @LOCKDOWN_NONE: the kernel is not locked down
 * @LOCKDOWN_INTEGRITY: user space cannot change the running kernel
 * @LOCKDOWN_CONFIDENTIALITY: nor can it read the kernel's memory
 */
enum lockdown {
	LOCKDOWN_UNKNOWN,
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

void machine_read(struct machine *machine);
bool machine_kernel_since(const struct machine *machine, unsigned int major, unsigned int minor);
enum lockdown machine_lockdown(void);
int msr_open(unsigned int cpu);
int msr_read(int fd, uint32_t msr, uint64_t *value);
const char *answer_text(enum answer answer);

#endif /* VMXCTL_MACHINE_H */
