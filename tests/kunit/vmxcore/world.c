// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore, loaded on the simulated hardware, and what can happen to it: in this machine CPUs,
 * interrupts, hotplug and suspend are real.
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

/* What happens while the machine sleeps. */
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

/* A platform whose sleep is short. */
static const struct platform_suspend_ops suspend_ops = {
	.valid = suspend_valid,
	.enter = suspend_enter,
};

/* What they are about are other modules, and there are none here. */

int vmxcore_modules_init(void)
{
	return 0;
}

void vmxcore_modules_exit(void)
{
}

/**
 * world_at_load() - the parameter enable_virt_at_load
 * @always: its value from the next world_load() on
 */
void world_at_load(bool always)
{
	const struct kernel_param *param;

	for (param = __this_module.kp; param < __this_module.kp + __this_module.num_kp; param++) {
		if (!strcmp(param->name, "enable_virt_at_load"))
			*(bool *)param->arg = always;
	}
}

/**
 * world_insert() - load vmxcore, the hardware as it is
 *
 * Return: 0, or why not.
 */
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

/**
 * world_load() - load vmxcore, on new hardware
 * @suite: unused
 *
 * Return: 0, or why not.
 */
int world_load(struct kunit_suite *suite)
{
	if (num_online_cpus() != WORLD_CPUS)
		return -ENODEV;
	hw_reset();
	return world_insert();
}

/**
 * world_unload() - unload it, if it was loaded: KUnit comes here also where that has failed
 * @suite: unused
 */
void world_unload(struct kunit_suite *suite)
{
	if (!loaded)
		return;
	loaded = false;
	suspend_set_ops(NULL);
	world_exit_module();
}

/**
 * world_begin() - a test begins
 * @test: unused
 *
 * Return: 0; -EBUSY: the one before has left something.
 */
int world_begin(struct kunit *test)
{
	if (num_online_cpus() != WORLD_CPUS || vmxcore_entry_next(NULL) || vmxcore_cpus_failed())
		return -EBUSY;
	memset(gone, 0, sizeof(gone));
	when_gone = NULL;
	hw_reset();
	return 0;
}

/**
 * world_end() - a test has ended, well or not: clean up
 * @test: which
 */
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
		KUNIT_EXPECT_FALSE_MSG(test, hw_on(cpu), "VMX is on, nobody is registered");
	KUNIT_EXPECT_STREQ_MSG(test, hw_broken() ?: "", "", "broken rule");
	KUNIT_EXPECT_EQ(test, hw_pins(), 0);
}

/**
 * world_expect_on() - every CPU is in VMX operation, or none is
 * @test: which fails otherwise
 * @on: which of the two
 */
void world_expect_on(struct kunit *test, bool on)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ_MSG(test, hw_on(cpu), on, "CPU %u", cpu);
}

/* Of a callback only the CPU is known: each client has its own. */
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

/**
 * world_register() - register a client with all that one can have
 * @i: which of them
 * @pins: what it holds keeps the lender of VMX in place
 * @flags: as there
 *
 * Return: as there.
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

/**
 * world_client() - register a simple client
 * @test: has to fail when that does
 * @name: its name
 *
 * Return: its handle.
 */
struct vmxcore_client *world_client(struct kunit *test, const char *name)
{
	const struct vmxcore_client_desc desc = { .name = name, .owner = &world_owner };
	struct vmxcore_client *client = vmxcore_register(&desc);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(client));
	return client;
}

/**
 * world_gone() - how often has a client been told that a CPU is gone?
 * @i: which, as in world_register()
 * @cpu: which; VMX was on there, and no interrupt could come
 *
 * Return: since world_begin().
 */
unsigned int world_gone(unsigned int i, unsigned int cpu)
{
	return gone[i][cpu];
}

/**
 * world_when_gone() - say what else to do where a client is told that a CPU is gone
 * @then: called there with the client, as in world_register(), and the CPU; until the test ends
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

/**
 * world_get_cpu() - vmxcore_get_cpu() on some CPU
 * @client: as there
 * @cpu: online
 * @context: how
 *
 * Return: as there.
 */
int world_get_cpu(struct vmxcore_client *client, unsigned int cpu, enum world_context context)
{
	return call_on(cpu, context, &(struct call){ .client = client });
}

/**
 * world_put_cpu() - vmxcore_put_cpu() on some CPU
 * @client: as there
 * @cpu: online
 * @context: how
 */
void world_put_cpu(struct vmxcore_client *client, unsigned int cpu, enum world_context context)
{
	call_on(cpu, context, &(struct call){ .client = client, .put = true });
}

/**
 * world_vmcs_load() - vmxcore_vmcs_load() on some CPU
 * @cpu: online
 * @vmcs: as there
 *
 * Return: as there.
 */
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

/**
 * world_thread() - do something at the same time
 * @test: has to fail when that cannot begin
 * @cpu: where; %WORLD_ANY_CPU: that is no matter
 * @function: what
 * @data: for it
 *
 * Return: for world_thread_end(), which has to be called. It has begun by then.
 */
struct task_struct *world_thread(struct kunit *test, unsigned int cpu, int (*function)(void *data),
				 void *data)
{
	struct beginning b = { .function = function, .data = data };
	struct task_struct *thread;

	init_completion(&b.begun);
	thread = kthread_create(begin, &b, "%s", test->name);
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	/* kthread_stop() needs somebody who is still there. */
	get_task_struct(thread);
	if (cpu != WORLD_ANY_CPU)
		kthread_bind(thread, cpu);
	wake_up_process(thread);
	/* kthread_stop() of one that has not begun yet would leave its function out. */
	wait_for_completion(&b.begun);
	return thread;
}

/**
 * world_thread_end() - wait for it
 * @thread: from world_thread()
 *
 * Return: what the function returned.
 */
int world_thread_end(struct task_struct *thread)
{
	int err = kthread_stop(thread);

	put_task_struct(thread);
	return err;
}

/**
 * world_up() - take a CPU online
 * @cpu: not the first
 *
 * Not by add_cpu(): the device of one that stays offline at resume passes for online.
 *
 * Return: 0, or why it stays offline.
 */
int world_up(unsigned int cpu)
{
	return cpu_device_up(get_cpu_device(cpu));
}

/**
 * world_down() - take a CPU offline
 * @cpu: not the first
 *
 * Return: 0, or why it stays online.
 */
int world_down(unsigned int cpu)
{
	return cpu_device_down(get_cpu_device(cpu));
}

/**
 * world_suspend_and() - to memory, and back
 * @then: called while the machine sleeps: the first CPU runs, interrupts off; or NULL
 *
 * Devices and CPUs, but not the tasks: init waits for KUnit here, and cannot be frozen.
 *
 * Return: what that returned; -EUCLEAN: VMX was on somewhere when the machine slept.
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

/**
 * world_suspend() - to memory, and back at once
 *
 * Return: as there.
 */
int world_suspend(void)
{
	return world_suspend_and(NULL);
}
