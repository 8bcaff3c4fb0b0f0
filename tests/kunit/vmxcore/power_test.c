// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs and the machine go down while clients hold VMX and have VMCSs loaded.
 * Tests what each CPU does in which order, which callbacks are called, and what
 * clients can still do. Each test loads vmxcore anew, as vmxcore cannot be used
 * after most of them.
 */
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>

#include "world.h"

/*
 * A holds all CPUs and has a VMCS on each. B holds the first two CPUs and has a
 * VMCS on the second.
 */
#define A		0
#define B		1
#define NR_CLIENTS	2

/* Texts of hw_did() */
#define UP		"pt vmxe vmxon invept invvpid"
#define TOLD		"a b"
#define CLEAR		" vmclear"
#define OFF		" vmxoff !vmxe !pt"

static struct vmxcore_client *clients[NR_CLIENTS];
static struct vmxcore_vmcs *vmcss[WORLD_CPUS + 1];
static bool rebooting_when_told;

static void on_emergency_a(void)
{
	rebooting_when_told &= vmxcore_rebooting;
	hw_note("a");
}

static void on_emergency_b(void)
{
	rebooting_when_told &= vmxcore_rebooting;
	hw_note("b");
}

static void on_gone(unsigned int cpu)
{
	hw_note("gone");
}

static void load_vmcs(struct kunit *test, unsigned int i, unsigned int owner, unsigned int cpu)
{
	vmcss[i] = vmxcore_vmcs_alloc(clients[owner], NUMA_NO_NODE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcss[i]));
	KUNIT_ASSERT_EQ(test, world_vmcs_load(cpu, vmcss[i]),
			VMXCORE_VMCS_CLEAR | VMXCORE_VMCS_MOVED);
}

static int power_begin(struct kunit *test)
{
	static const struct vmxcore_client_desc descs[NR_CLIENTS] = {
		{
			.name = "a",
			.owner = &world_owner,
			.emergency = on_emergency_a,
			.cpu_gone = on_gone,
		}, {
			.name = "b",
			.owner = &world_owner,
			.emergency = on_emergency_b,
			.cpu_gone = on_gone,
		},
	};
	unsigned int i;
	int err = world_load(NULL);

	for (i = 0; !err && i < NR_CLIENTS; i++) {
		clients[i] = vmxcore_register(&descs[i]);
		err = PTR_ERR_OR_ZERO(clients[i]);
	}
	rebooting_when_told = true;
	return err;
}

static void power_end(struct kunit *test)
{
	world_end(test);
	world_unload(NULL);
}

static void hold(struct kunit *test)
{
	unsigned int cpu;

	KUNIT_ASSERT_EQ(test, vmxcore_get(clients[A]), 0);
	KUNIT_ASSERT_EQ(test, vmxcore_get(clients[A]), 0);
	for (cpu = 0; cpu < 2; cpu++)
		KUNIT_ASSERT_EQ(test, world_get_cpu(clients[B], cpu, WORLD_TASK), 0);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		load_vmcs(test, cpu, A, cpu);
	load_vmcs(test, WORLD_CPUS, B, 1);
	hw_forget();
}

static void expect_did(struct kunit *test, unsigned int cpu, const char *did)
{
	KUNIT_EXPECT_STREQ_MSG(test, hw_did(cpu), did, "CPU %u", cpu);
}

static void expect_nothing_done(struct kunit *test)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		expect_did(test, cpu, "");
}

static void no_misuse_noted(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_CLIENTS; i++)
		KUNIT_EXPECT_EQ(test, vmxcore_entry_find(clients[i])->warned, 0);
}

/*
 * Gets of clients with and without references are refused. A put is no misuse.
 */
