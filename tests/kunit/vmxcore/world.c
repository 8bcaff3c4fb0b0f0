// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads vmxcore on the simulated hardware, and makes things happen to it. The
 * CPUs of this machine, its interrupts, hotplug and suspend are real.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <linux/suspend.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>
#include <vmxcore/init.h>
#include <../kernel/power/power.h>

#include "world.h"

struct module world_module = { .name = "vmxcore" };
struct module world_owner = { .name = "tester" };
static unsigned int gone[WORLD_CLIENTS][WORLD_CPUS];
static void (*when_gone)(unsigned int i, unsigned int cpu);
static bool loaded;

static int suspend_valid(suspend_state_t state)
{
	return state == PM_SUSPEND_MEM;
}

/* Called while the machine sleeps. */
static int (*asleep)(void);

static int suspend_enter(suspend_state_t state)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (hw_on(cpu))
			return -EUCLEAN;
	}
	return asleep ? asleep() : 0;
}

/* This platform wakes up at once. */
static const struct platform_suspend_ops suspend_ops = {
	.valid = suspend_valid,
	.enter = suspend_enter,
};

/*
 * modules.c is not part of the module under test, as there are no other modules
 * here.
 */

int vmxcore_modules_init(void)
{
	return 0;
}

void vmxcore_modules_exit(void)
{
}

/* Sets the parameter enable_virt_at_load for the next world_load(). */
void world_at_load(bool always)
{
	const struct kernel_param *param;

	for (param = __this_module.kp; param < __this_module.kp + __this_module.num_kp; param++) {
		if (!strcmp(param->name, "enable_virt_at_load"))
			*(bool *)param->arg = always;
	}
}

/* Loads vmxcore and leaves the hardware as it is. */
int world_insert(void)
{
	int err;

	vmxcore_rebooting = false;
	err = world_init_module();
	if (!err)
		suspend_set_ops(&suspend_ops);
	loaded = !err;
	return err;
}

/* Resets the hardware and loads vmxcore. */
int world_load(struct kunit_suite *suite)
{
	if (num_online_cpus() != WORLD_CPUS)
		return -ENODEV;
	hw_reset();
	return world_insert();
}

/* KUnit calls this also if world_load() has failed. */
void world_unload(struct kunit_suite *suite)
{
	if (!loaded)
		return;
	loaded = false;
	suspend_set_ops(NULL);
	world_exit_module();
}

/* Begins a test. Returns -EBUSY if the test before it has left something. */
int world_begin(struct kunit *test)
{
	if (num_online_cpus() != WORLD_CPUS || vmxcore_entry_next(NULL) || vmxcore_cpus_failed())
		return -EBUSY;
	memset(gone, 0, sizeof(gone));
	when_gone = NULL;
	hw_reset();
	return 0;
}

/* Cleans up after a test, also after one that failed. */
void world_end(struct kunit *test)
{
	struct vmxcore_client_entry *entry;
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		hw_fail(cpu, 0);
	while ((entry = vmxcore_entry_next(NULL)))
		vmxcore_unregister(vmxcore_entry_handle(entry));
	for (cpu = 1; cpu < WORLD_CPUS; cpu++) {
		if (!cpu_online(cpu))
			KUNIT_EXPECT_EQ(test, world_up(cpu), 0);
	}
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_FALSE_MSG(test, hw_on(cpu), "VMX is on, no client is registered");
	KUNIT_EXPECT_STREQ_MSG(test, hw_broken() ?: "", "", "broken rule");
	KUNIT_EXPECT_EQ(test, hw_pins(), 0);
}

/* Expects that all CPUs are in VMX operation, or none. */
void world_expect_on(struct kunit *test, bool on)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ_MSG(test, hw_on(cpu), on, "CPU %u", cpu);
}

/*
 * cpu_gone() has no argument that names the client, so each client has a
 * callback of its own.
 */
static void note_gone(unsigned int i, unsigned int cpu)
{
	if (cpu == smp_processor_id() && irqs_disabled() && hw_on(cpu))
		gone[i][cpu]++;
	if (when_gone)
		when_gone(i, cpu);
}

#define DEFINE_GONE(i) \
static void gone_##i(unsigned int cpu) \
{ \
	note_gone(i, cpu); \
}

DEFINE_GONE(0)
DEFINE_GONE(1)
DEFINE_GONE(2)
DEFINE_GONE(3)
DEFINE_GONE(4)
DEFINE_GONE(5)

static void (*const gone_callbacks[WORLD_CLIENTS])(unsigned int cpu) = {
	gone_0, gone_1, gone_2, gone_3, gone_4, gone_5,
};

/*
 * Registers client number @i, which has all that a client can have. With @pins,
 * its references pin the module that lends VMX.
 */
struct vmxcore_client *world_register(unsigned int i, bool pins, unsigned int flags)
{
	const char name[] = { 'c', '0' + i, '\0' };
	const struct vmxcore_client_desc desc = {
		.name = name,
		.owner = pins ? &hw_pinning_module : &world_owner,
		.flags = flags,
		.cpu_gone = gone_callbacks[i],
	};

