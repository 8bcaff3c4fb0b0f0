// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exclusive client registers, and other clients yield VMX or do not. Tests
 * which callbacks are called, and what each client holds afterwards.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/workqueue.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>

#include "model.h"

/*
 * ALL holds all CPUs, SINGLE holds single CPUs, IDLE holds nothing. TAKER is
 * the exclusive client.
 */
#define ALL		0
#define SINGLE		1
#define IDLE		2
#define TAKER		3

/* What a client does when it is asked to yield. */
enum manners {
	YIELDS,
	YIELDS_LATER,
	STAYS,
	WAITS,
};

static struct scene {
	struct kunit *test;
	struct model model;
	struct vmxcore_client *handles[WORLD_CLIENTS];
	enum manners manners[WORLD_CLIENTS];
	unsigned int yields[WORLD_CLIENTS];
	unsigned int regains[WORLD_CLIENTS];
	int regained;
	struct completion waits;
	struct completion go_on;
	struct delayed_work later;
} *s;

static void give_back(unsigned int i)
{
	unsigned int cpu;

	while (s->model.clients[i].refs) {
		model_put(&s->model, i);
		vmxcore_put(s->handles[i]);
	}
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		while (s->model.clients[i].live[cpu]) {
			model_put_cpu(&s->model, i, cpu);
			world_put_cpu(s->handles[i], cpu, WORLD_IRQ);
		}
	}
}

/* From here on only the exclusive client can get references. */
static void others_are_refused(void)
{
	const struct vmxcore_client_desc desc = { .name = "more", .owner = &world_owner };
	unsigned int cpu;

	KUNIT_EXPECT_EQ(s->test, vmxcore_get(s->handles[IDLE]), -EBUSY);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ(s->test, world_get_cpu(s->handles[IDLE], cpu, WORLD_IRQ), -EBUSY);
	KUNIT_EXPECT_EQ(s->test, PTR_ERR(vmxcore_register(&desc)), -EBUSY);
	KUNIT_EXPECT_TRUE(s->test, vmxcore_excluded(vmxcore_entry_find(s->handles[IDLE])));
}

/*
 * A client that has references can get more, as its running guests may need
 * them until they end.
 */
static void holders_are_not(unsigned int i)
{
	if (!s->model.clients[i].refs)
		return;
	KUNIT_EXPECT_EQ(s->test, vmxcore_get(s->handles[i]), 0);
	KUNIT_EXPECT_EQ(s->test, world_get_cpu(s->handles[i], 2, WORLD_IRQ), 0);
	world_put_cpu(s->handles[i], 2, WORLD_IRQ);
	vmxcore_put(s->handles[i]);
}

static void wait_to_go_on(void)
{
	complete(&s->waits);
	wait_for_completion(&s->go_on);
}

static void asked(unsigned int i)
{
	might_sleep();
	s->yields[i]++;
	others_are_refused();
	holders_are_not(i);
	switch (s->manners[i]) {
	case YIELDS:
		give_back(i);
		break;
	case YIELDS_LATER:
		schedule_delayed_work(&s->later, msecs_to_jiffies(50));
		break;
	case STAYS:
		break;
	case WAITS:
		wait_to_go_on();
		give_back(i);
		break;
	}
}

static void give_back_later(struct work_struct *work)
{
	give_back(ALL);
}

/* ALL takes a reference on all CPUs again. */
static void told(unsigned int i)
{
	might_sleep();
	s->regains[i]++;
	if (s->manners[i] == WAITS) {
		wait_to_go_on();
		return;
	}
	if (i != ALL || s->model.clients[i].refs)
		return;
	s->regained = vmxcore_get(s->handles[i]);
	KUNIT_EXPECT_EQ(s->test, s->regained, model_get(&s->model, i));
}

#define DEFINE_YIELD(i) \
static void yield_##i(void) \
{ \
	asked(i); \
}

#define DEFINE_REGAIN(i) \
static void regain_##i(void) \
{ \
	told(i); \
}

DEFINE_YIELD(0)
DEFINE_YIELD(1)
DEFINE_YIELD(2)
DEFINE_YIELD(3)
DEFINE_REGAIN(0)
DEFINE_REGAIN(1)
DEFINE_REGAIN(2)
DEFINE_REGAIN(3)

