/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a call of the API made from a context that it is made for?
 */
#ifndef _VMXCORE_CONTEXT_H
#define _VMXCORE_CONTEXT_H

#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <linux/preempt.h>
#include <linux/sched.h>

/*
 * A kernel without a preempt count does not know that a spinlock is held, and calls
 * nothing preemptible. What it does know must do there.
 */
static inline bool vmxcore_may_sleep(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT))
		return preemptible();
	return !in_interrupt() && !irqs_disabled();
}

/* On this CPU until the call returns; a thread bound to it, as cpuhp's is, too. */
static inline bool vmxcore_may_use_this_cpu(void)
{
	return !in_nmi() && (!preemptible() || is_percpu_thread());
}

#endif /* _VMXCORE_CONTEXT_H */
