// SPDX-License-Identifier: GPL-2.0-only
/*
 * All operations at the same time: clients get, put, register and unregister,
 * in tasks and in interrupts, on all CPUs, while CPUs come and go and VMXON
 * fails now and then. A client that has a reference finds VMX on there. In the
 * end vmxcore's state agrees with what the threads remember, and the hardware
 * with vmxcore's state.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/iopoll.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>

#include "../chance.h"
#include "world.h"

#define RUN_MS		5000
/*
 * On a busy host it takes longer until each operation has been executed often
 * enough.
 */
#define MOST_MS		60000
/* Each thread has a client of its own, and all threads share one more. */
#define NR_THREADS	WORLD_CLIENTS
#define SHARED		NR_THREADS
#define MOST		3

/**
 * struct actor - one thread, or the shared client
 * @handle: its client, or NULL
 * @all: references on all CPUs
 * @live: references on one CPU; they change only on that CPU with interrupts
 *	off
 * @random: state of its pseudorandom numbers
 * @done: number of calls that succeeded
 * @refused: number of calls that failed with an expected error
 * @wrong: the first thing that was wrong
 * @error: the error or the CPU that belongs to @wrong
 */
struct actor {
	struct vmxcore_client *handle;
	unsigned int all;
	unsigned int live[WORLD_CPUS];
	u64 random;
	unsigned int done;
	unsigned int refused;
	const char *wrong;
	int error;
};

static struct actor actors[NR_THREADS + 1];

/* The references of the shared client */
static atomic_t shared_all;
static unsigned int ups, downs, stays;

static void check(struct actor *a, bool right, const char *what, int error)
{
	if (right || a->wrong)
		return;
	a->error = error;
	WRITE_ONCE(a->wrong, what);
}

/* VMXON fails now and then. Nothing else may fail. */
static bool result(struct actor *a, int err)
{
	check(a, !err || err == -EIO, "an error that nothing can have led to", err);
	if (err)
		a->refused++;
	else
		a->done++;
	return !err;
}

/* A reference on all CPUs holds all CPUs that are online. */
static void check_all_on(struct actor *a)
{
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		check(a, hw_on(cpu), "all CPUs are held and one is off", cpu);
	cpus_read_unlock();
}

static void do_get(struct actor *a)
{
	if (a->all < MOST && result(a, vmxcore_get(a->handle)))
		a->all++;
	if (a->all)
		check_all_on(a);
}

static void do_put(struct actor *a)
{
	if (!a->all)
		return;
	check_all_on(a);
	vmxcore_put(a->handle);
	a->all--;
}

/*
 * Any thread may put these references once they are counted. Some are left for
 * the next thread.
 */
static void do_shared(struct actor *a)
{
	if (!result(a, vmxcore_get(actors[SHARED].handle)))
		return;
	check_all_on(a);
	atomic_inc(&shared_all);
	if (!chance_below(&a->random, 8))
		return;
	while (atomic_dec_if_positive(&shared_all) >= 0)
		vmxcore_put(actors[SHARED].handle);
}

/* This CPU cannot go offline meanwhile. */
static void get_here(void *actor)
{
	struct actor *a = actor;
	unsigned long flags;
	unsigned int cpu;

	local_irq_save(flags);
	cpu = smp_processor_id();
	if (a->live[cpu] < MOST && result(a, vmxcore_get_cpu(a->handle)))
		a->live[cpu]++;
	if (a->live[cpu] || a->all)
		check(a, hw_on(cpu), "a CPU is held and is off", cpu);
	local_irq_restore(flags);
}

static void put_here(void *actor)
{
	struct actor *a = actor;
	unsigned long flags;
	unsigned int cpu;

	local_irq_save(flags);
	cpu = smp_processor_id();
	while (a->live[cpu]) {
		check(a, hw_on(cpu), "a CPU is held and is off", cpu);
		vmxcore_put_cpu(a->handle);
		a->live[cpu]--;
	}
	local_irq_restore(flags);
}

