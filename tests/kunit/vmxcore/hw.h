/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated VMX of each CPU, and what it saw of those who used it. */
#ifndef VMXCORE_KUNIT_HW_H
#define VMXCORE_KUNIT_HW_H

#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/types.h>

#define HW_REVISION	0x12345678U
#define HW_NR_VPIDS	(U16_MAX + 1)
/* What the suites can run on. */
#define HW_MAX_CPUS	8

struct module;

/**
 * struct hw_cpu - one CPU
 * @on: in VMX operation
 * @foreign: somebody else has set CR4.VMXE
 * @fails: what VMXON comes to, 0: success
 * @current_vmcs: physical address; all ones: none
 */
struct hw_cpu {
	bool on;
	bool foreign;
	int fails;
	u64 current_vmcs;
};

DECLARE_PER_CPU(struct hw_cpu, hw_cpu);

/* A module whose clients pin who lends VMX, and whether that one can be pinned. */
extern struct module hw_pinning_module;
extern bool hw_pin_fails;

void hw_reset(void);
bool hw_on(unsigned int cpu);
void hw_fail(unsigned int cpu, int error);
int hw_pins(void);
const char *hw_broken(void);
bool hw_run_guest(unsigned int cpu, unsigned int vpid);
void hw_forget_vmx(void);
void hw_set_msr(u32 msr, u64 value);
u64 hw_msr(u32 msr);
bool hw_msr_exists(u32 msr);

#endif
