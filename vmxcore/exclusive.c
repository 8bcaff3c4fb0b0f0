// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that has VMX for itself, and how others make room for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/iopoll.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "client.h"
#include "exclusive.h"

#define YIELD_POLL_US		1000
#define YIELD_TIMEOUT_US	5000000

/*
 * Who has VMX for itself, or waits for it. Looked at where references are counted, under
 * RCU or with interrupts off: after a grace period whoever missed it has been counted.
 */
static const struct vmxcore_slot *alone;

/* One takes over at a time; and a client does not go while its yield runs. */
static DEFINE_MUTEX(alone_lock);
static DEFINE_MUTEX(yield_lock);

/**
 * vmxcore_excluded - has another client VMX for itself?
 * @slot: one client, or NULL: any
 *
 * Context: any; the answer holds under RCU or with interrupts off.
 * Return: true or false.
 */
bool vmxcore_excluded(const struct vmxcore_slot *slot)
{
	const struct vmxcore_slot *other = READ_ONCE(alone);

	return unlikely(other) && other != slot;
}

/**
 * vmxcore_excluder - for the log
 *
 * Context: any.
 * Return: the name of who has VMX for itself, or "?".
 */
const char *vmxcore_excluder(void)
{
	const struct vmxcore_slot *slot = READ_ONCE(alone);

	return slot ? slot->name : "?";
}

static void call(const struct vmxcore_slot *slot, bool yield)
{
	void (*callback)(void);

	/*
	 * Not one that is on its way out, and waits for yield_lock. The handle first: it may
	 * be another client's by now, and so are the callbacks then.
	 */
	if (!vmxcore_slot_handle(slot))
		return;
	callback = yield ? slot->desc.yield : slot->desc.regain;
	if (callback)
		callback();
}

static void call_others(const struct vmxcore_slot *slot, bool yield)
{
	struct vmxcore_slot *other = NULL;

	while ((other = vmxcore_slot_next(other))) {
		if (other == slot)
			continue;
		mutex_lock(&yield_lock);
		call(other, yield);
		mutex_unlock(&yield_lock);
	}
}

/**
 * vmxcore_yield_barrier - no callback of a client that is closed runs any more
 *
 * Context: task, may sleep; not in such a callback.
 */
void vmxcore_yield_barrier(void)
{
	mutex_lock(&yield_lock);
	mutex_unlock(&yield_lock);
}

/* Who is in the way, after what can be done about it. */
static const struct vmxcore_slot *make_room(struct vmxcore_slot *slot)
{
	const struct vmxcore_slot *holder = vmxcore_slot_holder(slot);

	if (!holder || !(slot->desc.flags & VMXCORE_TAKE_OVER))
		return holder;
	call_others(slot, true);
	read_poll_timeout(vmxcore_slot_holder, holder, !holder, YIELD_POLL_US,
			  YIELD_TIMEOUT_US, false, slot);
	return holder;
}

/**
 * vmxcore_exclude - a client gets VMX for itself
 * @slot: registered, and without references
 *
 * Context: task, may sleep, for some seconds when others are asked to yield.
 * Return: 0, or -EBUSY: others hold references, the log names one; or somebody else has
 * VMX for himself.
 */
int vmxcore_exclude(struct vmxcore_slot *slot)
{
	const struct vmxcore_slot *holder;

	mutex_lock(&alone_lock);
	if (alone) {
		mutex_unlock(&alone_lock);
		return -EBUSY;
	}
	WRITE_ONCE(alone, slot);
	synchronize_rcu();
	holder = make_room(slot);
	if (holder) {
		pr_err("client '%s' does not get VMX for itself, client '%s' holds it: end what that runs, its VMs perhaps, or unload it\n",
		       slot->name, holder->name);
		WRITE_ONCE(alone, NULL);
	}
	mutex_unlock(&alone_lock);
	if (!holder)
		return 0;

	/* Who has yielded for nothing. */
	if (slot->desc.flags & VMXCORE_TAKE_OVER)
		call_others(slot, false);
	return -EBUSY;
}

/**
 * vmxcore_exclude_end - VMX is there for everybody again
 * @slot: who may have had it for itself, and has no references any more
 *
 * Context: task, may sleep.
 */
void vmxcore_exclude_end(const struct vmxcore_slot *slot)
{
	bool his;

	mutex_lock(&alone_lock);
	his = alone == slot;
	if (his)
		WRITE_ONCE(alone, NULL);
	mutex_unlock(&alone_lock);
	if (his)
		call_others(slot, false);
}
