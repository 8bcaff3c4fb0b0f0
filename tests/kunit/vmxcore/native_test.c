// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the ops of the native backend, without the rest of vmxcore. Tests what
 * a CPU is told to do, in which order, and that nothing is left after an error.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/tracepoint.h>
#include <asm/msr-index.h>
#include <vmxcore/caps.h>
#include <vmxcore/trace.h>

#include "world.h"

#define ON		"pt vmxe vmxon"
#define FLUSHED		" invept invvpid"
#define OFF		"vmxoff !vmxe !pt"

static unsigned int emergencies[WORLD_CPUS];
static unsigned int traced[WORLD_CPUS];

static void on_emergency(void)
{
	emergencies[smp_processor_id()]++;
	hw_native.emergency_off();
}

static void on_traced(void *unused, unsigned int cpu)
{
	traced[cpu]++;
}

static const struct vmxcore_backend_events events = {
	.emergency = on_emergency,
};

static int native_begin(struct kunit *test)
{
	hw_reset();
	memset(emergencies, 0, sizeof(emergencies));
	memset(traced, 0, sizeof(traced));
	return vmxcore_caps_init() ?: hw_native.start(&events);
}

static void native_end(struct kunit *test)
{
	hw_native.stop();
	KUNIT_EXPECT_FALSE(test, hw_slot_filled());
	KUNIT_EXPECT_STREQ_MSG(test, hw_broken() ?: "", "", "broken rule");
}

static void do_on(void *err)
{
	*(int *)err = hw_native.on();
}

static void do_off(void *err)
{
	*(int *)err = hw_native.off();
}

/* hw_did() has what the CPU did in this call. */
static int call(unsigned int cpu, void (*op)(void *err))
{
	int err;

	hw_forget();
	return smp_call_function_single(cpu, op, &err, 1) ?: err;
}

/* CR4 is as before, and Intel PT may trace again. */
static void expect_untouched(struct kunit *test, unsigned int cpu)
{
	const struct hw_cpu *c = per_cpu_ptr(&hw_cpu, cpu);

	KUNIT_EXPECT_FALSE(test, c->on);
	KUNIT_EXPECT_FALSE(test, c->vmxe);
	KUNIT_EXPECT_FALSE(test, c->pt_told);
}

/*
 * The operand of VMXON has zeros except for the revision identifier, and is not
 * that of another CPU.
 */
static void expect_own_root(struct kunit *test, unsigned int cpu)
{
	const struct vmxcore_vmcs_region *root = phys_to_virt(per_cpu(hw_cpu.root, cpu));
	unsigned int other;

	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(root));
	KUNIT_EXPECT_EQ(test, root->revision, HW_REVISION);
	KUNIT_EXPECT_NULL(test, memchr_inv(root->reserved, 0, PAGE_SIZE - sizeof(root->revision)));
	for (other = 0; other < cpu; other++)
		KUNIT_EXPECT_NE(test, per_cpu(hw_cpu.root, cpu), per_cpu(hw_cpu.root, other));
}

static void on_and_off(struct kunit *test)
{
	unsigned int cpu, other;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		KUNIT_EXPECT_EQ(test, call(cpu, do_on), 0);
		KUNIT_EXPECT_STREQ(test, hw_did(cpu), ON FLUSHED);
		for (other = 0; other < WORLD_CPUS; other++) {
			KUNIT_EXPECT_EQ(test, hw_on(other), other <= cpu);
			if (other != cpu)
				KUNIT_EXPECT_STREQ(test, hw_did(other), "");
		}
		expect_own_root(test, cpu);
	}
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		KUNIT_EXPECT_EQ(test, call(cpu, do_off), 0);
		KUNIT_EXPECT_STREQ(test, hw_did(cpu), OFF);
		expect_untouched(test, cpu);
	}
}

static void expect_refused(struct kunit *test, int error, const char *did)
{
	KUNIT_EXPECT_EQ(test, call(1, do_on), error);
	KUNIT_EXPECT_STREQ(test, hw_did(1), did);
	expect_untouched(test, 1);
}

/* Once the cause of an error is gone, VMX can be turned on. */
static void expect_works(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, call(1, do_on), 0);
	KUNIT_EXPECT_EQ(test, call(1, do_off), 0);
	expect_untouched(test, 1);
}

/*
 * This is not found out by trying, as VMXON would write into the current VMCS
 * of that owner.
 */