static const struct vmxcore_client_desc descs[] = {
	[ALL] = {
		.name = "all",
		.owner = &world_owner,
		.yield = yield_0,
		.regain = regain_0,
	},
	[SINGLE] = {
		.name = "single",
		.owner = &world_owner,
		.yield = yield_1,
		.regain = regain_1,
	},
	[IDLE] = {
		.name = "idle",
		.owner = &world_owner,
		.yield = yield_2,
		.regain = regain_2,
	},
};

static void as_the_model(struct kunit *test)
{
	const char *differs = model_differs(&s->model, s->handles);

	KUNIT_EXPECT_STREQ_MSG(test, differs ?: "", "", "differs");
}

static void hold(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		model_get(&s->model, ALL);
		KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[ALL]), 0);
		model_get_cpu(&s->model, SINGLE, 1);
		KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[SINGLE], 1, WORLD_TASK), 0);
	}
	model_get_cpu(&s->model, SINGLE, 3);
	KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[SINGLE], 3, WORLD_TASK), 0);
	as_the_model(test);
}

static int exclusive_begin(struct kunit *test)
{
	unsigned int i;
	int err = world_begin(test);

	if (err)
		return err;
	s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->test = test;
	model_init(&s->model);
	init_completion(&s->waits);
	init_completion(&s->go_on);
	INIT_DELAYED_WORK(&s->later, give_back_later);
	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		s->handles[i] = vmxcore_register(&descs[i]);
		if (IS_ERR(s->handles[i]))
			return PTR_ERR(s->handles[i]);
		model_register(&s->model, i, false, false);
	}
	return 0;
}

static void exclusive_end(struct kunit *test)
{
	cancel_delayed_work_sync(&s->later);
	world_end(test);
}

static int come_as(const char *name, unsigned int flags)
{
	const struct vmxcore_client_desc desc = {
		.name = name,
		.owner = &world_owner,
		.flags = flags,
		.yield = yield_3,
		.regain = regain_3,
	};
	struct vmxcore_client *client = vmxcore_register(&desc);

	if (IS_ERR(client))
		return PTR_ERR(client);
	s->handles[TAKER] = client;
	s->model.clients[TAKER] = (struct model_client){
		.registered = true,
		.alone = flags & VMXCORE_EXCLUSIVE,
	};
	return 0;
}

/* The taker registers. */
static int come(unsigned int flags)
{
	return come_as("taker", flags);
}

static void go(struct kunit *test)
{
	/* The model is changed first, as clients use it in regain(). */
	model_unregister(&s->model, TAKER);
	vmxcore_unregister(s->handles[TAKER]);
	as_the_model(test);
}

/* Expects that yield() and regain() of each client were called so often. */
static void expect_calls(struct kunit *test, unsigned int yields, unsigned int regains)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		KUNIT_EXPECT_EQ_MSG(test, s->yields[i], yields, "%s", descs[i].name);
		KUNIT_EXPECT_EQ_MSG(test, s->regains[i], regains, "%s", descs[i].name);
	}
	KUNIT_EXPECT_EQ_MSG(test, s->yields[TAKER] + s->regains[TAKER], 0,
			    "a callback of the taker was called");
}

static void all_make_room(struct kunit *test)
{
	unsigned int cpu;

	hold(test);
	KUNIT_ASSERT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), 0);
	expect_calls(test, 1, 0);
	as_the_model(test);
	world_expect_on(test, false);
	others_are_refused();
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[ALL]), -EBUSY);

	model_get(&s->model, TAKER);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[TAKER]), 0);
	as_the_model(test);
	go(test);
	expect_calls(test, 1, 1);
	KUNIT_EXPECT_EQ(test, s->regained, 0);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_TRUE_MSG(test, hw_on(cpu), "ALL has all CPUs again");
}

/* vmxcore waits for a client that yields late. */
static void one_yields_late(struct kunit *test)
{
	hold(test);
	s->manners[ALL] = YIELDS_LATER;
	KUNIT_ASSERT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), 0);
	expect_calls(test, 1, 0);
	as_the_model(test);
	go(test);
	expect_calls(test, 1, 1);
}

/*
 * SINGLE keeps its references. regain() of the clients that have yielded is
 * called, and the name of the exclusive client is free again.
 */
