/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPUs as user space sees them: what they are, and their MSRs where the msr driver shows them. */
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
 * @err: why /proc/cpuinfo says nothing, or 0
 * @intel: an Intel CPU, or one that works as one
 * @vmx: the kernel lets VMX be used: the CPU has it and the firmware has not locked it off
 * @hypervisor: this is a virtual machine
 * @vendor: of the CPU
 * @cpuid_vmx: the CPU has VMX, whatever the firmware says
 * @locked_off: the firmware has locked VMX off
 * @release: of the kernel
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
 * enum lockdown - kernel_lockdown(7); each is also all that is before it
 * @LOCKDOWN_UNKNOWN: that cannot be seen
 * @LOCKDOWN_NONE: not
 * @LOCKDOWN_INTEGRITY: nobody can change the running kernel
 * @LOCKDOWN_CONFIDENTIALITY: and nobody can read from it
 */
enum lockdown {
	LOCKDOWN_UNKNOWN,
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

void machine_read(struct machine *machine);
enum lockdown machine_lockdown(void);
int msr_open(unsigned int cpu);
int msr_read(int fd, uint32_t msr, uint64_t *value);
const char *answer_text(enum answer answer);

#endif /* VMXCTL_MACHINE_H */