static void foreign_owner(struct kunit *test)
{
	per_cpu(hw_cpu.foreign, 1) = true;
	expect_refused(test, -EBUSY, "");
	KUNIT_EXPECT_TRUE_MSG(test, per_cpu(hw_cpu.foreign, 1), "its CR4.VMXE was cleared");
	per_cpu(hw_cpu.foreign, 1) = false;
	expect_works(test);
}

/* VMXON is not executed where vmxcore itself has turned VMX on, either. */
static void on_already(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, call(1, do_on), 0);
	KUNIT_EXPECT_EQ(test, call(1, do_on), -EBUSY);
	KUNIT_EXPECT_STREQ(test, hw_did(1), "");
	KUNIT_EXPECT_TRUE(test, hw_on(1));
	KUNIT_EXPECT_EQ(test, call(1, do_off), 0);
	expect_untouched(test, 1);
}

static void vmxon_faults(struct kunit *test)
{
	hw_fail(1, -EFAULT);
	expect_refused(test, -EFAULT, ON " !vmxe !pt");
	hw_fail(1, 0);
	expect_works(test);
}

static void vmxon_vmfails(struct kunit *test)
{
	hw_fail(1, -EIO);
	expect_refused(test, -EIO, ON " !vmxe !pt");
	hw_fail(1, 0);
	expect_works(test);
}

/*
 * VMXON checks the revision identifier in the page, whatever vmxcore knows
 * about it.
 */
static void another_revision(struct kunit *test)
{
	struct vmxcore_vmcs_region *root;

	expect_works(test);
	root = phys_to_virt(per_cpu(hw_cpu.root, 1));
	root->revision = HW_REVISION + 1;
	expect_refused(test, -EIO, ON " !vmxe !pt");
	root->revision = HW_REVISION | BIT(31);
	expect_refused(test, -EIO, ON " !vmxe !pt");
	root->revision = HW_REVISION;
	expect_works(test);
}

/* If the MSRs differ, CR4 is not changed and VMXON is not executed. */
static void another_kind_of_cpu(struct kunit *test)
{
	hw_fail(1, -EXDEV);
	expect_refused(test, -EXDEV, "");
	KUNIT_EXPECT_EQ(test, call(2, do_on), 0);
	KUNIT_EXPECT_EQ(test, call(2, do_off), 0);
	hw_fail(1, 0);
	expect_works(test);
}

/*
 * The kernel clears the VMX feature of a CPU if IA32_FEATURE_CONTROL locks VMX
 * off.
 */
static void locked_off(struct kunit *test)
{
	hw_fail(1, -EOPNOTSUPP);
	expect_refused(test, -EOPNOTSUPP, "");
	hw_fail(1, 0);
	expect_works(test);
	hw_forget_vmx();
	expect_refused(test, -EOPNOTSUPP, "");
}

static const struct {
	u64 without;
	const char *did;
} flushes[] = {
	{ 0, ON FLUSHED },
	{ BIT_ULL(20), ON " invvpid" },
	{ BIT_ULL(26), ON " invvpid" },
	{ BIT_ULL(32), ON " invept" },
	{ BIT_ULL(42), ON " invept" },
	{ BIT_ULL(20) | BIT_ULL(32), ON },
};

/*
 * TLB entries of another hypervisor's guests are flushed, with those
 * instructions that the CPU has.
 */
static void flushes_what_was_left(struct kunit *test)
{
	u64 all = hw_msr(MSR_IA32_VMX_EPT_VPID_CAP);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flushes); i++) {
		bool invvpid = !(flushes[i].without & (BIT_ULL(32) | BIT_ULL(42)));

		per_cpu(hw_cpu.on, 1) = true;
		hw_run_guest(1, 7);
		per_cpu(hw_cpu.on, 1) = false;
		hw_set_msr(MSR_IA32_VMX_EPT_VPID_CAP, all & ~flushes[i].without);
		KUNIT_ASSERT_EQ(test, vmxcore_caps_init(), 0);
		KUNIT_EXPECT_EQ(test, call(1, do_on), 0);
		KUNIT_EXPECT_STREQ(test, hw_did(1), flushes[i].did);
		KUNIT_EXPECT_EQ(test, hw_run_guest(1, 7), !invvpid);
		KUNIT_EXPECT_EQ(test, call(1, do_off), 0);
	}
}

/*
 * If other code has executed VMXOFF without vmxcore, VMXOFF faults, and the
 * rest is done all the same.
 */