	return vmxcore_register(&desc);
}

/* Registers a simple client. The test fails if that fails. */
struct vmxcore_client *world_client(struct kunit *test, const char *name)
{
	const struct vmxcore_client_desc desc = { .name = name, .owner = &world_owner };
	struct vmxcore_client *client = vmxcore_register(&desc);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(client));
	return client;
}

/*
 * Returns how often cpu_gone() of a client was called for a CPU since
 * world_begin(), on that CPU, with VMX on and interrupts off.
 */
unsigned int world_gone(unsigned int i, unsigned int cpu)
{
	return gone[i][cpu];
}

/*
 * Until the test ends, cpu_gone() of each client also calls @then with the
 * client and the CPU.
 */
void world_when_gone(void (*then)(unsigned int i, unsigned int cpu))
{
	when_gone = then;
}

struct call {
	struct vmxcore_client *client;
	bool put;
	int err;
};

static void do_call(void *data)
{
	struct call *call = data;

	if (call->put)
		vmxcore_put_cpu(call->client);
	else
		call->err = vmxcore_get_cpu(call->client);
}

static int call_on(unsigned int cpu, enum world_context context, struct call *call)
{
	int err;

	if (context == WORLD_IRQ) {
		err = smp_call_function_single(cpu, do_call, call, 1);
		return err ?: call->err;
	}
	err = set_cpus_allowed_ptr(current, cpumask_of(cpu));
	if (err)
		return err;
	preempt_disable();
	do_call(call);
	preempt_enable();
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	return call->err;
}

/* Calls vmxcore_get_cpu() on a CPU, which must be online. */
int world_get_cpu(struct vmxcore_client *client, unsigned int cpu, enum world_context context)
{
	return call_on(cpu, context, &(struct call){ .client = client });
}

/* Calls vmxcore_put_cpu() on a CPU, which must be online. */
void world_put_cpu(struct vmxcore_client *client, unsigned int cpu, enum world_context context)
{
	call_on(cpu, context, &(struct call){ .client = client, .put = true });
}

/* Calls vmxcore_vmcs_load() on a CPU, which must be online. */
int world_vmcs_load(unsigned int cpu, struct vmxcore_vmcs *vmcs)
{
	int err = set_cpus_allowed_ptr(current, cpumask_of(cpu));

	if (err)
		return err;
	preempt_disable();
	err = vmxcore_vmcs_load(vmcs);
	preempt_enable();
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	return err;
}

struct beginning {
	int (*function)(void *data);
	void *data;
	struct completion begun;
};

static int begin(void *beginning)
{
	const struct beginning b = *(struct beginning *)beginning;

	complete(&((struct beginning *)beginning)->begun);
	return b.function(b.data);
}

/*
 * Runs a function in a thread, on @cpu or with WORLD_ANY_CPU on any CPU. It has
 * begun when this returns. The caller has to call world_thread_end().
 */
struct task_struct *world_thread(struct kunit *test, unsigned int cpu, int (*function)(void *data),
				 void *data)
{
	struct beginning b = { .function = function, .data = data };
	struct task_struct *thread;

	init_completion(&b.begun);
	thread = kthread_create(begin, &b, "%s", test->name);
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	/*
	 * The thread may end before kthread_stop(), which needs its
	 * task_struct.
	 */
	get_task_struct(thread);
	if (cpu != WORLD_ANY_CPU)
		kthread_bind(thread, cpu);
	wake_up_process(thread);
	/*
	 * kthread_stop() of a thread that has not begun yet would skip its
	 * function.
	 */
	wait_for_completion(&b.begun);
	return thread;
}

/* Waits for the end of a thread, and returns the result of its function. */
int world_thread_end(struct task_struct *thread)
{
	int err = kthread_stop(thread);

	put_task_struct(thread);
	return err;
}

/*
 * Takes a CPU online. add_cpu() would do nothing for a CPU that stayed offline
 * at resume, as its device still counts as online.
 */
int world_up(unsigned int cpu)
{
	return cpu_device_up(get_cpu_device(cpu));
}

/* Takes a CPU offline, which must not be the first one. */
int world_down(unsigned int cpu)
{
	return cpu_device_down(get_cpu_device(cpu));
}

/*
 * Suspends to memory and resumes. While the machine sleeps, @then (or nothing,
 * if NULL) is called on the first CPU with interrupts off, and its result is
 * returned, or -EUCLEAN if any CPU had VMX on then. Tasks are not frozen, as
 * init waits for KUnit here and cannot be frozen.
 */
int world_suspend_and(int (*then)(void))
{
	unsigned int flags = lock_system_sleep();
	int err;

	asleep = then;
	err = suspend_devices_and_enter(PM_SUSPEND_MEM);
	unlock_system_sleep(flags);
	return err;
}

int world_suspend(void)
{
	return world_suspend_and(NULL);
}
