// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs that tell a host about SEAM and the private key IDs. Rules: "Intel
 * Architecture Memory Encryption Technologies Specification" (336907), "MKTME
 * MSRs"; CPU, "SEAM Enumeration", "IA32_MKTME_KEYID_PARTITIONING".
 *
 * Two kprobes answer in place of a CPU that does not have these MSRs. One is in
 * the function that all safe reads of the kernel call, because the emulator
 * reads unknown MSRs as 0. The other is in the lookup of exception table
 * entries after #GP, for CPUs that fault, and for reads by other functions.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/moduleparam.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/msr.h>
#include <asm/trapnr.h>

#include "compat.h"
#include "sim.h"

#define IA32_MKTME_KEYID_PARTITIONING	0x87
#define IA32_TME_ACTIVATE		0x982
#define MTRRCAP_SEAMRR			BIT_ULL(15)
#define IA32_SEAMRR_PHYS_BASE		0x1400
#define IA32_SEAMRR_PHYS_MASK		0x1401
#define SEAMRR_LOCK			BIT_ULL(10)
#define SEAMRR_VALID			BIT_ULL(11)
#define TME_ACTIVATE_LOCKED		BIT_ULL(0)
#define TME_ACTIVATE_ENABLED		BIT_ULL(1)
#define TME_ACTIVATE_KEYID_BITS		32

static bool msrs = true;
module_param(msrs, bool, 0400);
MODULE_PARM_DESC(msrs, "Simulate the MSRs of a TDX platform (default: yes)");

static char *seamrr = "locked";
module_param(seamrr, charp, 0400);
MODULE_PARM_DESC(seamrr, "The state in which the firmware left SEAMRR: locked, unlocked or invalid (default: locked)");

static const struct {
	const char *name;
	u64 bits;
} seamrr_states[] = {
	{ "locked", SEAMRR_VALID | SEAMRR_LOCK },
	{ "unlocked", SEAMRR_VALID },
	{ "invalid", 0 },
};

static u64 seamrr_bits;

static const u8 rdmsr_opcode[] = { 0x0f, 0x32 };

static bool is_rdmsr(const struct pt_regs *regs)
{
	u8 bytes[sizeof(rdmsr_opcode)];

	return !copy_from_kernel_nofault(bytes, (void *)regs->ip, sizeof(bytes)) &&
	       !memcmp(bytes, rdmsr_opcode, sizeof(bytes));
}

static bool value_of(u32 msr, u64 *value)
{
	u32 low, high;

	switch (msr) {
	case IA32_MKTME_KEYID_PARTITIONING:
		*value = sim_keyid_partitioning();
		return true;
	case MSR_MTRRcap:
		rdmsr(MSR_MTRRcap, low, high);
		*value = (u64)high << 32 | low | MTRRCAP_SEAMRR;
		return true;
	/*
	 * This address has no memory on any test machine. The host only checks
	 * whether the range is valid.
	 */
	case IA32_SEAMRR_PHYS_BASE:
		*value = BIT_ULL(45);
		return true;
	case IA32_SEAMRR_PHYS_MASK:
		*value = GENMASK_ULL(45, 25) | seamrr_bits;
		return true;
	case IA32_TME_ACTIVATE:
		*value = TME_ACTIVATE_LOCKED | TME_ACTIVATE_ENABLED |
			 (u64)sim_keyid_bits() << TME_ACTIVATE_KEYID_BITS;
		return true;
	}
	return false;
}

static noinline void return_at_once(void)
{
	/* Without it the compiler would drop calls of this function. */
	barrier();
}

/* Makes the probed function return at once. */
static int skip_function(struct pt_regs *regs)
{
	regs->ip = (unsigned long)return_at_once;
	return 1;
}

static int on_read(struct kprobe *probe, struct pt_regs *regs)
{
	u64 value;

	if (!value_of(regs_get_kernel_argument(regs, 0), &value))
		return 0;
	answer_read_msr_safe(regs, value);
	return skip_function(regs);
}

static int on_fixup(struct kprobe *probe, struct pt_regs *regs)
{
	struct pt_regs *fault = (void *)regs_get_kernel_argument(regs, 0);
	u64 value;

	if (regs_get_kernel_argument(regs, 1) != X86_TRAP_GP || !is_rdmsr(fault) ||
	    !value_of(fault->cx, &value))
		return 0;
	fault->ax = lower_32_bits(value);
	fault->dx = upper_32_bits(value);
	fault->ip += sizeof(rdmsr_opcode);
	regs->ax = true;
	return skip_function(regs);
}

static struct kprobe read_probe = {
	.symbol_name = "native_read_msr_safe",
	.pre_handler = on_read,
};

static struct kprobe fixup_probe = {
	.symbol_name = "fixup_exception",
	.pre_handler = on_fixup,
};

static struct kprobe *probes[] = { &read_probe, &fixup_probe };

static int find_seamrr(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seamrr_states); i++) {
		if (!strcmp(seamrr, seamrr_states[i].name)) {
			seamrr_bits = seamrr_states[i].bits;
			return 0;
		}
	}
	return -EINVAL;
}

int sim_msr_init(void)
{
	int err = find_seamrr();

	if (err)
		return err;
	return msrs ? register_kprobes(probes, ARRAY_SIZE(probes)) : 0;
}

void sim_msr_exit(void)
{
	if (msrs)
		unregister_kprobes(probes, ARRAY_SIZE(probes));
}
