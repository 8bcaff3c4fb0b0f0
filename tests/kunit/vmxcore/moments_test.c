// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two calls at the same time, made to meet: the first one is stopped at a place
 * where the other one must not interfere. The other one is started then, and
 * has to wait until the first goes on.
 */
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/iopoll.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <vmxcore/client.h>
#include <vmxcore/trace.h>

#include "world.h"

/* The test itself runs on the first CPU. */
#define CPU_OF_FIRST	1
#define CPU_OF_OTHER	2
#define CPU_THAT_COMES	3

/*
 * This state comes before vmxcore's own when a CPU goes offline, and after it
 * when a CPU comes online. The CPU is not online there.
 */
#define STATE_STARTING	CPUHP_AP_ARM_L2X0_STARTING

/* A call that has met a lock and need not wait for it ends within this time. */
#define WHILE_MS	100
/* The test fails if an expected event does not happen within this time. */
#define GIVE_UP_US	60000000

/*
 * Places where a task can be stopped. IN_PUT: a put has dropped its reference,
 * and is in a tracepoint, for which RCU waits. IN_BROADCAST: a put has dropped
 * its reference and VMX is about to be turned off; the task sleeps. IN_VMXON:
 * one CPU has turned VMX on. IN_STARTING: a CPU comes online but is not online
 * yet. IN_ONLINE: the CPU is online and hotplug is still locked.
 */
enum place {
	NOWHERE,
	IN_PUT,
	IN_BROADCAST,
	IN_VMXON,
	IN_STARTING,
	IN_ONLINE,
};

static enum place stop_at;
static bool stopped;
static int state_online;

static struct vmxcore_client *a, *b;

/* VMX was on when the exclusive client was registered. */
static bool found_on;

/*
 * Waits for the test and not for some time, as no time is long enough on a busy
 * host.
 */
static void stop(enum place here, void (*pass_time)(void))
{
	if (READ_ONCE(stop_at) != here)
		return;
	WRITE_ONCE(stopped, true);
	while (READ_ONCE(stop_at) == here)
		pass_time();
}

/* For places where interrupts may be off or the CPU is not online */
static void spin(void)
{
	cpu_relax();
}

/*
 * For places where nothing else, for example RCU, may have to wait for this
 * task
 */
static void doze(void)
{
	msleep(20);
}

static void on_put(void *unused, const char *client, int cpu, unsigned int references)
{
	stop(IN_PUT, spin);
}

static void on_vmxon(void *unused, unsigned int cpu, const char *client, u64 latency, int result)
{
	if (cpu == CPU_OF_FIRST)
		stop(IN_VMXON, spin);
}

static void on_broadcast(void)
{
	stop(IN_BROADCAST, doze);
}

static int on_starting(unsigned int cpu)
{
	stop(IN_STARTING, spin);
	return 0;
}

static int on_online(unsigned int cpu)
{
	stop(IN_ONLINE, doze);
	return 0;
}

/* One of the calls that meet */
struct role {
	int (*act)(void);
	struct task_struct *task;
	bool waits;
	bool done;
};

#define NR_ROLES	3
static struct role roles[NR_ROLES];

/*
 * The kernel's event "contention_begin" says that this task waits for a lock,
 * sleeping or not.
 */
static void on_contention(void *unused, void *lock, unsigned int flags)
{
	unsigned int i;

	for (i = 0; i < NR_ROLES; i++) {
		if (READ_ONCE(roles[i].task) == current)
			WRITE_ONCE(roles[i].waits, true);
	}
}

static struct tracepoint *contention;

static void find_contention(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "contention_begin"))
		contention = tracepoint;
}

static int watch_contention(void)
{
	for_each_kernel_tracepoint(find_contention, NULL);
	return contention ? tracepoint_probe_register(contention, on_contention, NULL) : -ENOENT;
}