static void off_already(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, call(1, do_on), 0);
	per_cpu(hw_cpu.on, 1) = false;
	KUNIT_EXPECT_EQ(test, call(1, do_off), -EFAULT);
	KUNIT_EXPECT_STREQ(test, hw_did(1), OFF);
	expect_untouched(test, 1);
	expect_works(test);
}

/*
 * intel_pt_handle_vmx() is not called, as the kernel stops Intel PT by itself.
 */
static void emergency(struct kunit *test)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ(test, call(cpu, do_on), 0);
	hw_forget();
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		hw_crash(cpu);
		KUNIT_EXPECT_EQ(test, emergencies[cpu], 1);
		KUNIT_EXPECT_STREQ(test, hw_did(cpu), "vmxoff !vmxe");
		KUNIT_EXPECT_FALSE(test, hw_on(cpu));
		KUNIT_EXPECT_EQ(test, traced[cpu], 1);
		/* A second call is allowed. */
		hw_crash(cpu);
		KUNIT_EXPECT_EQ(test, emergencies[cpu], 2);
		KUNIT_EXPECT_STREQ(test, hw_did(cpu), "vmxoff !vmxe");
		KUNIT_EXPECT_EQ(test, traced[cpu], 1);
	}
}

static void emergency_where_it_is_off(struct kunit *test)
{
	hw_crash(1);
	KUNIT_EXPECT_EQ(test, emergencies[1], 1);
	KUNIT_EXPECT_STREQ(test, hw_did(1), "");
	KUNIT_EXPECT_EQ(test, traced[1], 0);
}

/*
 * VMX of a foreign owner blocks INIT, too. An NMI between its write of CR4 and
 * its VMXON finds only CR4.VMXE set.
 */
static void emergency_of_a_foreign_owner(struct kunit *test)
{
	unsigned int on;

	for (on = 0; on <= 1; on++) {
		hw_forget();
		per_cpu(hw_cpu.foreign, 1) = true;
		per_cpu(hw_cpu.on, 1) = on;
		hw_crash(1);
		KUNIT_EXPECT_STREQ(test, hw_did(1), "vmxoff !vmxe");
		KUNIT_EXPECT_FALSE(test, hw_on(1));
		KUNIT_EXPECT_FALSE(test, per_cpu(hw_cpu.foreign, 1));
	}
}

/* The kernel's only slot is filled from start() to stop(), and no longer. */
static void emergency_slot(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, hw_slot_filled());
	hw_native.stop();
	KUNIT_EXPECT_FALSE(test, hw_slot_filled());
	hw_crash(1);
	KUNIT_EXPECT_EQ(test, emergencies[1], 0);
	KUNIT_ASSERT_EQ(test, hw_native.start(&events), 0);
	KUNIT_EXPECT_TRUE(test, hw_slot_filled());
	hw_crash(1);
	KUNIT_EXPECT_EQ(test, emergencies[1], 1);
}

/*
 * VMX is always available, so there is no provider whose module has to stay
 * loaded.
 */
static void no_provider(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, hw_native.available());
	KUNIT_EXPECT_NULL(test, hw_native.pins);
	KUNIT_EXPECT_NULL(test, hw_native.provider);
	KUNIT_EXPECT_STREQ(test, hw_native.name, "native");
}

static int native_load(struct kunit_suite *suite)
{
	return register_trace_vmxcore_emergency(on_traced, NULL);
}

static void native_unload(struct kunit_suite *suite)
{
	unregister_trace_vmxcore_emergency(on_traced, NULL);
	tracepoint_synchronize_unregister();
}

static struct kunit_case native_cases[] = {
	KUNIT_CASE(on_and_off),
	KUNIT_CASE(foreign_owner),
	KUNIT_CASE(on_already),
	KUNIT_CASE(vmxon_faults),
	KUNIT_CASE(vmxon_vmfails),
	KUNIT_CASE(another_revision),
	KUNIT_CASE(another_kind_of_cpu),
	KUNIT_CASE(locked_off),
	KUNIT_CASE(flushes_what_was_left),
	KUNIT_CASE(off_already),
	KUNIT_CASE(emergency),
	KUNIT_CASE(emergency_where_it_is_off),
	KUNIT_CASE(emergency_of_a_foreign_owner),
	KUNIT_CASE(emergency_slot),
	KUNIT_CASE(no_provider),
	{}
};

static struct kunit_suite native_suite = {
	.name = "native",
	.suite_init = native_load,
	.suite_exit = native_unload,
	.init = native_begin,
	.exit = native_end,
	.test_cases = native_cases,
};

kunit_test_suite(native_suite);
