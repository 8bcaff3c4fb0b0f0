// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests which capability MSRs are read, and by which differences a CPU is
 * refused. The bits that must agree are given by their numbers in the SDM,
 * volume 3, appendix A and "VM-Execution Control Fields", "VM-Exit Control
 * Fields", "VM-Entry Control Fields".
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/stddef.h>
#include <asm/msr-index.h>
#include <vmxcore/caps.h>

#include "hw.h"

#define BITS(high, low)	GENMASK_ULL(high, low)

/*
 * Exits of interrupts and NMIs, virtual NMIs, preemption timer, posted
 * interrupts
 */
#define PINBASED	(BIT(0) | BIT(3) | BITS(7, 5))
/* All bits except for the reserved ones, to which 18 and 26 belong */
#define PROCBASED	(BITS(3, 2) | BIT(7) | BITS(12, 9) | BITS(17, 15) | BITS(25, 19) | \
			 BITS(31, 27))
/*
 * Debug controls, 64-bit host, PERF_GLOBAL_CTRL, acknowledge, PAT, EFER, timer,
 * MPX, PT
 */
#define EXIT		(BIT(2) | BIT(9) | BIT(12) | BIT(15) | BITS(25, 18))
/* Debug controls, 64-bit guest, PERF_GLOBAL_CTRL, PAT, EFER, MPX, PT */
#define ENTRY		(BIT(2) | BIT(9) | BITS(18, 13))

/* A control is in use if KVM requires it, or uses it if the CPU has it. */
#define CONTROLS	true
#define OTHER		false

static const struct field {
	const char *name;
	size_t offset;
	u32 msr;
	bool controls;
	u64 must_agree;
} fields[] = {
	/*
	 * Revision identifier, size, memory type, and whether the TRUE MSRs
	 * exist
	 */
	{ "basic", offsetof(struct vmxcore_caps, basic), MSR_IA32_VMX_BASIC, OTHER,
	  BITS(30, 0) | BITS(44, 32) | BITS(53, 50) | BIT_ULL(55) },
	{ "pinbased", offsetof(struct vmxcore_caps, pinbased), MSR_IA32_VMX_PINBASED_CTLS, CONTROLS,
	  PINBASED },
	{ "procbased", offsetof(struct vmxcore_caps, procbased), MSR_IA32_VMX_PROCBASED_CTLS,
	  CONTROLS, PROCBASED },
	/*
	 * All except for PASIDs, mode-based execute, sub-page permissions,
	 * PCONFIG and ENCLV
	 */
	{ "procbased2", offsetof(struct vmxcore_caps, procbased2), MSR_IA32_VMX_PROCBASED_CTLS2,
	  CONTROLS, BITS(20, 0) | BITS(26, 24) | BITS(31, 30) },
	{ "exit", offsetof(struct vmxcore_caps, exit), MSR_IA32_VMX_EXIT_CTLS, CONTROLS, EXIT },
	{ "entry", offsetof(struct vmxcore_caps, entry), MSR_IA32_VMX_ENTRY_CTLS, CONTROLS, ENTRY },
	/* IPI virtualization */
	{ "procbased3", offsetof(struct vmxcore_caps, procbased3), MSR_IA32_VMX_PROCBASED_CTLS3,
	  OTHER, BIT(4) },
	/* The rate of the VMX-preemption timer */
	{ "misc", offsetof(struct vmxcore_caps, misc), MSR_IA32_VMX_MISC, OTHER, BITS(4, 0) },
	{ "true_pinbased", offsetof(struct vmxcore_caps, true_pinbased),
	  MSR_IA32_VMX_TRUE_PINBASED_CTLS, CONTROLS, PINBASED },
	{ "true_procbased", offsetof(struct vmxcore_caps, true_procbased),
	  MSR_IA32_VMX_TRUE_PROCBASED_CTLS, CONTROLS, PROCBASED },
	{ "true_exit", offsetof(struct vmxcore_caps, true_exit), MSR_IA32_VMX_TRUE_EXIT_CTLS,
	  CONTROLS, EXIT },
	{ "true_entry", offsetof(struct vmxcore_caps, true_entry), MSR_IA32_VMX_TRUE_ENTRY_CTLS,
	  CONTROLS, ENTRY },
	/*
	 * Pages, walks, memory type, accessed and dirty bits; INVEPT, INVVPID
	 * and their types
	 */
	{ "ept_vpid", offsetof(struct vmxcore_caps, ept_vpid), MSR_IA32_VMX_EPT_VPID_CAP, OTHER,
	  BIT(0) | BITS(7, 6) | BIT(14) | BITS(17, 16) | BITS(21, 20) | BITS(26, 25) |
	  BIT_ULL(32) | BITS(43, 40) },
	{ "vmfunc", offsetof(struct vmxcore_caps, vmfunc), MSR_IA32_VMX_VMFUNC },
	{ "cr0_fixed0", offsetof(struct vmxcore_caps, cr0_fixed0), MSR_IA32_VMX_CR0_FIXED0,
	  OTHER, ~0ULL },
	{ "cr0_fixed1", offsetof(struct vmxcore_caps, cr0_fixed1), MSR_IA32_VMX_CR0_FIXED1 },
	{ "cr4_fixed0", offsetof(struct vmxcore_caps, cr4_fixed0), MSR_IA32_VMX_CR4_FIXED0,
	  OTHER, ~0ULL },
	{ "cr4_fixed1", offsetof(struct vmxcore_caps, cr4_fixed1), MSR_IA32_VMX_CR4_FIXED1 },
	{ "vmcs_enum", offsetof(struct vmxcore_caps, vmcs_enum), MSR_IA32_VMX_VMCS_ENUM },
};

