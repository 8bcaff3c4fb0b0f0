// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VMX of each CPU: a backend and the VMX instructions, as strict as a CPU is. What
 * is done to it against the rules is kept for the test to find: it may be in an interrupt.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <vmxcore/backend.h>
#include <vmxcore/caps.h>
#include <vmxcore/cpu.h>
#include <vmxcore/translation.h>

#include "hw.h"

#define NO_VMCS		(~0ULL)
#define NR_MSRS		(MSR_IA32_VMX_PROCBASED_CTLS3 - MSR_IA32_VMX_BASIC + 1)

DEFINE_PER_CPU(struct hw_cpu, hw_cpu);
struct module hw_pinning_module = { .name = "pinning" };
bool hw_pin_fails;

/* What the TLB of each CPU has something under. */
static DECLARE_BITMAP(vpids[HW_MAX_CPUS], HW_NR_VPIDS);

static atomic_t pins;
static const char *broken;
static u64 msrs[NR_MSRS];
static bool has_vmx;

/* A CPU of today: all controls can be 1, none must be, and INVEPT and INVVPID can do all. */
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

/**
 * hw_reset() - VMX is off everywhere, and fails nowhere
 */
void hw_reset(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		memset(per_cpu_ptr(&hw_cpu, cpu), 0, sizeof(struct hw_cpu));
		per_cpu(hw_cpu.current_vmcs, cpu) = NO_VMCS;
		bitmap_zero(vpids[cpu], HW_NR_VPIDS);
	}
	hw_pin_fails = false;
	atomic_set(&pins, 0);
	broken = NULL;
	has_vmx = true;
	reset_msrs();
}

/**
 * hw_on() - is a CPU in VMX operation?
 * @cpu: which
 *
 * Return: true if so.
 */
bool hw_on(unsigned int cpu)
{
	return READ_ONCE(per_cpu(hw_cpu.on, cpu));
}

/**
 * hw_fail() - VMXON fails from now on
 * @cpu: where
 * @error: with what; 0: it succeeds again
 */
void hw_fail(unsigned int cpu, int error)
{
	WRITE_ONCE(per_cpu(hw_cpu.fails, cpu), error);
}

/**
 * hw_pins() - how often is pinned who lends VMX?
 *
 * Return: as of now; 0 is what is left when nobody holds anything.
 */
int hw_pins(void)
{
	return atomic_read(&pins);
}

/**
 * hw_broken() - has a rule been broken since hw_reset()?
 *
 * Return: the first one, or NULL.
 */
const char *hw_broken(void)
{
	return READ_ONCE(broken);
}

static bool rule(bool kept, const char *text)
{
	if (!kept)
		cmpxchg(&broken, NULL, text);
	return kept;
}

/**
 * hw_run_guest() - a guest runs under a VPID, and the TLB remembers that
 * @cpu: where; VMX is on
 * @vpid: which
 *
 * Return: true if the TLB remembered something under it before.
 */
bool hw_run_guest(unsigned int cpu, unsigned int vpid)
{
	rule(hw_on(cpu), "a guest runs only where VMX is on");
	return test_and_set_bit(vpid, vpids[cpu]);
}

/**
 * hw_forget_vmx() - this machine has no VMX, or its firmware has locked it
 */
void hw_forget_vmx(void)
{
	has_vmx = false;
}

/**
 * hw_set_msr() - what a capability MSR says
 * @msr: from IA32_VMX_BASIC on
 * @value: from now on, on all CPUs
 */
void hw_set_msr(u32 msr, u64 value)
{
	msrs[msr - MSR_IA32_VMX_BASIC] = value;
}

/**
 * hw_msr() - the same for who wants to know
 * @msr: which; one that does not exist has a value too
 *
 * Return: what it says.
 */
u64 hw_msr(u32 msr)
{
	return msrs[msr - MSR_IA32_VMX_BASIC];
}

/**
 * hw_msr_exists() - does an MSR exist?
 * @msr: which
 *
 * SDM volume 3, appendix A: which bit of which other MSR says so.
 *
 * Return: true if so.
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

/* What seam.h puts in place of the kernel's. */