static void one_stays(struct kunit *test)
{
	ktime_t begin;

	hold(test);
	s->manners[SINGLE] = STAYS;
	begin = ktime_get();
	KUNIT_EXPECT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), -EBUSY);
	KUNIT_EXPECT_GE_MSG(test, ktime_ms_delta(ktime_get(), begin), 5000, "it is waited for");
	expect_calls(test, 1, 1);
	as_the_model(test);
	KUNIT_EXPECT_EQ_MSG(test, s->model.clients[ALL].refs, 1, "it has regained");
	KUNIT_EXPECT_EQ(test, s->model.clients[SINGLE].live[1], 2);
	KUNIT_EXPECT_FALSE(test, vmxcore_excluded(NULL));
	KUNIT_EXPECT_EQ(test, come(0), 0);
	as_the_model(test);
}

/*
 * Without VMXCORE_TAKE_OVER the client is refused at once, and no callback is
 * called.
 */
static void no_client_is_asked(struct kunit *test)
{
	hold(test);
	KUNIT_EXPECT_EQ(test, come(VMXCORE_EXCLUSIVE), -EBUSY);
	as_the_model(test);
	give_back(ALL);
	KUNIT_EXPECT_EQ(test, come(VMXCORE_EXCLUSIVE), -EBUSY);
	as_the_model(test);
	expect_calls(test, 0, 0);
	give_back(SINGLE);
	KUNIT_EXPECT_EQ(test, come(VMXCORE_EXCLUSIVE), 0);
	expect_calls(test, 0, 0);
	as_the_model(test);
	/* regain() may be called without a yield() before it. */
	go(test);
	expect_calls(test, 0, 1);
}

/* No client holds anything, so yield() is not called. */
static void nothing_to_take(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), 0);
	expect_calls(test, 0, 0);
	go(test);
	expect_calls(test, 0, 1);
}

/* VMXCORE_TAKE_OVER means nothing without VMXCORE_EXCLUSIVE. */
static void not_alone(struct kunit *test)
{
	hold(test);
	KUNIT_EXPECT_EQ(test, come(VMXCORE_TAKE_OVER), 0);
	expect_calls(test, 0, 0);
	model_get(&s->model, IDLE);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[IDLE]), 0);
	as_the_model(test);
	go(test);
	expect_calls(test, 0, 0);
}

/* A second exclusive client is refused before any callback is called. */
static void a_second_one(struct kunit *test)
{
	const struct vmxcore_client_desc desc = {
		.name = "second",
		.owner = &world_owner,
		.flags = VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER,
	};

	hold(test);
	KUNIT_ASSERT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_register(&desc)), -EBUSY);
	expect_calls(test, 1, 0);
	KUNIT_EXPECT_STREQ(test, READ_ONCE(vmxcore_exclusive)->name, "taker");
	as_the_model(test);
	go(test);
}

static void fail_everywhere(int error)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		s->model.fails[cpu] = error;
		hw_fail(cpu, error);
	}
}

/* VMXON would fail, but the client is refused before that. */
static void refused_before_vmxon(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), 0);
	fail_everywhere(-EIO);
	others_are_refused();
	fail_everywhere(0);
	go(test);
}

/*
 * The clients have yielded, and now VMXON fails for the exclusive client and
 * for regain().
 */
static void vmxon_fails(struct kunit *test)
{
	static const int errors[] = { -EIO, -EFAULT, -EBUSY, -EXDEV, -EOPNOTSUPP };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (!s->model.clients[ALL].refs) {
			model_get(&s->model, ALL);
			KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[ALL]), 0);
		}
		KUNIT_ASSERT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), 0);
		fail_everywhere(errors[i]);
		KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[TAKER]), errors[i]);
		as_the_model(test);
		go(test);
		KUNIT_EXPECT_EQ(test, s->regained, errors[i]);
		fail_everywhere(0);
		KUNIT_EXPECT_EQ(test, model_get(&s->model, ALL), 0);
		KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[ALL]), 0);
		as_the_model(test);
	}
}

static int come_thread(void *unused)
{
	return come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER);
}

/*
 * The name of the first client is in use until all regain() callbacks have
 * returned.
 */
static int second_thread(void *unused)
{
	return come_as("second", VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER);
}

static int go_thread(void *unused)
{
	vmxcore_unregister(s->handles[TAKER]);
	return 0;
}

static int unregister_thread(void *done)
{
	vmxcore_unregister(s->handles[ALL]);
	complete(done);
	return 0;
}

/*
 * vmxcore_unregister() waits for the callback that runs in the first thread, as
 * the module of the client may be unloaded after it.
 */
