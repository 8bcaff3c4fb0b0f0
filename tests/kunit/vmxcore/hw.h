/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated VMX of each CPU, and what it saw of those who used it. */
#ifndef VMXCORE_KUNIT_HW_H
#define VMXCORE_KUNIT_HW_H

#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <vmxcore/backend.h>

#define HW_REVISION	0x12345678U
#define HW_NR_VPIDS	(U16_MAX + 1)
/* What the suites can run on. */
#define HW_MAX_CPUS	8
/* VMCSs that are active on a CPU at a time. */
#define HW_MAX_ACTIVE	16
/* What hw_did() can tell. */
#define HW_MAX_DID	256
#define HW_NO_VMCS	(~0ULL)

struct module;

/**
 * struct hw_cpu - one CPU
 * @on: in VMX operation
 * @vmxe: CR4.VMXE, by vmxcore
 * @foreign: CR4.VMXE, by somebody else
 * @pt_told: Intel PT knows that VMXON comes
 * @fails: why VMX cannot be had here, as vmxcore says it; 0: it can
 * @vmxons: how often VMX went on
 * @root: physical address of what VMXON was given
 * @current_vmcs: physical address; all ones: none
 * @active: physical addresses of VMCSs that were not cleared
 * @nr_active: how many
 * @did: the text of hw_did()
 */
struct hw_cpu {
	bool on;
	bool vmxe;
	bool foreign;
	bool pt_told;
	int fails;
	unsigned int vmxons;
	u64 root;
	u64 current_vmcs;
	u64 active[HW_MAX_ACTIVE];
	unsigned int nr_active;
	char did[HW_MAX_DID];
};

DECLARE_PER_CPU(struct hw_cpu, hw_cpu);

/* A module whose clients pin the module that lends VMX; and whether there is none of the latter. */
extern struct module hw_pinning_module;
extern bool hw_no_lender;

/* The real one; vmxcore's is that, and who pins it. */
extern const struct vmxcore_backend hw_native;

void hw_reset(void);
bool hw_on(unsigned int cpu);
void hw_fail(unsigned int cpu, int error);
int hw_pins(void);
void hw_lender_comes(void);
void hw_lender_goes(void);
void hw_pins_reset(void);
const char *hw_broken(void);
bool hw_rule(bool kept, const char *text);
const char *hw_did(unsigned int cpu);
void hw_note(const char *what);
void hw_forget(void);
void hw_crash(unsigned int cpu);
/* Called before each broadcast of vmxcore's, in its context. */
extern void (*hw_before_broadcast)(void);

bool hw_slot_filled(void);
bool hw_run_guest(unsigned int cpu, unsigned int vpid);
void hw_forget_guests(void);
void hw_forget_guest(unsigned int vpid);
void hw_when_loaded(void (*then)(void));
void hw_forget_vmx(void);
void hw_refuse_hotplug_state(unsigned int nth);
void hw_announce_no_vmx(void);
u32 hw_revision(void);
void hw_set_msr(u32 msr, u64 value);
u64 hw_msr(u32 msr);
bool hw_msr_exists(u32 msr);
int hw_listen(void);
void hw_deafen(void);

#endif
