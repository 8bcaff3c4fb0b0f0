// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two at the same moment, and not by luck: one is stopped where the other must not come in between,
 * the other tries, and has to wait until the first goes on.
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

/* The test itself is on the first CPU. */
#define CPU_OF_FIRST	1
#define CPU_OF_OTHER	2
#define CPU_THAT_COMES	3

/* Before vmxcore's own on the way down, after it on the way up; the CPU is not online. */
#define STATE_STARTING	CPUHP_AP_ARM_L2X0_STARTING

/* One that has met a lock, and is not held up by it, comes within this time. */
#define WHILE_MS	100
/* Something that has to happen, and does not, fails the test after this time. */
#define GIVE_UP_US	60000000

/*
 * Where a task can be stopped: a put has uncounted its reference, in a tracepoint, for which RCU
 * waits; the same put is about to have VMX turned off, asleep; VMX is on, on one CPU; a CPU is on
 * its way up and not online yet, or online while hotplug is still locked.
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

/* VMX, when somebody got it for himself. */
static bool found_on;

/* Until the test says so, and not until some time is over: a busy host has other clocks. */
static void stop(enum place here, void (*pass_time)(void))
{
	if (READ_ONCE(stop_at) != here)
		return;
	WRITE_ONCE(stopped, true);
	while (READ_ONCE(stop_at) == here)
		pass_time();
}

/* Where interrupts may be off, or the CPU not online. */
static void spin(void)
{
	cpu_relax();
}

/* Where nobody else, RCU for one, must wait because of it. */
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

/* What one of those who meet does. */
struct role {
	int (*act)(void);
	struct task_struct *task;
	bool waits;
	bool done;
};

#define NR_ROLES	3
static struct role roles[NR_ROLES];

/* The kernel's event "contention_begin": this task waits for a lock, asleep or not. */
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

/* Who comes next has the slot. */
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
 * struct meeting - who meets
 * @place: where the first is stopped
 * @first: what he does
 * @other: what the other does, who has to wait
 * @result: what that comes to
 * @third: what a third task does while both wait
 */
struct meeting {
	enum place place;
	int (*first)(void);
	int (*other)(void);
	int result;
	int (*third)(void);
};

/* It is at its end, waits for a lock, or sleeps. */
static bool came_to_something(struct role *role, struct task_struct *thread)
{
	return READ_ONCE(role->done) || READ_ONCE(role->waits) || !task_is_running(thread);
}

/* Starts one, and says whether it has to wait, and not only on the way. */
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

/* Both make the first reference of all. */
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

/* It looks whether all CPUs are held, and is not one of them yet. */
static void get_against_a_cpu_that_comes(struct kunit *test)
{
	a = world_client(test, "a");
	KUNIT_ASSERT_EQ(test, world_down(CPU_THAT_COMES), 0);
	meet(test, &(struct meeting){ .place = IN_STARTING, .first = cpu_comes, .other = get_a });
	world_expect_on(test, true);
	vmxcore_put(a);
}

/* The get began before somebody had VMX for himself, and has turned it on only after. */
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

/* The put has uncounted its reference, and VMX is still on. An exclusive client finds it off. */
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

/* A call that changes the references of a client is over when another client has the entry. */
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