static void too_late(struct kunit *test)
{
	unsigned int i, cpu;

	hw_forget();
	for (i = 0; i < NR_CLIENTS; i++)
		KUNIT_EXPECT_EQ(test, vmxcore_get(clients[i]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_refs(vmxcore_entry_find(clients[A])), 2);
	vmxcore_put(clients[A]);
	vmxcore_put(clients[A]);
	for (cpu = 0; cpu < 2; cpu++)
		world_put_cpu(clients[B], cpu, WORLD_IRQ);
	no_misuse_noted(test);
}

static void load_is_refused(void *err)
{
	u64 interrupted;

	*(int *)err = vmxcore_vmcs_borrow(vmcss[smp_processor_id()], &interrupted);
}

static void use_is_refused(struct kunit *test, unsigned int cpu)
{
	int err = 0;

	KUNIT_EXPECT_EQ(test, world_vmcs_load(cpu, vmcss[cpu]), -ESHUTDOWN);
	smp_call_function_single(cpu, load_is_refused, &err, 1);
	KUNIT_EXPECT_EQ(test, err, -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, world_get_cpu(clients[A], cpu, WORLD_TASK), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, world_get_cpu(clients[B], cpu, WORLD_IRQ), -ESHUTDOWN);
}

static void shutdown(struct kunit *test)
{
	unsigned int cpu;

	hold(test);
	syscore_shutdown();
	KUNIT_EXPECT_TRUE(test, vmxcore_rebooting);
	KUNIT_EXPECT_TRUE_MSG(test, rebooting_when_told, "not set before the first callback");
	world_expect_on(test, false);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		expect_did(test, cpu, cpu == 1 ? TOLD CLEAR CLEAR OFF : TOLD CLEAR OFF);
	hw_forget();
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		use_is_refused(test, cpu);
	too_late(test);
	expect_nothing_done(test);
}

/* emergency() is also called where VMX is off. */
static void shutdown_of_the_idle(struct kunit *test)
{
	unsigned int cpu;

	syscore_shutdown();
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		expect_did(test, cpu, TOLD);
	hw_forget();
	KUNIT_EXPECT_EQ(test, vmxcore_get(clients[A]), -ESHUTDOWN);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ(test, world_get_cpu(clients[B], cpu, WORLD_TASK), -ESHUTDOWN);
	expect_nothing_done(test);
}

/*
 * While a client holds all CPUs, a CPU that comes online turns VMX on, but not
 * after shutdown.
 */
static void shutdown_while_a_cpu_is_offline(struct kunit *test)
{
	hold(test);
	KUNIT_ASSERT_EQ(test, world_down(3), 0);
	expect_did(test, 3, "vmclear" OFF);
	syscore_shutdown();
	hw_forget();
	KUNIT_EXPECT_EQ(test, world_up(3), 0);
	expect_nothing_done(test);
	world_expect_on(test, false);
	KUNIT_EXPECT_STREQ(test, vmxcore_cpu_state_name(3), "shutdown");
	use_is_refused(test, 3);
}

/*
 * The kernel stops the CPUs one after the other. vmxcore's state stays as it
 * is.
 */
static void emergency(struct kunit *test)
{
	hold(test);
	hw_crash(1);
	KUNIT_EXPECT_TRUE(test, rebooting_when_told);
	expect_did(test, 1, TOLD CLEAR CLEAR " vmxoff !vmxe");
	KUNIT_EXPECT_FALSE(test, hw_on(1));
	KUNIT_EXPECT_STREQ(test, vmxcore_cpu_state_name(1), "on");
	expect_did(test, 0, "");
	KUNIT_EXPECT_TRUE(test, hw_on(0));
	KUNIT_EXPECT_EQ(test, vmxcore_get(clients[A]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, vmxcore_get(clients[B]), -ESHUTDOWN);

	hw_crash(0);
	hw_crash(2);
	hw_crash(3);
	expect_did(test, 3, TOLD CLEAR " vmxoff !vmxe");
	world_expect_on(test, false);
	/*
	 * In a second call VMX instructions fault, and the faults are ignored.
	 */
	hw_forget();
	hw_crash(3);
	expect_did(test, 3, TOLD CLEAR);
	too_late(test);
}

static void emergency_without_references(struct kunit *test)
{
	hw_crash(2);
	expect_did(test, 2, TOLD);
	KUNIT_EXPECT_EQ(test, vmxcore_get(clients[A]), -ESHUTDOWN);
}

/* No client is registered, and CR4 says that VMX is in use. */
static void emergency_of_a_foreign_owner(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_CLIENTS; i++)
		vmxcore_unregister(clients[i]);
	per_cpu(hw_cpu.foreign, 2) = true;
	per_cpu(hw_cpu.on, 2) = true;
	hw_crash(2);
	expect_did(test, 2, "vmxoff !vmxe");
	KUNIT_EXPECT_FALSE(test, hw_on(2));
}

/*
 * cpu_gone() is called before VMXOFF, so that the client can still execute
 * VMCLEAR.
 */
static void a_cpu_goes(struct kunit *test)
{
	hold(test);
	KUNIT_ASSERT_EQ(test, world_down(1), 0);
	expect_did(test, 1, "gone" CLEAR CLEAR OFF);
	KUNIT_ASSERT_EQ(test, world_down(2), 0);
	expect_did(test, 2, "vmclear" OFF);
	hw_forget();
	KUNIT_ASSERT_EQ(test, world_up(1), 0);
	expect_did(test, 1, UP);
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, vmcss[1]), VMXCORE_VMCS_CLEAR);
	KUNIT_EXPECT_EQ_MSG(test, world_vmcs_load(1, vmcss[WORLD_CPUS]), -EINVAL,
			    "its reference has gone with the CPU");
}

