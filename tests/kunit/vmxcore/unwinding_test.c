// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMXON fails on each set of CPUs while other references hold each set of CPUs.
 * VMX is left on nowhere, and vmxcore's state is as before.
 */
#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>
#include <vmxcore/init.h>
#include <vmxcore/trace.h>

#include "model.h"

/* Sets of CPUs as bits */
#define NR_SETS		BIT(WORLD_CPUS)
#define HOLDER		0
#define ASKER		1

/* Each CPU has an error of its own, so that the error names the CPU. */
static const int error_of[WORLD_CPUS] = { -EIO, -EFAULT, -EBUSY, -EXDEV };

/* The last event vmxcore_refused */
static struct {
	unsigned int nr;
	int cpu;
	int err;
} refused;

static void on_refused(void *unused, const char *client, int cpu, int err)
{
	refused.nr++;
	refused.cpu = cpu;
	refused.err = err;
}

struct scene {
	struct model model;
	struct vmxcore_client *handles[WORLD_CLIENTS];
	unsigned int failing;
	unsigned int held;
};

static struct scene *scene_new(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	model_init(&s->model);
	for (i = HOLDER; i <= ASKER; i++) {
		s->handles[i] = world_register(i, i == ASKER, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR(s->handles[i]));
		model_register(&s->model, i, i == ASKER, false);
	}
	return s;
}

static void as_the_model(struct kunit *test, struct scene *s)
{
	const char *differs = model_differs(&s->model, s->handles);

	KUNIT_ASSERT_STREQ_MSG(test, differs ?: "", "", "differs: CPUs %#x fail, %#x are held",
			       s->failing, s->held);
}

/* Takes references of a client on each CPU of the set. */
static void hold(struct kunit *test, struct scene *s, unsigned int i, unsigned int set)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (!(set & BIT(cpu)))
			continue;
		KUNIT_ASSERT_EQ(test, model_get_cpu(&s->model, i, cpu), 0);
		KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[i], cpu, WORLD_IRQ), 0);
	}
	as_the_model(test, s);
}

static void let_go(struct kunit *test, struct scene *s, unsigned int i, unsigned int set)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (!(set & BIT(cpu)) || !s->model.clients[i].live[cpu])
			continue;
		model_put_cpu(&s->model, i, cpu);
		world_put_cpu(s->handles[i], cpu, WORLD_IRQ);
	}
	as_the_model(test, s);
}

static void fail(struct scene *s, unsigned int set)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		s->model.fails[cpu] = set & BIT(cpu) ? error_of[cpu] : 0;
		hw_fail(cpu, s->model.fails[cpu]);
	}
}

/*
 * Gets all CPUs at once. VMX is on already on the CPUs that are held, so it
 * cannot fail there. The first CPU that fails is named.
 */
static void get_fails(struct kunit *test, struct scene *s)
{
	unsigned int fails = s->failing & ~s->held;
	int cpu = fails ? __ffs(fails) : -1;
	int expected = fails ? error_of[cpu] : 0;

	refused.nr = 0;
	KUNIT_ASSERT_EQ(test, model_get(&s->model, ASKER), expected);
	KUNIT_ASSERT_EQ_MSG(test, vmxcore_get(s->handles[ASKER]), expected,
			    "CPUs %#x fail, %#x are held", s->failing, s->held);
	as_the_model(test, s);
	KUNIT_ASSERT_EQ(test, refused.nr, !!fails);
	if (fails) {
		KUNIT_ASSERT_EQ(test, refused.cpu, cpu);
		KUNIT_ASSERT_EQ(test, refused.err, expected);
		/* Without failures the same get succeeds. */
		fail(s, 0);
		model_get(&s->model, ASKER);
		KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[ASKER]), 0);
		as_the_model(test, s);
	}
	model_put(&s->model, ASKER);
	vmxcore_put(s->handles[ASKER]);
	as_the_model(test, s);
}

static void each_get(struct kunit *test, unsigned int holder)
{
	struct scene *s = scene_new(test);

	for (s->held = 0; s->held < NR_SETS; s->held++) {
		hold(test, s, holder, s->held);
		for (s->failing = 0; s->failing < NR_SETS; s->failing++) {
			fail(s, s->failing);
			get_fails(test, s);
		}
		fail(s, 0);
		let_go(test, s, holder, s->held);
	}
}

static void get_while_another_holds_cpus(struct kunit *test)
{
	each_get(test, HOLDER);
}

static void get_while_the_same_holds_cpus(struct kunit *test)
{
	each_get(test, ASKER);
}

/* VMX is on everywhere already, so nothing can fail. */
static void get_while_another_holds_all(struct kunit *test)
{
	struct scene *s = scene_new(test);

	model_get(&s->model, HOLDER);
	KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[HOLDER]), 0);
	s->held = NR_SETS - 1;
	for (s->failing = 0; s->failing < NR_SETS; s->failing++) {
		fail(s, s->failing);
		get_fails(test, s);
	}
}

