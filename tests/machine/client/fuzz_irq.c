// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's calls in interrupts, on this CPU and others, with a note of the
 * thread that each is made for: in an interrupt "current" is any task.
 */
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "fuzz.h"

struct call {
	struct irq_work work;
	struct fuzz_thread *thread;
	void (*fn)(void *arg);
	void *arg;
};

static DEFINE_PER_CPU(struct fuzz_thread *, caller);

static void run(void *data)
{
	struct call *call = data;
	struct fuzz_thread *interrupted = this_cpu_read(caller);

	this_cpu_write(caller, call->thread);
	call->fn(call->arg);
	this_cpu_write(caller, interrupted);
}

static void run_in_irq_work(struct irq_work *work)
{
	run(container_of(work, struct call, work));
}

static void run_irqs_off(struct call *call)
{
	unsigned long flags;

	local_irq_save(flags);
	run(call);
	local_irq_restore(flags);
}

static void run_in_irq(struct call *call)
{
	call->work = IRQ_WORK_INIT_HARD(run_in_irq_work);
	preempt_disable();
	irq_work_queue(&call->work);
	preempt_enable();
	irq_work_sync(&call->work);
}

static void run_in_task(struct call *call)
{
	preempt_disable();
	run(call);
	preempt_enable();
}

/*
 * Makes a call on the current CPU for a thread. Preemption is off in each
 * @context.
 */
void fuzz_here(struct fuzz_thread *t, enum fuzz_context context, void (*fn)(void *arg), void *arg)
{
	struct call call = { .thread = t, .fn = fn, .arg = arg };

	if (context == FUZZ_IRQ)
		run_in_irq(&call);
	else if (context == FUZZ_IRQS_OFF)
		run_irqs_off(&call);
	else
		run_in_task(&call);
}

/*
 * Makes a call on another CPU in an interrupt, or on this one with interrupts
 * off. cpus_read_lock() is not held on purpose: the call may meet a CPU that is
 * going offline. Returns -ENXIO if the CPU is offline.
 */
int fuzz_there_on(struct fuzz_thread *t, unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	struct call call = { .thread = t, .fn = fn, .arg = arg };

	return smp_call_function_single(cpu, run, &call, 1);
}

/*
 * Returns the thread that makes the call running on this CPU, or NULL if it is
 * not the fuzzer's. Preemption is off.
 */
struct fuzz_thread *fuzz_caller(void)
{
	return this_cpu_read(caller) ?: fuzz_thread_of(current);
}