u64 hw_rdmsr(u32 msr)
{
	return rule(hw_msr_exists(msr), "an MSR that does not exist is not read") ? hw_msr(msr) : 0;
}

bool hw_cpu_has(unsigned int feature)
{
	return has_vmx;
}

unsigned long hw_cr4(void)
{
	return this_cpu_read(hw_cpu.on) || this_cpu_read(hw_cpu.foreign) ? X86_CR4_VMXE : 0;
}

int vmxcore_vmptrst(u64 *pa)
{
	*pa = this_cpu_read(hw_cpu.current_vmcs);
	return this_cpu_read(hw_cpu.on) ? 0 : -EFAULT;
}

int vmxcore_vmptrld(u64 pa)
{
	if (!this_cpu_read(hw_cpu.on))
		return -EFAULT;
	this_cpu_write(hw_cpu.current_vmcs, pa);
	return 0;
}

int vmxcore_vmclear(u64 pa)
{
	if (!this_cpu_read(hw_cpu.on))
		return -EFAULT;
	if (this_cpu_read(hw_cpu.current_vmcs) == pa)
		this_cpu_write(hw_cpu.current_vmcs, NO_VMCS);
	return 0;
}

int vmxcore_invept_single(u64 eptp)
{
	return this_cpu_read(hw_cpu.on) ? 0 : -EFAULT;
}

int vmxcore_invept_all(void)
{
	return this_cpu_read(hw_cpu.on) ? 0 : -EFAULT;
}

int vmxcore_invvpid_all(void)
{
	if (!this_cpu_read(hw_cpu.on))
		return -EFAULT;
	bitmap_zero(vpids[smp_processor_id()], HW_NR_VPIDS);
	return 0;
}

/* The backend. */

static void hw_start(const struct vmxcore_backend_events *events)
{
}

static void hw_stop(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		rule(!hw_on(cpu), "VMX is off everywhere when the backend stops");
}

static int hw_vmxon(struct vmxcore_root_vmcs *root)
{
	struct hw_cpu *c = this_cpu_ptr(&hw_cpu);

	rule(irqs_disabled(), "VMXON with interrupts off");
	rule(!c->on, "no VMXON where VMX is on");
	rule(root == this_cpu_read(vmxcore_cpu.root), "each CPU has its own root VMCS");
	rule(root && IS_ALIGNED(virt_to_phys(root), SZ_4K) && root->revision == HW_REVISION,
	     "a root VMCS is a page with the revision identifier");
	if (c->fails)
		return c->fails;
	c->current_vmcs = NO_VMCS;
	WRITE_ONCE(c->on, true);
	vmxcore_flush_all(hw_msr(MSR_IA32_VMX_EPT_VPID_CAP));
	return 0;
}

static int hw_vmxoff(void)
{
	rule(irqs_disabled(), "VMXOFF with interrupts off");
	if (!rule(this_cpu_read(hw_cpu.on), "no VMXOFF where VMX is off"))
		return -EFAULT;
	rule(this_cpu_read(hw_cpu.current_vmcs) == NO_VMCS, "VMCLEAR before VMXOFF");
	this_cpu_write(hw_cpu.on, false);
	return 0;
}

static void hw_emergency_off(void)
{
	this_cpu_write(hw_cpu.on, false);
}

static bool hw_is_pinning(const struct module *owner)
{
	return owner == &hw_pinning_module;
}

static int hw_pin(void)
{
	if (hw_pin_fails)
		return -ENODEV;
	atomic_inc(&pins);
	return 0;
}

static void hw_unpin(void)
{
	rule(atomic_dec_return(&pins) >= 0, "no unpin without a pin");
}

static void hw_provider(char *name)
{
}

/* The name that vmxcore knows its backend by in this kernel. */
const struct vmxcore_backend vmxcore_native = {
	.name = "simulated",
	.start = hw_start,
	.stop = hw_stop,
	.on = hw_vmxon,
	.off = hw_vmxoff,
	.emergency_off = hw_emergency_off,
	.pins = hw_is_pinning,
	.pin = hw_pin,
	.unpin = hw_unpin,
	.provider = hw_provider,
};
