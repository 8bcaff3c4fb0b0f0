// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VMX of each CPU: its MSRs, CR4.VMXE, and everything else that a
 * hypervisor uses. The instructions are in insn.c. The first broken rule is
 * remembered and the test asks for it later, as a rule can be broken in an
 * interrupt, where a test cannot fail.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <vmxcore/backend.h>

#include "hw.h"

#define NR_MSRS		(MSR_IA32_VMX_PROCBASED_CTLS3 - MSR_IA32_VMX_BASIC + 1)

DEFINE_PER_CPU(struct hw_cpu, hw_cpu);

/* The VPIDs for which the TLB of each CPU has entries */
static DECLARE_BITMAP(vpids[HW_MAX_CPUS], HW_NR_VPIDS);

static const char *broken;
static cpu_emergency_virt_cb *emergency;
static u64 msrs[NR_MSRS];
static bool has_vmx, announces_vmx;
static unsigned int states_until_refused;

/*
 * These are the MSRs of a current CPU: all controls can be 1, none must be, and
 * INVEPT and INVVPID have all types.
 */
static void reset_msrs(void)
{
	unsigned int i;

	for (i = 0; i < NR_MSRS; i++)
		msrs[i] = GENMASK_ULL(63, 32);
	hw_set_msr(MSR_IA32_VMX_BASIC, HW_REVISION | SZ_4K * BIT_ULL(32) | 6ULL << 50 |
		   BIT_ULL(55));
	hw_set_msr(MSR_IA32_VMX_MISC, 0x7004c1e7);
	hw_set_msr(MSR_IA32_VMX_CR0_FIXED0, 0x80000021);
	hw_set_msr(MSR_IA32_VMX_CR0_FIXED1, 0xffffffff);
	hw_set_msr(MSR_IA32_VMX_CR4_FIXED0, 0x2000);
	hw_set_msr(MSR_IA32_VMX_CR4_FIXED1, 0x3767ff);
	hw_set_msr(MSR_IA32_VMX_VMCS_ENUM, 0x2e);
	hw_set_msr(MSR_IA32_VMX_PROCBASED_CTLS3, BIT_ULL(4));
	hw_set_msr(MSR_IA32_VMX_VMFUNC, BIT_ULL(0));
	hw_set_msr(MSR_IA32_VMX_EPT_VPID_CAP, BIT_ULL(6) | BIT_ULL(14) | BIT_ULL(20) | BIT_ULL(25) |
		   BIT_ULL(26) | BIT_ULL(32) | BIT_ULL(42));
}

/* VMX is off everywhere and can be turned on everywhere. */
void hw_reset(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		memset(per_cpu_ptr(&hw_cpu, cpu), 0, sizeof(struct hw_cpu));
		per_cpu(hw_cpu.current_vmcs, cpu) = HW_NO_VMCS;
		bitmap_zero(vpids[cpu], HW_NR_VPIDS);
	}
	hw_pins_reset();
	hw_when_loaded(NULL);
	broken = NULL;
	has_vmx = true;
	announces_vmx = true;
	states_until_refused = 0;
	reset_msrs();
}

/* Returns whether a CPU is in VMX operation. */
bool hw_on(unsigned int cpu)
{
	return READ_ONCE(per_cpu(hw_cpu.on, cpu));
}

void (*hw_before_broadcast)(void);

#undef on_each_cpu
void hw_on_each_cpu(smp_call_func_t func, void *info, int wait)
{
	if (hw_before_broadcast)
		hw_before_broadcast();
	on_each_cpu(func, info, wait);
}

/*
 * From now on a CPU cannot turn VMX on. @error is the error that vmxcore has to
 * report: -EBUSY: a foreign owner has set CR4.VMXE; -EXDEV: this CPU is of
 * another kind; -EOPNOTSUPP: it has no VMX; -EFAULT: VMXON faults; -EIO: VMXON
 * reports VMfail; 0: VMX can be turned on again.
 */
void hw_fail(unsigned int cpu, int error)
{
	WRITE_ONCE(per_cpu(hw_cpu.fails, cpu), error);
}