static void unregister_meanwhile(struct kunit *test, int (*function)(void *data))
{
	DECLARE_COMPLETION_ONSTACK(unregistered);
	struct task_struct *first, *leaver;
	unsigned long early;

	s->manners[ALL] = WAITS;
	first = world_thread(test, WORLD_ANY_CPU, function, NULL);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&s->waits, 10 * HZ), 0);
	leaver = world_thread(test, WORLD_ANY_CPU, unregister_thread, &unregistered);
	early = wait_for_completion_timeout(&unregistered, HZ / 5);
	KUNIT_EXPECT_FALSE_MSG(test, early, "it is unregistered while its callback runs");
	complete(&s->go_on);
	if (!early)
		wait_for_completion(&unregistered);
	KUNIT_EXPECT_EQ(test, world_thread_end(leaver), 0);
	KUNIT_EXPECT_EQ(test, world_thread_end(first), 0);
	s->model.clients[ALL] = (struct model_client){};
}

static void one_unregisters_while_it_is_asked(struct kunit *test)
{
	model_get(&s->model, ALL);
	KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[ALL]), 0);
	unregister_meanwhile(test, come_thread);
	as_the_model(test);
	go(test);
	KUNIT_EXPECT_EQ_MSG(test, s->regains[ALL], 0, "it has gone");
}

static void one_unregisters_while_it_is_told(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, come(VMXCORE_EXCLUSIVE), 0);
	unregister_meanwhile(test, go_thread);
	model_unregister(&s->model, TAKER);
	as_the_model(test);
	KUNIT_EXPECT_EQ(test, s->regains[SINGLE], 1);
}

/*
 * Two exclusive clients follow each other, so that a callback is due while
 * another one runs.
 */
static void one_unregisters_before_it_is_asked(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(unregistered);
	struct task_struct *first, *second, *leaver;

	KUNIT_ASSERT_EQ(test, come(VMXCORE_EXCLUSIVE), 0);
	s->manners[ALL] = WAITS;
	first = world_thread(test, WORLD_ANY_CPU, go_thread, NULL);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&s->waits, 10 * HZ), 0);
	/*
	 * No client is exclusive by now, as the first one is calling the
	 * others' regain().
	 */
	model_unregister(&s->model, TAKER);
	model_get_cpu(&s->model, SINGLE, 1);
	KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[SINGLE], 1, WORLD_TASK), 0);
	second = world_thread(test, WORLD_ANY_CPU, second_thread, NULL);
	msleep(100);
	leaver = world_thread(test, WORLD_ANY_CPU, unregister_thread, &unregistered);
	msleep(100);
	complete_all(&s->go_on);
	wait_for_completion(&unregistered);
	KUNIT_EXPECT_EQ(test, world_thread_end(leaver), 0);
	KUNIT_EXPECT_EQ(test, world_thread_end(first), 0);
	KUNIT_EXPECT_EQ(test, world_thread_end(second), 0);
	KUNIT_EXPECT_EQ_MSG(test, s->yields[ALL], 0, "it was asked when it had gone");
	KUNIT_EXPECT_EQ(test, s->yields[SINGLE], 1);
	s->model.clients[ALL] = (struct model_client){};
	as_the_model(test);
	go(test);
}

#define PINNED		4

static int unregister_pinned(void *unused)
{
	vmxcore_unregister(s->handles[PINNED]);
	return 0;
}

/*
 * A CPU goes offline and comes back after a client has been closed and before
 * its references are taken back, which waits for a callback here. The
 * references die with the CPU all the same, and their pins with them.
 */
static void a_cpu_goes_while_one_unregisters(struct kunit *test)
{
	struct task_struct *taker, *leaver;
	struct vmxcore_client_entry *entry;

	s->manners[ALL] = WAITS;
	s->handles[PINNED] = world_register(PINNED, true, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->handles[PINNED]));
	KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[PINNED], 1, WORLD_TASK), 0);
	KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[PINNED], 1, WORLD_TASK), 0);
	KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[PINNED], 2, WORLD_TASK), 0);
	KUNIT_EXPECT_EQ(test, hw_pins(), 2);
	taker = world_thread(test, WORLD_ANY_CPU, come_thread, NULL);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&s->waits, 10 * HZ), 0);
	leaver = world_thread(test, WORLD_ANY_CPU, unregister_pinned, NULL);
	KUNIT_ASSERT_EQ(test, read_poll_timeout(vmxcore_entry_find, entry, !entry, 1000, 10000000,
						false, s->handles[PINNED]), 0);
	KUNIT_EXPECT_EQ(test, world_down(1), 0);
	KUNIT_EXPECT_EQ(test, hw_pins(), 1);
	KUNIT_EXPECT_EQ(test, world_up(1), 0);
	KUNIT_EXPECT_EQ_MSG(test, world_gone(PINNED, 1), 0, "a client that is closed is told");
	complete_all(&s->go_on);
	KUNIT_EXPECT_EQ(test, world_thread_end(leaver), 0);
	KUNIT_EXPECT_EQ(test, world_thread_end(taker), 0);
	KUNIT_EXPECT_EQ(test, per_cpu(vmxcore_cpu.refs, 1), 0);
	KUNIT_EXPECT_EQ(test, per_cpu(vmxcore_cpu.refs, 2), 0);
	KUNIT_EXPECT_EQ(test, hw_pins(), 0);
	as_the_model(test);
	go(test);
}

