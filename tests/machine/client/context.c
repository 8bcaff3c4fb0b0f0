// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls on a chosen CPU in a chosen context, including contexts in which they
 * are forbidden.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/irq_work.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

struct call {
	struct irq_work work;
	int (*fn)(void *arg);
	void *arg;
	int result;
};

static void call_in_irq_work(struct irq_work *work)
{
	struct call *call = container_of(work, struct call, work);

	call->result = call->fn(call->arg);
}

static void call_in_ipi(void *data)
{
	struct call *call = data;

	call->result = call->fn(call->arg);
}

/*
 * An IPI to the calling CPU itself is no interrupt, so that CPU needs irq_work.
 * It is "hard" because PREEMPT_RT runs other irq_work in a thread.
 */
static int call_in_irq(unsigned int cpu, struct call *call)
{
	call->work = IRQ_WORK_INIT_HARD(call_in_irq_work);

	if (get_cpu() == cpu)
		irq_work_queue(&call->work);
	else
		smp_call_function_single(cpu, call_in_ipi, call, 1);
	put_cpu();

	irq_work_sync(&call->work);
	return call->result;
}

static int call_not_preempted(void *data)
{
	struct call *call = data;
	int err;

	preempt_disable();
	err = call->fn(call->arg);
	preempt_enable();
	return err;
}

static int call_bound(void *data)
{
	struct call *call = data;

	return call->fn(call->arg);
}

static int call_in(unsigned int cpu, const char *context, struct call *call)
{
	if (!strcmp(context, "irq"))
		return call_in_irq(cpu, call);
	if (!strcmp(context, "bound"))
		return smp_call_on_cpu(cpu, call_bound, call, false);
	if (!strcmp(context, "preemptible"))
		return call->fn(call->arg);
	if (!strcmp(context, ""))
		return smp_call_on_cpu(cpu, call_not_preempted, call, false);
	return -EINVAL;
}

/*
 * Calls @fn on a CPU, in a @context: "irq" is a hard interrupt, "bound" a
 * preemptible task bound to the CPU, "" such a task with preemption off, and
 * "preemptible" this task on any CPU. Returns the result of @fn, or -ENXIO if
 * the CPU is offline.
 */
int test_call_on(unsigned int cpu, const char *context, int (*fn)(void *arg), void *arg)
{
	struct call call = { .fn = fn, .arg = arg };
	int err;

	if (cpu >= nr_cpu_ids)
		return -ENXIO;

	/* The call may take cpus_read_lock() itself. */
	if (!strcmp(context, "preemptible"))
		return call_in(cpu, context, &call);

	cpus_read_lock();
	err = cpu_online(cpu) ? call_in(cpu, context, &call) : -ENXIO;
	cpus_read_unlock();
	return err;
}

/* Misuse: vmxcore_get() in atomic context */
int test_get_atomic(struct vmxcore_client *client)
{
	int err;

	preempt_disable();
	err = vmxcore_get(client);
	preempt_enable();
	return err;
}

/* Misuse: vmxcore_put() in atomic context */
int test_put_atomic(struct vmxcore_client *client)
{
	preempt_disable();
	vmxcore_put(client);
	preempt_enable();
	return 0;
}

/* Misuse: vmxcore_unregister() in atomic context */
int test_unregister_atomic(struct vmxcore_client *client)
{
	preempt_disable();
	vmxcore_unregister(client);
	preempt_enable();
	return 0;
}