static int moments_begin(struct kunit *test)
{
	int err = world_begin(test);

	stop_at = NOWHERE;
	stopped = false;
	hw_before_broadcast = on_broadcast;
	err = err ?: watch_contention();
	err = err ?: register_trace_vmxcore_put(on_put, NULL);
	err = err ?: register_trace_vmxcore_vmx_on(on_vmxon, NULL);
	err = err ?: cpuhp_setup_state_nocalls(STATE_STARTING, "kunit:starting", on_starting, NULL);
	if (err)
		return err;
	state_online = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "kunit:online", on_online,
						 NULL);
	return min(state_online, 0);
}

static void moments_end(struct kunit *test)
{
	WRITE_ONCE(stop_at, NOWHERE);
	hw_before_broadcast = NULL;
	if (state_online > 0)
		cpuhp_remove_state_nocalls(state_online);
	cpuhp_remove_state_nocalls(STATE_STARTING);
	unregister_trace_vmxcore_vmx_on(on_vmxon, NULL);
	unregister_trace_vmxcore_put(on_put, NULL);
	tracepoint_probe_unregister(contention, on_contention, NULL);
	tracepoint_synchronize_unregister();
	world_end(test);
}

static int play(void *data)
{
	struct role *role = data;
	int err;

	WRITE_ONCE(role->task, current);
	err = role->act();
	WRITE_ONCE(role->task, NULL);
	WRITE_ONCE(role->done, true);
	return err;
}

static int get_a(void)
{
	return vmxcore_get(a);
}

static int get_b(void)
{
	return vmxcore_get(b);
}

static int put_a(void)
{
	vmxcore_put(a);
	return 0;
}

static int put_a_here(void)
{
	preempt_disable();
	vmxcore_put_cpu(a);
	preempt_enable();
	return 0;
}

/* The client that registers next gets the entry of this one. */
static int succeed(void)
{
	const struct vmxcore_client_desc desc = { .name = "next", .owner = &world_owner };

	vmxcore_unregister(a);
	b = vmxcore_register(&desc);
	return PTR_ERR_OR_ZERO(b);
}

static int cpu_comes(void)
{
	return world_up(CPU_THAT_COMES);
}

static bool on_somewhere(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (hw_on(cpu))
			return true;
	}
	return false;
}

static int exclude(void)
{
	const struct vmxcore_client_desc desc = {
		.name = "alone",
		.owner = &world_owner,
		.flags = VMXCORE_EXCLUSIVE,
	};

	b = vmxcore_register(&desc);
	found_on = on_somewhere();
	return PTR_ERR_OR_ZERO(b);
}

/**
 * struct meeting - the calls that meet
 * @place: where the first call is stopped
 * @first: the first call
 * @other: the other call, which has to wait
 * @result: the expected result of @other
 * @third: the call of a third task while both wait, or NULL
 */
struct meeting {
	enum place place;
	int (*first)(void);
	int (*other)(void);
	int result;
	int (*third)(void);
};

/* The task has ended, waits for a lock, or sleeps. */
static bool came_to_something(struct role *role, struct task_struct *thread)
{
	return READ_ONCE(role->done) || READ_ONCE(role->waits) || !task_is_running(thread);
}

/*
 * Starts a task and returns whether it waits. If it is expected to, gives it
 * time to go on after it has met a lock.
 */
static bool waits(struct kunit *test, struct role *role, struct task_struct **thread, bool wanted)
{
	bool there;

	*thread = world_thread(test, CPU_OF_OTHER, play, role);
	if (wanted) {
		read_poll_timeout(came_to_something, there, there, 1000, GIVE_UP_US, false, role,
				  *thread);
		msleep(WHILE_MS);
	} else {
		read_poll_timeout(READ_ONCE, there, there, 1000, GIVE_UP_US, false, role->done);
	}
	return !READ_ONCE(role->done);
}