/* The result depends on one CPU only. */
static void get_cpu_fails(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned int cpu;

	for (s->held = 0; s->held < NR_SETS; s->held++) {
		hold(test, s, HOLDER, s->held);
		for (s->failing = 0; s->failing < NR_SETS; s->failing++) {
			fail(s, s->failing);
			for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
				bool fails = s->failing & ~s->held & BIT(cpu);
				int expected = model_get_cpu(&s->model, ASKER, cpu);

				KUNIT_ASSERT_EQ(test, expected, fails ? error_of[cpu] : 0);
				KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[ASKER], cpu,
								    WORLD_IRQ), expected);
				as_the_model(test, s);
			}
			let_go(test, s, ASKER, NR_SETS - 1);
		}
		fail(s, 0);
		let_go(test, s, HOLDER, s->held);
	}
}

static void down_all(struct kunit *test, struct scene *s)
{
	unsigned int cpu;

	for (cpu = 1; cpu < WORLD_CPUS; cpu++) {
		if (!s->model.online[cpu])
			continue;
		model_down(&s->model, cpu);
		KUNIT_ASSERT_EQ(test, world_down(cpu), 0);
	}
	as_the_model(test, s);
}

static void up_all(struct kunit *test, struct scene *s)
{
	unsigned int cpu;

	for (cpu = 1; cpu < WORLD_CPUS; cpu++) {
		if (s->model.online[cpu])
			continue;
		KUNIT_ASSERT_EQ_MSG(test, world_up(cpu), model_up(&s->model, cpu),
				    "CPU %u of %#x", cpu, s->failing);
		as_the_model(test, s);
	}
}

/*
 * CPUs that fail stay offline while all CPUs are held, and come online
 * otherwise.
 */
static void up_fails(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned int held;

	for (held = 0; held <= 1; held++) {
		if (held) {
			model_get(&s->model, HOLDER);
			KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[HOLDER]), 0);
		}
		/* The first CPU is always online. */
		for (s->failing = 0; s->failing < NR_SETS; s->failing += 2) {
			down_all(test, s);
			fail(s, s->failing);
			up_all(test, s);
			fail(s, 0);
			up_all(test, s);
			KUNIT_ASSERT_EQ(test, num_online_cpus(), WORLD_CPUS);
		}
	}
}

/*
 * The first CPU cannot stay offline at resume, and loses VMX. The others stay
 * offline.
 */
static void resume_fails_for(struct kunit *test, struct scene *s, bool all)
{
	if (all) {
		model_get(&s->model, HOLDER);
		KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[HOLDER]), 0);
	}
	hold(test, s, ASKER, s->held);
	fail(s, s->failing);
	model_suspend(&s->model);
	KUNIT_ASSERT_EQ(test, world_suspend(), 0);
	as_the_model(test, s);
	KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[ASKER]), model_get(&s->model, ASKER));
	as_the_model(test, s);
	fail(s, 0);
	up_all(test, s);
	vmxcore_put(s->handles[ASKER]);
	model_put(&s->model, ASKER);
	as_the_model(test, s);
	if (all) {
		vmxcore_put(s->handles[HOLDER]);
		model_put(&s->model, HOLDER);
	}
	let_go(test, s, ASKER, NR_SETS - 1);
	KUNIT_ASSERT_FALSE(test, vmxcore_cpus_failed());
}

static void resume_fails(struct kunit *test)
{
	static const unsigned int held[] = { 0, BIT(0), BIT(2), NR_SETS - 1 };
	struct scene *s = scene_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(held); i++) {
		s->held = held[i];
		/*
		 * The first CPU fails or not, and so many of the others, which
		 * are all alike.
		 */
		for (s->failing = 0; s->failing < NR_SETS; s->failing++) {
			if (is_power_of_2((s->failing >> 1) + 1))
				resume_fails_for(test, s, true);
		}
		/*
		 * References on single CPUs survive a suspend on the first CPU
		 * only.
		 */
		for (s->failing = 0; s->failing < 2; s->failing++)
			resume_fails_for(test, s, false);
	}
}

/* The module that lends VMX goes, and cannot be pinned. */
static void pin_fails(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned int cpu;

	hw_no_lender = true;
	s->model.pin_fails = true;
	KUNIT_EXPECT_EQ(test, model_get(&s->model, ASKER), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[ASKER]), -ENODEV);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ(test, world_get_cpu(s->handles[ASKER], cpu, WORLD_TASK), -ENODEV);
	as_the_model(test, s);
}

static void one_get_fails(struct kunit *test, struct scene *s, unsigned int cpu, int error)
{
	s->model.fails[cpu] = error;
	hw_fail(cpu, error);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[ASKER]), error);
	KUNIT_EXPECT_EQ(test, world_get_cpu(s->handles[ASKER], cpu, WORLD_TASK), error);
	as_the_model(test, s);
	s->model.fails[cpu] = 0;
	hw_fail(cpu, 0);
}