/* Returns the first rule that was broken since hw_reset(), or NULL. */
const char *hw_broken(void)
{
	return READ_ONCE(broken);
}

/* Remembers the rule @text as broken unless @kept. Returns @kept. */
bool hw_rule(bool kept, const char *text)
{
	if (!kept)
		cmpxchg(&broken, NULL, text);
	return kept;
}

/* Adds a word to the text of hw_did() for this CPU. */
void hw_note(const char *what)
{
	char *did = this_cpu_ptr(&hw_cpu)->did;

	if (*did)
		strlcat(did, " ", HW_MAX_DID);
	strlcat(did, what, HW_MAX_DID);
}

/*
 * Returns what a CPU was told to do since hw_forget(): a word for each VMX
 * instruction, change of CR4.VMXE and call of intel_pt_handle_vmx(), in their
 * order.
 */
const char *hw_did(unsigned int cpu)
{
	return per_cpu_ptr(&hw_cpu, cpu)->did;
}

/* Clears the texts of hw_did() for all CPUs. */
void hw_forget(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(&hw_cpu, cpu)->did[0] = '\0';
}

/*
 * Runs a guest with a VPID on a CPU. Returns whether the TLB had entries for
 * this VPID before.
 */
bool hw_run_guest(unsigned int cpu, unsigned int vpid)
{
	hw_rule(hw_on(cpu), "a guest runs only where VMX is on");
	return test_and_set_bit(vpid, vpids[cpu]);
}

/* Flushes the TLB entries of all VPIDs on this CPU. */
void hw_forget_guests(void)
{
	bitmap_zero(vpids[smp_processor_id()], HW_NR_VPIDS);
}

/* Flushes the TLB entries of one VPID on this CPU. */
void hw_forget_guest(unsigned int vpid)
{
	clear_bit(vpid, vpids[smp_processor_id()]);
}

/* This machine has no VMX, or the firmware has locked it off. */
void hw_forget_vmx(void)
{
	has_vmx = false;
}

/* CPUID says that the CPU has no VMX, so the firmware has not locked it off. */
void hw_announce_no_vmx(void)
{
	announces_vmx = false;
}

/*
 * vmxcore asks for leaf 1 only: whether the CPU has VMX, even if the firmware
 * has locked it off.
 */
u32 hw_cpuid_ecx(u32 leaf)
{
	return announces_vmx ? BIT(5) : 0;
}

/*
 * Call number @nth of cpuhp_setup_state() from now on fails, as if no state
 * were left.
 */
void hw_refuse_hotplug_state(unsigned int nth)
{
	states_until_refused = nth;
}

/* The kernel also has a WARN() when no state is left. It is left out here. */
int hw_setup_hotplug_state(enum cpuhp_state state, const char *name,
			   int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu))
{
	if (states_until_refused && !--states_until_refused)
		return -ENOSPC;
	return __cpuhp_setup_state(state, name, true, startup, teardown, false);
}

/* Sets a capability MSR on all CPUs. */
void hw_set_msr(u32 msr, u64 value)
{
	msrs[msr - MSR_IA32_VMX_BASIC] = value;
}

/*
 * Returns the value of a capability MSR. One that does not exist has a value,
 * too.
 */
u64 hw_msr(u32 msr)
{
	return msrs[msr - MSR_IA32_VMX_BASIC];
}

/*
 * SDM volume 3, appendix A says which bit of which other MSR announces an MSR.
 */
bool hw_msr_exists(u32 msr)
{
	u64 procbased = hw_msr(MSR_IA32_VMX_PROCBASED_CTLS);
	u64 procbased2 = procbased & BIT_ULL(63) ? hw_msr(MSR_IA32_VMX_PROCBASED_CTLS2) : 0;

	if (!has_vmx || msr < MSR_IA32_VMX_BASIC || msr > MSR_IA32_VMX_PROCBASED_CTLS3)
		return false;
	switch (msr) {
	case MSR_IA32_VMX_PROCBASED_CTLS2:
		return procbased & BIT_ULL(63);
	case MSR_IA32_VMX_EPT_VPID_CAP:
		return procbased2 & (BIT_ULL(33) | BIT_ULL(37));
	case MSR_IA32_VMX_TRUE_PINBASED_CTLS:
	case MSR_IA32_VMX_TRUE_PROCBASED_CTLS:
	case MSR_IA32_VMX_TRUE_EXIT_CTLS:
	case MSR_IA32_VMX_TRUE_ENTRY_CTLS:
		return hw_msr(MSR_IA32_VMX_BASIC) & BIT_ULL(55);
	case MSR_IA32_VMX_VMFUNC:
		return procbased2 & BIT_ULL(45);
	case MSR_IA32_VMX_PROCBASED_CTLS3:
		return procbased & BIT_ULL(49);
	default:
		return true;
	}
}