static void meet(struct kunit *test, const struct meeting *m)
{
	struct task_struct *threads[NR_ROLES] = {};
	bool there;

	memset(roles, 0, sizeof(roles));
	roles[0].act = m->first;
	roles[1].act = m->other;
	roles[2].act = m->third;
	set_cpus_allowed_ptr(current, cpumask_of(0));
	WRITE_ONCE(stop_at, m->place);
	threads[0] = world_thread(test, CPU_OF_FIRST, play, &roles[0]);
	read_poll_timeout(READ_ONCE, there, there, 1000, GIVE_UP_US, false, stopped);
	KUNIT_EXPECT_TRUE_MSG(test, there, "the first did not come to the place");
	KUNIT_EXPECT_TRUE_MSG(test, waits(test, &roles[1], &threads[1], true),
			      "the other did not wait");
	if (m->third)
		KUNIT_EXPECT_FALSE_MSG(test, waits(test, &roles[2], &threads[2], false),
				       "the third waits");
	KUNIT_EXPECT_FALSE_MSG(test, READ_ONCE(roles[0].done), "the first was not stopped");
	WRITE_ONCE(stop_at, NOWHERE);
	KUNIT_EXPECT_EQ(test, world_thread_end(threads[0]), 0);
	KUNIT_EXPECT_EQ(test, world_thread_end(threads[1]), m->result);
	if (m->third)
		KUNIT_EXPECT_EQ(test, world_thread_end(threads[2]), 0);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

/* Both calls take the first reference of all. */
static void get_against_get(struct kunit *test)
{
	a = world_client(test, "a");
	b = world_client(test, "b");
	meet(test, &(struct meeting){ .place = IN_VMXON, .first = get_a, .other = get_b });
	world_expect_on(test, true);
	vmxcore_put(a);
	world_expect_on(test, true);
	vmxcore_put(b);
	world_expect_on(test, false);
}

/* The CPU has checked whether all CPUs are held, and is not online yet. */
static void get_against_a_cpu_that_comes(struct kunit *test)
{
	a = world_client(test, "a");
	KUNIT_ASSERT_EQ(test, world_down(CPU_THAT_COMES), 0);
	meet(test, &(struct meeting){ .place = IN_STARTING, .first = cpu_comes, .other = get_a });
	world_expect_on(test, true);
	vmxcore_put(a);
}

/*
 * The get began before the exclusive client registered, and would turn VMX on
 * only after that.
 */
static void get_against_exclusive(struct kunit *test)
{
	a = world_client(test, "a");
	b = NULL;
	KUNIT_ASSERT_EQ(test, world_down(CPU_THAT_COMES), 0);
	meet(test, &(struct meeting){
		.place = IN_ONLINE,
		.first = cpu_comes,
		.other = get_a,
		.result = -EBUSY,
		.third = exclude,
	});
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(b));
	world_expect_on(test, false);
}

/*
 * The put has dropped its reference and VMX is still on. An exclusive client
 * has to find it off.
 */
static void put_against_exclusive(struct kunit *test)
{
	a = world_client(test, "a");
	b = NULL;
	KUNIT_ASSERT_EQ(test, vmxcore_get(a), 0);
	meet(test, &(struct meeting){ .place = IN_BROADCAST, .first = put_a, .other = exclude });
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(b));
	KUNIT_EXPECT_FALSE_MSG(test, found_on, "VMX was on still");
	world_expect_on(test, false);
}

/*
 * A call that changes the references of a client has ended before another
 * client gets its entry.
 */
static void unregister_against_put(struct kunit *test)
{
	a = world_client(test, "a");
	KUNIT_ASSERT_EQ(test, world_get_cpu(a, CPU_OF_FIRST, WORLD_TASK), 0);
	meet(test, &(struct meeting){ .place = IN_PUT, .first = put_a_here, .other = succeed });
	KUNIT_ASSERT_NOT_NULL(test, vmxcore_entry_find(b));
	KUNIT_EXPECT_EQ(test, vmxcore_entry_since(vmxcore_entry_find(b)), 0);
	world_expect_on(test, false);
}

static struct kunit_case moments_cases[] = {
	KUNIT_CASE(get_against_get),
	KUNIT_CASE(get_against_a_cpu_that_comes),
	KUNIT_CASE(get_against_exclusive),
	KUNIT_CASE(put_against_exclusive),
	KUNIT_CASE(unregister_against_put),
	{}
};

static struct kunit_suite moments_suite = {
	.name = "moments",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = moments_begin,
	.exit = moments_end,
	.test_cases = moments_cases,
};

kunit_test_suite(moments_suite);
