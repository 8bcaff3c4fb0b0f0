/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated VMX of each CPU, and a record of its use */
#ifndef VMXCORE_KUNIT_HW_H
#define VMXCORE_KUNIT_HW_H

#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <vmxcore/backend.h>

#define HW_REVISION	0x12345678U
#define HW_NR_VPIDS	(U16_MAX + 1)
/* The suites can run on at most so many CPUs. */
#define HW_MAX_CPUS	8
/* At most so many VMCSs are active on a CPU at a time. */
#define HW_MAX_ACTIVE	16
/* The longest text of hw_did() */
#define HW_MAX_DID	256
#define HW_NO_VMCS	(~0ULL)

struct module;

/**
 * struct hw_cpu - one CPU
 * @on: the CPU is in VMX operation
 * @vmxe: vmxcore has set CR4.VMXE
 * @foreign: a foreign owner has set CR4.VMXE
 * @pt_told: intel_pt_handle_vmx(1) was called
 * @fails: the error with which VMX cannot be turned on here, or 0
 * @vmxons: how often VMX went on
 * @root: physical address of the operand of VMXON
 * @current_vmcs: physical address of the current VMCS, or all ones
 * @active: physical addresses of VMCSs that were not cleared
 * @nr_active: the number of entries in @active
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

/*
 * Clients of this module pin the module that lends VMX. hw_no_lender: there is
 * no such module.
 */
extern struct module hw_pinning_module;
extern bool hw_no_lender;

/* The real native backend. vmxcore's own adds pins to it (backend.c). */
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
/* Called before each broadcast of vmxcore, in the context of its caller. */
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