static_assert(ARRAY_SIZE(fields) * sizeof(u64) == sizeof(struct vmxcore_caps));

static u64 *in(struct vmxcore_caps *caps, const struct field *f)
{
	return (void *)caps + f->offset;
}

static int caps_begin(struct kunit *test)
{
	hw_reset();
	return vmxcore_caps_init();
}

static void caps_end(struct kunit *test)
{
	KUNIT_EXPECT_STREQ_MSG(test, hw_broken() ?: "", "", "broken rule");
}

static int compare(const struct vmxcore_caps *here)
{
	int err;

	preempt_disable();
	err = vmxcore_caps_compare(here);
	preempt_enable();
	return err;
}

/*
 * Bits 31:0 of an MSR say which controls must be 1, and bits 63:32 say which
 * can be 1. Two CPUs fit if they have the same controls that must be 1, and the
 * same controls in use that can be 1.
 */
static u64 settings(u64 ctls, u64 used)
{
	return ((ctls >> 32) & used) | (ctls & BITS(31, 0));
}

static int verdict(const struct field *f, u64 here, u64 elsewhere)
{
	if (f->controls)
		return settings(here, f->must_agree) == settings(elsewhere, f->must_agree) ?
		       0 : -EXDEV;
	return (here ^ elsewhere) & f->must_agree ? -EXDEV : 0;
}

static void flip_each_bit(struct kunit *test)
{
	const struct field *f;
	unsigned int bit;

	for (f = fields; f < fields + ARRAY_SIZE(fields); f++) {
		for (bit = 0; bit < 64; bit++) {
			struct vmxcore_caps here = *vmxcore_caps();
			u64 *value = in(&here, f), elsewhere = *value;

			*value ^= BIT_ULL(bit);
			KUNIT_EXPECT_EQ_MSG(test, compare(&here), verdict(f, *value, elsewhere),
					    "%s, bit %u of %#llx", f->name, bit, elsewhere);
		}
	}
}

static void same_fits(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, compare(vmxcore_caps()), 0);
}

/* On the other CPUs all controls can be 1, and none must be 1. */
static void each_bit_of_a_cpu_that_can_all(struct kunit *test)
{
	flip_each_bit(test);
}

static void set_controls(u64 value)
{
	const struct field *f;

	for (f = fields; f < fields + ARRAY_SIZE(fields); f++) {
		if (f->controls)
			hw_set_msr(f->msr, value);
	}
}

/* On the other CPUs no control can be 1. */
static void each_bit_of_a_cpu_that_can_nothing(struct kunit *test)
{
	set_controls(0);
	hw_set_msr(MSR_IA32_VMX_PROCBASED_CTLS3, 0);
	KUNIT_ASSERT_EQ(test, vmxcore_caps_init(), 0);
	flip_each_bit(test);
}

/* On the other CPUs all controls must be 1. */
static void each_bit_of_a_cpu_that_must_all(struct kunit *test)
{
	set_controls(~0ULL);
	KUNIT_ASSERT_EQ(test, vmxcore_caps_init(), 0);
	flip_each_bit(test);
}

/*
 * hw.c knows which MSRs exist, and a read of another one breaks a rule there.
 */
