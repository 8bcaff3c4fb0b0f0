/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the context of a call allow it?
 */
#ifndef _VMXCORE_CONTEXT_H
#define _VMXCORE_CONTEXT_H

#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <linux/preempt.h>
#include <linux/sched.h>

/*
 * A kernel without a preempt count does not know whether a spinlock is held, and preemptible()
 * is always false there.
 */
static inline bool vmxcore_may_sleep(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT))
		return preemptible();
	return !in_interrupt() && !irqs_disabled();
}

/*
 * The caller cannot migrate: preemption is off, or it is a thread bound to this CPU, as those
 * of cpuhp. A kernel without a preempt count cannot tell, so any caller but an NMI passes there.
 */
static inline bool vmxcore_may_use_this_cpu(void)
{
	return !in_nmi() && (!preemptible() || is_percpu_thread());
}

#endif /* _VMXCORE_CONTEXT_H */