static atomic_t missing;

/* Both threads go on when the second one has come here. */
static int contender(void *name)
{
	const struct vmxcore_client_desc desc = {
		.name = name,
		.owner = &world_owner,
		.flags = VMXCORE_EXCLUSIVE,
	};
	struct vmxcore_client *client;

	atomic_dec(&missing);
	while (atomic_read(&missing))
		cpu_relax();
	client = vmxcore_register(&desc);
	if (IS_ERR(client))
		return PTR_ERR(client);
	s->handles[TAKER] = client;
	return 0;
}

/* One of the two is registered, and nothing is left of the other one. */
static void two_at_once(struct kunit *test)
{
	struct task_struct *first, *second;
	unsigned int i;
	int a, b;

	for (i = 0; i < 20; i++) {
		s->handles[TAKER] = NULL;
		atomic_set(&missing, 2);
		first = world_thread(test, 1, contender, "first");
		second = world_thread(test, 2, contender, "second");
		a = world_thread_end(first);
		b = world_thread_end(second);
		KUNIT_EXPECT_EQ_MSG(test, min(a, b), -EBUSY, "both have VMX for themselves");
		KUNIT_EXPECT_EQ_MSG(test, max(a, b), 0, "none has");
		KUNIT_ASSERT_NOT_NULL(test, s->handles[TAKER]);
		KUNIT_EXPECT_STREQ(test, READ_ONCE(vmxcore_exclusive)->name,
				   a ? "second" : "first");
		vmxcore_unregister(s->handles[TAKER]);
		as_the_model(test);
		/* It took these in regain(). */
		give_back(ALL);
	}
}

/*
 * The reference of enable_virt_at_load is dropped for an exclusive client, and
 * taken again when VMX is available.
 */
static void the_policy_makes_room(struct kunit *test)
{
	world_end(test);
	world_unload(NULL);
	world_at_load(true);
	KUNIT_ASSERT_EQ(test, world_load(NULL), 0);
	world_expect_on(test, true);
	KUNIT_EXPECT_EQ(test, come(VMXCORE_EXCLUSIVE), -EBUSY);
	KUNIT_EXPECT_EQ(test, come(VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER), 0);
	world_expect_on(test, false);
	hw_no_lender = true;
	vmxcore_unregister(s->handles[TAKER]);
	world_expect_on(test, false);
	hw_lender_comes();
	world_expect_on(test, true);
	world_unload(NULL);
	world_expect_on(test, false);
	world_at_load(false);
	KUNIT_ASSERT_EQ(test, world_load(NULL), 0);
}

static struct kunit_case exclusive_cases[] = {
	KUNIT_CASE(all_make_room),
	KUNIT_CASE(one_yields_late),
	KUNIT_CASE_SLOW(one_stays),
	KUNIT_CASE(no_client_is_asked),
	KUNIT_CASE(nothing_to_take),
	KUNIT_CASE(not_alone),
	KUNIT_CASE(a_second_one),
	KUNIT_CASE(refused_before_vmxon),
	KUNIT_CASE(vmxon_fails),
	KUNIT_CASE(one_unregisters_while_it_is_asked),
	KUNIT_CASE(one_unregisters_while_it_is_told),
	KUNIT_CASE(one_unregisters_before_it_is_asked),
	KUNIT_CASE(a_cpu_goes_while_one_unregisters),
	KUNIT_CASE(two_at_once),
	KUNIT_CASE(the_policy_makes_room),
	{}
};

static struct kunit_suite exclusive_suite = {
	.name = "exclusive",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = exclusive_begin,
	.exit = exclusive_end,
	.test_cases = exclusive_cases,
};

kunit_test_suite(exclusive_suite);