/* Returns the revision identifier of this CPU. */
u32 hw_revision(void)
{
	return this_cpu_read(hw_cpu.fails) == -EXDEV ? HW_REVISION + 1 : HW_REVISION;
}

/* seam.h makes vmxcore call the following functions instead of the kernel's. */

u64 hw_rdmsr(u32 msr)
{
	u64 value;

	if (!hw_rule(hw_msr_exists(msr), "an MSR that does not exist is not read"))
		return 0;
	value = hw_msr(msr);
	if (msr == MSR_IA32_VMX_BASIC)
		value ^= HW_REVISION ^ hw_revision();
	return value;
}

bool hw_cpu_has(unsigned int feature)
{
	return has_vmx && this_cpu_read(hw_cpu.fails) != -EOPNOTSUPP;
}

unsigned long hw_cr4(void)
{
	const struct hw_cpu *c = this_cpu_ptr(&hw_cpu);

	return c->vmxe || c->foreign || c->fails == -EBUSY ? X86_CR4_VMXE : 0;
}

void hw_cr4_set(unsigned long bits)
{
	hw_rule(irqs_disabled() && bits == X86_CR4_VMXE, "CR4.VMXE alone, interrupts off");
	hw_rule(!hw_cr4(), "CR4.VMXE is not set where it is set already");
	this_cpu_write(hw_cpu.vmxe, true);
	hw_note("vmxe");
}

/* SDM, "Mov to Control Registers": this faults in VMX operation. */
void hw_cr4_clear(unsigned long bits)
{
	hw_rule(irqs_disabled() && bits == X86_CR4_VMXE, "CR4.VMXE alone, interrupts off");
	hw_rule(!this_cpu_read(hw_cpu.on), "CR4.VMXE is not cleared where VMX is on");
	this_cpu_write(hw_cpu.vmxe, false);
	this_cpu_write(hw_cpu.foreign, false);
	hw_note("!vmxe");
}

void hw_pt_handle_vmx(int on)
{
	hw_rule(!this_cpu_read(hw_cpu.on), "Intel PT is told before VMXON and after VMXOFF");
	hw_rule(!!on != this_cpu_read(hw_cpu.pt_told), "Intel PT is told once");
	this_cpu_write(hw_cpu.pt_told, on);
	hw_note(on ? "pt" : "!pt");
}

void hw_ibpb(void)
{
	hw_note("ibpb");
}

void hw_fill_emergency_slot(cpu_emergency_virt_cb *callback)
{
	if (hw_rule(!emergency, "the emergency slot is not filled twice"))
		WRITE_ONCE(emergency, callback);
}

void hw_empty_emergency_slot(cpu_emergency_virt_cb *callback)
{
	unsigned int cpu;

	hw_rule(emergency == callback, "only its own callback is taken out of the emergency slot");
	for_each_possible_cpu(cpu)
		hw_rule(!hw_on(cpu), "VMX is off everywhere when the emergency slot is emptied");
	WRITE_ONCE(emergency, NULL);
}

/* Returns whether a callback is in the kernel's emergency slot. */
bool hw_slot_filled(void)
{
	return READ_ONCE(emergency);
}

static void crash(void *unused)
{
	cpu_emergency_virt_cb *callback = READ_ONCE(emergency);

	if (callback)
		callback();
}

/*
 * The kernel crashes: calls the callback in its emergency slot, if there is
 * one, on a CPU.
 */
void hw_crash(unsigned int cpu)
{
	smp_call_function_single(cpu, crash, NULL, 1);
}