/* The test during which the machine sleeps */
static struct kunit *sleeper;

/*
 * Called on the first CPU with interrupts off. Other syscore devices suspend
 * after vmxcore and resume before it, and could make such calls.
 */
static int refused_while_asleep(void)
{
	u64 interrupted;

	KUNIT_EXPECT_EQ(sleeper, vmxcore_get_cpu(clients[A]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(sleeper, vmxcore_get_cpu(clients[B]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(sleeper, vmxcore_vmcs_borrow(vmcss[0], &interrupted), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(sleeper, vmxcore_ept_activate(0x1000), -ESHUTDOWN);
	KUNIT_EXPECT_STREQ(sleeper, vmxcore_cpu_state_name(0), "suspended");
	return 0;
}

static void expect_resumed(struct kunit *test)
{
	unsigned int cpu;

	world_expect_on(test, true);
	expect_did(test, 0, "vmclear" OFF " " UP);
	expect_did(test, 1, "gone" CLEAR CLEAR OFF " " UP);
	expect_did(test, 2, "vmclear" OFF " " UP);
	expect_did(test, 3, "vmclear" OFF " " UP);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_refs(vmxcore_entry_find(clients[A])), 2);
	KUNIT_EXPECT_EQ(test, per_cpu(vmxcore_cpu.refs, 0), 1);
	KUNIT_EXPECT_EQ(test, per_cpu(vmxcore_cpu.refs, 1), 0);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ(test, world_vmcs_load(cpu, vmcss[cpu]), VMXCORE_VMCS_CLEAR);
	KUNIT_EXPECT_EQ(test, vmxcore_get(clients[B]), 0);
	no_misuse_noted(test);
}

static void suspend(struct kunit *test)
{
	hold(test);
	sleeper = test;
	KUNIT_EXPECT_EQ(test, world_suspend_and(refused_while_asleep), 0);
	expect_resumed(test);
}

/*
 * The module is unloaded by force while clients hold VMX and have VMCSs loaded.
 */
static void lender_goes(struct kunit *test)
{
	unsigned int cpu;

	hold(test);
	hw_lender_goes();
	world_expect_on(test, false);
	expect_did(test, 0, "vmclear" OFF);
	expect_did(test, 1, "vmclear" CLEAR OFF);
	expect_did(test, 2, "vmclear" OFF);
	expect_did(test, 3, "vmclear" OFF);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		KUNIT_EXPECT_EQ(test, world_get_cpu(clients[B], cpu, WORLD_IRQ), -ENODEV);
		KUNIT_EXPECT_STREQ(test, vmxcore_cpu_state_name(cpu), "failed");
	}
	KUNIT_EXPECT_EQ(test, vmxcore_get(clients[A]), -EIO);
	hw_lender_goes();
	no_misuse_noted(test);
	vmxcore_put(clients[A]);
	vmxcore_put(clients[A]);
	for (cpu = 0; cpu < 2; cpu++)
		world_put_cpu(clients[B], cpu, WORLD_IRQ);
	KUNIT_EXPECT_FALSE(test, vmxcore_cpus_failed());
	KUNIT_EXPECT_EQ_MSG(test, vmxcore_get(clients[A]), 0, "there is another lender");
	world_expect_on(test, true);
	no_misuse_noted(test);
}

static int not_tired(void)
{
	return -EAGAIN;
}

static void suspend_is_given_up(struct kunit *test)
{
	hold(test);
	KUNIT_EXPECT_EQ(test, world_suspend_and(not_tired), -EAGAIN);
	expect_resumed(test);
}

static void suspend_of_the_idle(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, world_suspend(), 0);
	expect_nothing_done(test);
	world_expect_on(test, false);
	KUNIT_EXPECT_EQ(test, vmxcore_get(clients[A]), 0);
	world_expect_on(test, true);
}

/*
 * The first CPU comes back without VMX. A client that uses it gets the error,
 * and the next resume may turn VMX on.
 */
static void resume_fails(struct kunit *test)
{
	static const int errors[] = { -EIO, -EFAULT, -EBUSY, -EXDEV, -EOPNOTSUPP };
	unsigned int i;

	hold(test);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		hw_fail(0, errors[i]);
		KUNIT_EXPECT_EQ(test, world_suspend(), 0);
		KUNIT_EXPECT_FALSE(test, hw_on(0));
		KUNIT_EXPECT_TRUE(test, hw_on(1));
		KUNIT_EXPECT_EQ(test, world_vmcs_load(0, vmcss[0]), errors[i]);
		KUNIT_EXPECT_EQ(test, world_get_cpu(clients[B], 0, WORLD_TASK), errors[i]);
		KUNIT_EXPECT_EQ(test, world_get_cpu(clients[B], 1, WORLD_TASK), 0);
		KUNIT_EXPECT_EQ(test, vmxcore_get(clients[A]), -EIO);
		KUNIT_EXPECT_TRUE(test, vmxcore_cpus_failed());

		hw_fail(0, 0);
		KUNIT_EXPECT_EQ(test, world_suspend(), 0);
		world_expect_on(test, true);
		KUNIT_EXPECT_FALSE(test, vmxcore_cpus_failed());
		KUNIT_EXPECT_EQ(test, world_vmcs_load(0, vmcss[0]), VMXCORE_VMCS_CLEAR);
		KUNIT_EXPECT_EQ(test, vmxcore_get(clients[A]), 0);
		vmxcore_put(clients[A]);
	}
	no_misuse_noted(test);
}

/* A CPU that has lost VMX is shut down as all others are. */
static void shutdown_after_resume_failed(struct kunit *test)
{
	hold(test);
	hw_fail(0, -EIO);
	KUNIT_EXPECT_EQ(test, world_suspend(), 0);
	hw_forget();
	syscore_shutdown();
	expect_did(test, 0, TOLD);
	expect_did(test, 1, TOLD OFF);
	KUNIT_EXPECT_FALSE(test, vmxcore_cpus_failed());
	world_expect_on(test, false);
}

static struct kunit_case power_cases[] = {
	KUNIT_CASE(shutdown),
	KUNIT_CASE(shutdown_of_the_idle),
	KUNIT_CASE(shutdown_while_a_cpu_is_offline),
	KUNIT_CASE(emergency),
	KUNIT_CASE(emergency_without_references),
	KUNIT_CASE(emergency_of_a_foreign_owner),
	KUNIT_CASE(a_cpu_goes),
	KUNIT_CASE(lender_goes),
	KUNIT_CASE(suspend),
	KUNIT_CASE(suspend_is_given_up),
	KUNIT_CASE(suspend_of_the_idle),
	KUNIT_CASE(resume_fails),
	KUNIT_CASE(shutdown_after_resume_failed),
	{}
};

static struct kunit_suite power_suite = {
	.name = "power",
	.init = power_begin,
	.exit = power_end,
	.test_cases = power_cases,
};

kunit_test_suite(power_suite);
