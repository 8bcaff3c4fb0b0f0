// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that calls get_cpu at every step of a CPU's way up and down. On the
 * way up the call must fail until vmxcore has processed the CPU and then
 * succeed, and on the way down the reverse. References from the way down are
 * dropped with the CPU, and cpu_gone reports that.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/seq_file.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

/*
 * Hotplug states of hardware that no x86 machine has, as vmxcore's own state
 * is. BELOW is passed before vmxcore's state on the way up and after it on the
 * way down, ABOVE the other way round. QUEUE is passed before
 * CPUHP_AP_SMPCFD_DYING runs pending irq_work.
 */
#define STATE_BELOW	CPUHP_AP_ARM_MVEBU_COHERENCY
#define STATE_ABOVE	CPUHP_AP_ARM_L2X0_STARTING
#define STATE_QUEUE	CPUHP_AP_ARM_CACHE_B15_RAC_DYING

static struct vmxcore_client *client;
static enum cpuhp_state online_state;
static atomic_t right, wrong;
static DEFINE_PER_CPU(struct irq_work, queued);

static int expect(const char *where, int wanted)
{
	int err;

	preempt_disable();
	err = vmxcore_get_cpu(client);
	preempt_enable();

	if (err == wanted) {
		atomic_inc(&right);
		return err;
	}
	atomic_inc(&wrong);
	pr_err("hooks: get_cpu %s returned %pe\n", where, ERR_PTR(err));
	return err;
}

static void expect_and_put(const char *where)
{
	if (!expect(where, 0))
		vmxcore_put_cpu(client);
}

static int up_below(unsigned int cpu)
{
	expect("on the way up, before vmxcore", -ESHUTDOWN);
	return 0;
}

static int up_above(unsigned int cpu)
{
	expect_and_put("on the way up, after vmxcore");
	return 0;
}

static int up_online(unsigned int cpu)
{
	expect_and_put("online");
	return 0;
}

static int down_online(unsigned int cpu)
{
	expect("on the way down, in a task", 0);
	irq_work_queue(this_cpu_ptr(&queued));
	return 0;
}

static int down_queue(unsigned int cpu)
{
	irq_work_queue(this_cpu_ptr(&queued));
	return 0;
}

static int down_above(unsigned int cpu)
{
	expect("on the way down, before vmxcore", 0);
	return 0;
}

static int down_below(unsigned int cpu)
{
	expect("on the way down, after vmxcore", -ESHUTDOWN);
	return 0;
}

static void down_irq(struct irq_work *work)
{
	expect("on the way down, in an interrupt", 0);
}

static void gone(unsigned int cpu)
{
	expect("in the callback of a client whose CPU goes", -ESHUTDOWN);
}

static const struct {
	enum cpuhp_state state;
	int (*up)(unsigned int cpu);
	int (*down)(unsigned int cpu);
} states[] = {
	{ STATE_BELOW, up_below, down_below },
	{ STATE_ABOVE, up_above, down_above },
	{ STATE_QUEUE, NULL, down_queue },
};

static int set_states(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		err = cpuhp_setup_state_nocalls(states[i].state, "x86/vmxcore_test",
						states[i].up, states[i].down);
		if (err)
			return err;
	}
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "x86/vmxcore_test:online",
					up_online, down_online);
	if (err < 0)
		return err;
	online_state = err;
	return 0;
}

/*
 * Starts to call get_cpu on CPUs that go on- or offline. Returns -EBUSY if that
 * was started before.
 */
int test_hooks_on(void)
{
	static const struct vmxcore_client_desc desc = {
		.name = "hooks",
		.owner = THIS_MODULE,
		.cpu_gone = gone,
	};
	struct vmxcore_client *handle;
	unsigned int cpu;

	if (client)
		return -EBUSY;
	handle = vmxcore_register(&desc);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	client = handle;

	/*
	 * PREEMPT_RT runs other irq_work in a thread, which would run only when
	 * the CPU is back.
	 */
	for_each_possible_cpu(cpu)
		per_cpu(queued, cpu) = IRQ_WORK_INIT_HARD(down_irq);
	atomic_set(&right, 0);
	atomic_set(&wrong, 0);
	return set_states();
}

void test_hooks_off(void)
{
	unsigned int i;

	if (!client)
		return;
	if (online_state)
		cpuhp_remove_state_nocalls(online_state);
	for (i = 0; i < ARRAY_SIZE(states); i++)
		cpuhp_remove_state_nocalls(states[i].state);
	online_state = 0;
	vmxcore_unregister(client);
	client = NULL;
}

void test_hooks_show(struct seq_file *m)
{
	seq_printf(m, "right %d wrong %d\n", atomic_read(&right), atomic_read(&wrong));
}