/* Calls @what on a random CPU, in this task or in an interrupt. */
static void somewhere(struct actor *a, void (*what)(void *actor))
{
	unsigned int cpu = chance_below(&a->random, WORLD_CPUS);

	if (what == put_here && !READ_ONCE(a->live[cpu]))
		return;
	/* The CPU may be offline. */
	if (chance_below(&a->random, 2)) {
		smp_call_function_single(cpu, what, a, 1);
		return;
	}
	set_cpus_allowed_ptr(current, cpumask_of(cpu));
	preempt_disable();
	what(a);
	preempt_enable();
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

/* Called on that CPU with interrupts off. */
static void forget(unsigned int i, unsigned int cpu)
{
	actors[i].live[cpu] = 0;
}

static int come(unsigned int i)
{
	struct vmxcore_client *handle = world_register(i, false, 0);

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	actors[i].handle = handle;
	return 0;
}

/*
 * vmxcore takes back what the client holds. Only this thread changes @live at
 * this point.
 */
static void leave(struct actor *a)
{
	vmxcore_unregister(a->handle);
	a->all = 0;
	memset(a->live, 0, sizeof(a->live));
}

static void leave_and_come(struct actor *a)
{
	leave(a);
	check(a, !come(a - actors), "a client that has gone cannot come again", 0);
	a->done++;
}

static void one_step(struct actor *a)
{
	u64 what = chance_below(&a->random, 100);

	/*
	 * Most of the time no client holds all CPUs, so that VMX goes on and
	 * off.
	 */
	if (what < 3)
		do_get(a);
	else if (what < 23)
		do_put(a);
	else if (what < 38)
		somewhere(a, get_here);
	else if (what < 92)
		somewhere(a, put_here);
	else if (what < 97)
		do_shared(a);
	else
		leave_and_come(a);
}

static int client_thread(void *actor)
{
	struct actor *a = actor;

	while (!kthread_should_stop() && !a->wrong) {
		one_step(a);
		cond_resched();
	}
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

/*
 * CPUs come and go. A CPU stays offline if VMXON fails there while all CPUs are
 * held.
 */
static int cpu_thread(void *state)
{
	u64 *random = state;

	while (!kthread_should_stop()) {
		unsigned int cpu = 1 + chance_below(random, WORLD_CPUS - 1);

		hw_fail(chance_below(random, WORLD_CPUS), chance_below(random, 3) ? 0 : -EIO);
		if (cpu_online(cpu))
			downs += !world_down(cpu);
		else if (world_up(cpu))
			stays++;
		else
			ups++;
		/*
		 * While a CPU comes or goes the other threads make little
		 * progress.
		 */
		msleep(chance_below(random, 100));
	}
	return 0;
}

static struct task_struct *start(struct kunit *test, int (*function)(void *data), void *data)
{
	struct task_struct *task = kthread_run(function, data, "concurrent");

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	return task;
}

static unsigned int least_done(void)
{
	unsigned int i, least = UINT_MAX;

	for (i = 0; i < NR_THREADS; i++)
		least = min(least, READ_ONCE(actors[i].done));
	return least;
}

static unsigned int all_refused(void)
{
	unsigned int i, sum = 0;

	for (i = 0; i < NR_THREADS; i++)
		sum += READ_ONCE(actors[i].refused);
	return sum;
}

static unsigned int all_vmxons(void)
{
	unsigned int cpu, sum = 0;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		sum += READ_ONCE(per_cpu(hw_cpu.vmxons, cpu));
	return sum;
}

static bool variety(void)
{
	return least_done() > 50 && all_vmxons() > 50 && all_refused() > 0 &&
	       READ_ONCE(ups) > 5 && READ_ONCE(downs) > 5;
}

static void run(struct kunit *test, u64 *random)
{
	struct task_struct *threads[NR_THREADS + 1];
	bool enough;
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++)
		threads[i] = start(test, client_thread, &actors[i]);
	threads[NR_THREADS] = start(test, cpu_thread, random);
	msleep(RUN_MS);
	read_poll_timeout(variety, enough, enough, 100 * USEC_PER_MSEC,
			  (MOST_MS - RUN_MS) * USEC_PER_MSEC, false);
	for (i = 0; i <= NR_THREADS; i++)
		kthread_stop(threads[i]);
	KUNIT_EXPECT_TRUE_MSG(test, enough, "some operation was not executed often enough");
}

static void compare_cpu(struct kunit *test, unsigned int cpu)
{
	unsigned int i, refs = 0, all = atomic_read(&shared_all);

	for (i = 0; i < NR_THREADS; i++) {
		refs += actors[i].live[cpu];
		all += actors[i].all;
	}
	KUNIT_EXPECT_EQ_MSG(test, per_cpu(vmxcore_cpu.refs, cpu), refs, "CPU %u", cpu);
	KUNIT_EXPECT_EQ_MSG(test, per_cpu(vmxcore_cpu.system_ref, cpu), cpu_online(cpu) && all,
			    "CPU %u", cpu);
	KUNIT_EXPECT_EQ_MSG(test, hw_on(cpu), cpu_online(cpu) && (all || refs), "CPU %u", cpu);
}

static void compare_client(struct kunit *test, unsigned int i)
{
	const struct vmxcore_client_entry *entry = vmxcore_entry_find(actors[i].handle);
	unsigned int cpu, all = i == SHARED ? atomic_read(&shared_all) : actors[i].all;
	unsigned int places = !!all;

	KUNIT_ASSERT_NOT_NULL(test, entry);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_refs(entry), all);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		KUNIT_EXPECT_EQ(test, per_cpu_ptr(entry->cpu_refs, cpu)->live,
				actors[i].live[cpu]);
		places += !!actors[i].live[cpu];
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&entry->nr_held), places);
	KUNIT_EXPECT_EQ_MSG(test, entry->warned, 0, "misuse by thread %u", i);
}

static void tell(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++)
		kunit_info(test, "thread %u: %u succeeded, %u refused", i, actors[i].done,
			   actors[i].refused);
	kunit_info(test, "CPUs: %u came, %u stayed away, %u went; VMX went on %u times", ups,
		   stays, downs, all_vmxons());
}

static void all_at_once(struct kunit *test)
{
	u64 random = chance_seed;
	unsigned int i, cpu;

	kunit_info(test, "seed %lu", chance_seed);
	memset(actors, 0, sizeof(actors));
	atomic_set(&shared_all, 0);
	ups = 0;
	downs = 0;
	stays = 0;
	world_when_gone(forget);
	actors[SHARED].handle = world_client(test, "shared");
	for (i = 0; i < NR_THREADS; i++) {
		KUNIT_ASSERT_EQ(test, come(i), 0);
		actors[i].random = chance(&random);
	}
	run(test, &random);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		hw_fail(cpu, 0);
	for (i = 0; i < NR_THREADS; i++)
		KUNIT_EXPECT_STREQ_MSG(test, actors[i].wrong ?: "", "", "thread %u: %d", i,
				       actors[i].error);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		compare_cpu(test, cpu);
	for (i = 0; i <= SHARED; i++)
		compare_client(test, i);
	KUNIT_EXPECT_FALSE(test, vmxcore_cpus_failed());
	tell(test);
}

static struct kunit_case concurrent_cases[] = {
	KUNIT_CASE_SLOW(all_at_once),
	{}
};

static struct kunit_suite concurrent_suite = {
	.name = "concurrent",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = world_begin,
	.exit = world_end,
	.test_cases = concurrent_cases,
};

kunit_test_suite(concurrent_suite);