static void one_up_fails(struct kunit *test, struct scene *s, unsigned int cpu, int error)
{
	model_get(&s->model, HOLDER);
	KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[HOLDER]), 0);
	model_down(&s->model, cpu);
	KUNIT_ASSERT_EQ(test, world_down(cpu), 0);
	hw_fail(cpu, error);
	KUNIT_EXPECT_EQ(test, world_up(cpu), error);
	as_the_model(test, s);
	hw_fail(cpu, 0);
	model_up(&s->model, cpu);
	KUNIT_EXPECT_EQ(test, world_up(cpu), 0);
	model_put(&s->model, HOLDER);
	vmxcore_put(s->handles[HOLDER]);
	as_the_model(test, s);
}

/*
 * In the tests above each CPU fails with its own error, and here each CPU fails
 * with all errors. power_test.c does this for resume.
 */
static void each_way_on_each_cpu(struct kunit *test)
{
	static const int errors[] = { -EIO, -EFAULT, -EBUSY, -EXDEV, -EOPNOTSUPP };
	struct scene *s = scene_new(test);
	unsigned int i, cpu;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
			one_get_fails(test, s, cpu, errors[i]);
			if (cpu)
				one_up_fails(test, s, cpu, errors[i]);
		}
	}
}

static struct vmxcore_client *comer;
static int comer_got;

/* KVM of Linux 6.1 does the same. This callback cannot refuse the CPU. */
static int takes_a_reference(unsigned int cpu)
{
	comer_got = vmxcore_get_cpu(comer);
	return 0;
}

/*
 * No client holds all CPUs. A client takes a reference before the CPU is
 * online, and fails. The CPU has to stay offline.
 */
static void a_client_of_a_cpu_that_comes(struct kunit *test)
{
	struct scene *s = scene_new(test);
	const unsigned int cpu = 2;

	comer = s->handles[ASKER];
	model_down(&s->model, cpu);
	KUNIT_ASSERT_EQ(test, world_down(cpu), 0);
	/* This state comes after vmxcore's own when a CPU comes online. */
	KUNIT_ASSERT_EQ(test, cpuhp_setup_state_nocalls(CPUHP_AP_ARM_L2X0_STARTING, "kunit:client",
							takes_a_reference, NULL), 0);
	hw_fail(cpu, -EFAULT);
	KUNIT_EXPECT_EQ(test, world_up(cpu), -EFAULT);
	KUNIT_EXPECT_EQ(test, comer_got, -EFAULT);
	KUNIT_EXPECT_FALSE_MSG(test, cpu_online(cpu), "its client believes in VMX there");
	as_the_model(test, s);

	hw_fail(cpu, 0);
	model_up(&s->model, cpu);
	KUNIT_EXPECT_EQ(test, world_up(cpu), 0);
	cpuhp_remove_state_nocalls(CPUHP_AP_ARM_L2X0_STARTING);
	KUNIT_EXPECT_EQ(test, comer_got, 0);
	model_get_cpu(&s->model, ASKER, cpu);
	as_the_model(test, s);
}

/* The log says what to do about each error, or that the error is unexpected. */
static void errors_have_words(struct kunit *test)
{
	static const int errors[] = {
		-EBUSY, -EAGAIN, -EIO, -EFAULT, -EXDEV, -EOPNOTSUPP, -ENODEV, -ESHUTDOWN
	};
	char unexpected[VMXCORE_CPU_ERROR_LEN], text[VMXCORE_CPU_ERROR_LEN];
	unsigned int i;

	vmxcore_cpu_strerror(0, -ENOTTY, unexpected);
	KUNIT_EXPECT_GT(test, strlen(unexpected), 0);
	for (i = 0; i < ARRAY_SIZE(errors); i++)
		KUNIT_EXPECT_STRNEQ(test, vmxcore_cpu_strerror(0, errors[i], text), unexpected);
}

static int unwinding_load(struct kunit_suite *suite)
{
	int err = register_trace_vmxcore_refused(on_refused, NULL);

	return err ?: world_load(suite);
}

static void unwinding_unload(struct kunit_suite *suite)
{
	unregister_trace_vmxcore_refused(on_refused, NULL);
	tracepoint_synchronize_unregister();
	world_unload(suite);
}

static struct kunit_case unwinding_cases[] = {
	KUNIT_CASE(get_while_another_holds_cpus),
	KUNIT_CASE(get_while_the_same_holds_cpus),
	KUNIT_CASE(get_while_another_holds_all),
	KUNIT_CASE(get_cpu_fails),
	KUNIT_CASE_SLOW(up_fails),
	KUNIT_CASE_SLOW(resume_fails),
	KUNIT_CASE_SLOW(each_way_on_each_cpu),
	KUNIT_CASE(a_client_of_a_cpu_that_comes),
	KUNIT_CASE(errors_have_words),
	KUNIT_CASE(pin_fails),
	{}
};

static struct kunit_suite unwinding_suite = {
	.name = "unwinding",
	.suite_init = unwinding_load,
	.suite_exit = unwinding_unload,
	.init = world_begin,
	.exit = world_end,
	.test_cases = unwinding_cases,
};

kunit_test_suite(unwinding_suite);