static void reads_what_exists(struct kunit *test)
{
	static const struct {
		u32 msr;
		u64 bit;
	} says[] = {
		{ MSR_IA32_VMX_BASIC, BIT_ULL(55) },
		{ MSR_IA32_VMX_PROCBASED_CTLS, BIT_ULL(63) },
		{ MSR_IA32_VMX_PROCBASED_CTLS, BIT_ULL(49) },
		{ MSR_IA32_VMX_PROCBASED_CTLS2, BIT_ULL(33) },
		{ MSR_IA32_VMX_PROCBASED_CTLS2, BIT_ULL(37) },
		{ MSR_IA32_VMX_PROCBASED_CTLS2, BIT_ULL(45) },
	};
	unsigned int without, i;

	for (without = 0; without < BIT(ARRAY_SIZE(says)); without++) {
		struct vmxcore_caps caps;
		const struct field *f;

		hw_reset();
		for (i = 0; i < ARRAY_SIZE(says); i++) {
			if (without & BIT(i))
				hw_set_msr(says[i].msr, hw_msr(says[i].msr) & ~says[i].bit);
		}
		KUNIT_ASSERT_EQ(test, vmxcore_caps_read(&caps), 0);
		KUNIT_ASSERT_STREQ(test, hw_broken() ?: "", "");
		for (f = fields; f < fields + ARRAY_SIZE(fields); f++)
			KUNIT_EXPECT_EQ_MSG(test, *in(&caps, f),
					    hw_msr_exists(f->msr) ? hw_msr(f->msr) : 0,
					    "%s, without %#x", f->name, without);
	}
}

static void each_msr_goes_where_it_belongs(struct kunit *test)
{
	struct vmxcore_caps caps;
	const struct field *f;

	for (f = fields; f < fields + ARRAY_SIZE(fields); f++)
		hw_set_msr(f->msr, hw_msr(f->msr) ^ (f - fields) << 17);
	KUNIT_ASSERT_EQ(test, vmxcore_caps_read(&caps), 0);
	for (f = fields; f < fields + ARRAY_SIZE(fields); f++)
		KUNIT_EXPECT_EQ_MSG(test, *in(&caps, f), hw_msr(f->msr), "%s", f->name);
}

static void no_vmx(struct kunit *test)
{
	static const struct vmxcore_caps none;
	struct vmxcore_caps caps;

	memset(&caps, 0xff, sizeof(caps));
	hw_forget_vmx();
	KUNIT_EXPECT_EQ(test, vmxcore_caps_read(&caps), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, memcmp(&caps, &none, sizeof(caps)), 0);
	/*
	 * First the firmware has locked VMX off, and then the CPU has no VMX.
	 */
	KUNIT_EXPECT_EQ(test, vmxcore_caps_init(), -EOPNOTSUPP);
	hw_announce_no_vmx();
	KUNIT_EXPECT_EQ(test, vmxcore_caps_init(), -EOPNOTSUPP);
}

static void basic(struct kunit *test, u32 revision, u64 size, u64 memory_type, int expected)
{
	hw_set_msr(MSR_IA32_VMX_BASIC, revision | size << 32 | memory_type << 50);
	KUNIT_EXPECT_EQ_MSG(test, vmxcore_caps_init(), expected,
			    "a VMCS of %llu bytes, memory type %llu", size, memory_type);
	if (!expected)
		KUNIT_EXPECT_EQ(test, vmxcore_caps_revision(), revision);
}

/* Memory type 6 is write-back. */
static void what_a_vmcs_is(struct kunit *test)
{
	u64 memory_type;

	for (memory_type = 0; memory_type < 16; memory_type++)
		basic(test, 1, SZ_1K, memory_type, memory_type == 6 ? 0 : -EOPNOTSUPP);
	basic(test, 0, SZ_4K, 6, 0);
	basic(test, 0x7fffffff, SZ_4K, 6, 0);
	basic(test, 1, SZ_4K + 1, 6, -EOPNOTSUPP);
	basic(test, 1, SZ_8K - 1, 6, -EOPNOTSUPP);
}

static struct kunit_case caps_cases[] = {
	KUNIT_CASE(same_fits),
	KUNIT_CASE(each_bit_of_a_cpu_that_can_all),
	KUNIT_CASE(each_bit_of_a_cpu_that_can_nothing),
	KUNIT_CASE(each_bit_of_a_cpu_that_must_all),
	KUNIT_CASE(reads_what_exists),
	KUNIT_CASE(each_msr_goes_where_it_belongs),
	KUNIT_CASE(no_vmx),
	KUNIT_CASE(what_a_vmcs_is),
	{}
};

static struct kunit_suite caps_suite = {
	.name = "caps",
	.init = caps_begin,
	.exit = caps_end,
	.test_cases = caps_cases,
};

kunit_test_suite(caps_suite);
