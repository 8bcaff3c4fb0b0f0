// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of clients: policy over the books (client.c) and the CPUs (cpu.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/iopoll.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>

#include "backend.h"
#include "client.h"
#include "compat.h"
#include "context.h"
#include "cpu.h"
#include "exclusive.h"
#include "ref.h"
#include "trace.h"

/*
 * How many clients hold all CPUs. VMX is on everywhere before it is 1 and until
 * it is 0 again; it becomes 1 or 0 only under all_lock with the CPUs locked, so
 * whoever finds it positive and counts himself in needs no lock.
 */
static atomic_t holders = ATOMIC_INIT(0);
static DEFINE_MUTEX(all_lock);

#define SETTLE_POLL_US	1000

static const struct vmxcore_backend *const backend = &VMXCORE_BACKEND;

static int misused(enum vmxcore_misuse kind, struct vmxcore_client *client,
		   const char *call, unsigned long caller)
{
	vmxcore_misuse(kind, client, call, caller);
	return kind == VMXCORE_MISUSE_OVERFLOW ? -EOVERFLOW : -EINVAL;
}

/* What the books say of a call that they refuse. */
static int judged(int err, struct vmxcore_client *client, const char *call,
		  unsigned long caller)
{
	switch (err) {
	case -EBADF:
		return misused(VMXCORE_MISUSE_HANDLE, client, call, caller);
	case -ENOENT:
		return misused(VMXCORE_MISUSE_PUT, client, call, caller);
	case -EOVERFLOW:
		return misused(VMXCORE_MISUSE_OVERFLOW, client, call, caller);
	default:
		return err;
	}
}

/* kvm_intel has to be loaded and is not, which is no CPU's fault. Out of line as the next one. */
static noinline void log_no_provider(struct vmxcore_client *client, int err)
{
	char text[VMXCORE_CPU_ERROR_LEN];

	trace_vmxcore_refused(vmxcore_client_name(client), VMXCORE_TRACE_ALL, err);
	if (vmxcore_client_may_log(client))
		pr_err("client '%s' gets no VMX: %s (%pe)\n", vmxcore_client_name(client),
		       vmxcore_cpu_strerror(raw_smp_processor_id(), err, text), ERR_PTR(err));
}

/* Out of line: a get that succeeds must not pay for the text on the stack. */
static noinline void log_refused(struct vmxcore_client *client, unsigned int cpu, int err)
{
	char text[VMXCORE_CPU_ERROR_LEN];

	trace_vmxcore_refused(vmxcore_client_name(client), cpu, err);
	if (vmxcore_client_may_log(client))
		pr_err("client '%s' gets no VMX, CPU %u: %s (%pe)\n",
		       vmxcore_client_name(client), cpu,
		       vmxcore_cpu_strerror(cpu, err, text), ERR_PTR(err));
}

static void log_excluded(struct vmxcore_client *client, int cpu)
{
	trace_vmxcore_refused(vmxcore_client_name(client), cpu, -EBUSY);
	if (vmxcore_client_may_log(client))
		pr_err("client '%s' gets no VMX: client '%s' has it for itself; end that one first\n",
		       vmxcore_client_name(client), vmxcore_excluder());
}

static int hold_all(struct vmxcore_client *client)
{
	unsigned int cpu;
	int err = 0;

	cpus_read_lock();
	mutex_lock(&all_lock);
	if (!atomic_inc_not_zero(&holders)) {
		err = vmxcore_cpus_hold(vmxcore_client_name(client), &cpu);
		if (!err)
			atomic_set_release(&holders, 1);
	}
	mutex_unlock(&all_lock);
	cpus_read_unlock();

	if (err)
		log_refused(client, cpu, err);
	return err;
}

static void release_all(void)
{
	if (atomic_add_unless(&holders, -1, 1))
		return;

	cpus_read_lock();
	mutex_lock(&all_lock);
	if (atomic_dec_and_test(&holders))
		vmxcore_cpus_release();
	mutex_unlock(&all_lock);
	cpus_read_unlock();
}

/*
 * Does something with a client, as long as it is one. A handle is good while RCU is
 * read-locked (or, below, interrupts are off), and who closes a slot waits for that
 * before he takes back what is left. So a call that races the unregister of its own
 * client is refused, and never changes the books of the next client of that slot.
 */
static __always_inline int with_slot(struct vmxcore_client *client,
				     int (*act)(struct vmxcore_slot *slot))
{
	struct vmxcore_slot *slot;
	int err;

	rcu_read_lock();
	slot = vmxcore_slot_find(client);
	err = slot ? act(slot) : -EBADF;
	rcu_read_unlock();
	return err;
}

/* 1: keeps in place where VMX comes from, until unpin(); 0: has no need to. */
static int pin(struct vmxcore_slot *slot)
{
	int err;

	if (!slot->pins)
		return 0;
	err = backend->pin();
	return err ?: 1;
}

static void unpin(int pinned)
{
	if (pinned)
		backend->unpin();
}

static int show_more(struct vmxcore_slot *slot)
{
	trace_vmxcore_get(slot->name, VMXCORE_TRACE_ALL, vmxcore_slot_refs(slot));
	return 0;
}

static int show_less(struct vmxcore_slot *slot)
{
	trace_vmxcore_put(slot->name, VMXCORE_TRACE_ALL, vmxcore_slot_refs(slot));
	return 0;
}

/* Apart, so that a call that nobody traces need save no register. */
static noinline void show(struct vmxcore_client *client, int (*what)(struct vmxcore_slot *slot))
{
	with_slot(client, what);
}

/* One more reference of a client that has some. All that a get is while VMX stays on. */
static __always_inline bool another(struct vmxcore_client *client)
{
	if (!vmxcore_slot_count(client, 1, INT_MAX - 1, 1))
		return false;
	if (trace_vmxcore_get_enabled())
		show(client, show_more);
	return true;
}

/* One reference less of a client that keeps some. */
static __always_inline bool one_of_many(struct vmxcore_client *client)
{
	if (!vmxcore_slot_count(client, 2, INT_MAX, -1))
		return false;
	if (trace_vmxcore_put_enabled())
		show(client, show_less);
	return true;
}

/* -ENOENT: a client has no reference; -EOVERFLOW: and can have no more; 0: it has some. */
static int has_some(struct vmxcore_slot *slot)
{
	u32 refs = (u32)atomic64_read(&slot->books);

	if (!refs)
		return -ENOENT;
	return refs == INT_MAX ? -EOVERFLOW : 0;
}

/* One more reference, or why there is none. */
static int take_another(struct vmxcore_client *client)
{
	int err;

	do {
		if (another(client))
			return 0;
		err = with_slot(client, has_some);
	} while (!err);
	return err;
}

/* Does nobody else have VMX for itself? */
static int admitted(struct vmxcore_slot *slot)
{
	return vmxcore_excluded(slot) ? -EBUSY : 0;
}

/*
 * The first reference of a client. -EEXIST: another task of it was faster; -EBUSY: another
 * client has VMX for itself.
 */
static int first(struct vmxcore_slot *slot)
{
	int err = admitted(slot);

	if (err)
		return err;
	vmxcore_slot_enter(slot);
	if (vmxcore_slot_count(vmxcore_slot_client(slot), 0, 0, 1)) {
		trace_vmxcore_get(slot->name, VMXCORE_TRACE_ALL, 1);
		return 0;
	}
	vmxcore_slot_leave(slot);
	return -EEXIST;
}

#define LAST		1
#define LAST_PINNED	2

/* LAST, LAST_PINNED: it is gone; 0: there were others. -ENOENT: there is none. */
static int last(struct vmxcore_slot *slot)
{
	if (!vmxcore_slot_count(vmxcore_slot_client(slot), 1, 1, -1))
		return has_some(slot) == -ENOENT ? -ENOENT : 0;
	trace_vmxcore_put(slot->name, VMXCORE_TRACE_ALL, 0);
	vmxcore_slot_leave(slot);
	return slot->pins ? LAST_PINNED : LAST;
}

static int take(struct vmxcore_client *client)
{
	int err = take_another(client);
	int pinned;

	if (err != -ENOENT)
		return err;

	/* So that nothing is turned on in vain; first() asks again, where the answer holds. */
	err = with_slot(client, admitted);
	if (err == -EBUSY)
		log_excluded(client, VMXCORE_TRACE_ALL);
	if (err)
		return err;

	pinned = with_slot(client, pin);
	if (pinned < 0) {
		log_no_provider(client, pinned);
		return pinned;
	}

	if (!atomic_inc_not_zero(&holders)) {
		err = hold_all(client);
		if (err)
			goto out_unpin;
	}

	/*
	 * The client is counted in holders now. If it is not by this task that it
	 * becomes one, that count is one too many: a client is a holder once.
	 */
	do {
		err = with_slot(client, first);
		if (!err)
			return 0;
		if (err == -EEXIST)
			err = take_another(client);
	} while (err == -ENOENT);
	release_all();
	if (err == -EBUSY)
		log_excluded(client, VMXCORE_TRACE_ALL);
out_unpin:
	unpin(pinned);
	return err;
}

static void log_failed(struct vmxcore_client *client)
{
	trace_vmxcore_refused(vmxcore_client_name(client), VMXCORE_TRACE_ALL, -EIO);
	if (vmxcore_client_may_log(client))
		pr_err("client '%s' gets no VMX: a CPU lost it, see above why; take that CPU offline and online, or end all users of VMX\n",
		       vmxcore_client_name(client));
}

/* Whatever is not just one more, and all that can be wrong. */
static noinline int get_slowly(struct vmxcore_client *client, unsigned long caller)
{
	if (!vmxcore_may_sleep())
		return misused(VMXCORE_MISUSE_CONTEXT, client, "vmxcore_get", caller);
	if (READ_ONCE(vmxcore_rebooting)) {
		trace_vmxcore_refused(vmxcore_client_name(client), VMXCORE_TRACE_ALL, -ESHUTDOWN);
		return -ESHUTDOWN;
	}
	if (vmxcore_cpus_failed()) {
		log_failed(client);
		return -EIO;
	}
	return judged(take(client), client, "vmxcore_get", caller);
}

/**
 * vmxcore_get() - take a reference on all CPUs
 * @client: handle from vmxcore_register()
 *
 * The first reference turns VMX on, on all online CPUs at once; if it fails on
 * one of them it is off again on all others before this returns. A CPU that
 * comes online later is post-VMXON before any task or interrupt of the client can
 * run there, or it does not come online. When somebody holds all CPUs already this
 * takes no lock.
 *
 * Context: task, may sleep. Takes cpus_read_lock(), so it deadlocks in a cpuhp
 * callback and under cpus_write_lock().
 * Return: 0; -EBUSY: a foreign owner has VMX on one of the CPUs, or a client has it for
 * itself; -EIO: VMXON reported VMfail, or a CPU lost VMX over a resume; -EFAULT: VMXON
 * faulted; -EXDEV: the capabilities of a CPU differ; -EOPNOTSUPP: a CPU has no VMX;
 * -ENODEV: since Linux 7.1, where the kernel owns VMX, kvm_intel is not loaded; -EAGAIN: there
 * too, the kernel itself enters VMX operation on one of the CPUs at this moment;
 * -ESHUTDOWN: the machine goes down; -EINVAL, -EOVERFLOW: misuse.
 */
int vmxcore_get(struct vmxcore_client *client)
{
	if (likely(vmxcore_may_sleep() && !READ_ONCE(vmxcore_rebooting) &&
		   !vmxcore_cpus_failed() && another(client)))
		return 0;
	return get_slowly(client, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_get);

static noinline void put_slowly(struct vmxcore_client *client, unsigned long caller)
{
	int gone;

	if (!vmxcore_may_sleep()) {
		misused(VMXCORE_MISUSE_CONTEXT, client, "vmxcore_put", caller);
		return;
	}
	do {
		if (one_of_many(client))
			return;
		gone = with_slot(client, last);
	} while (!gone);

	if (gone < 0) {
		judged(gone, client, "vmxcore_put", caller);
		return;
	}
	release_all();
	unpin(gone == LAST_PINNED);
}

/**
 * vmxcore_put() - give a reference of vmxcore_get() back
 * @client: handle from vmxcore_register()
 *
 * The last reference turns VMX off on each CPU that nobody holds by itself. A put
 * without a get is logged and ignored.
 *
 * Context: task, may sleep; as vmxcore_get().
 */
void vmxcore_put(struct vmxcore_client *client)
{
	if (unlikely(!vmxcore_may_sleep() || !one_of_many(client)))
		put_slowly(client, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_put);

/* The same on this CPU, with interrupts off. */
static __always_inline int with_slot_here(struct vmxcore_client *client,
					  int (*act)(struct vmxcore_slot *slot))
{
	struct vmxcore_slot *slot;
	unsigned long flags;
	int err;

	local_irq_save(flags);
	slot = vmxcore_slot_find(client);
	err = slot ? act(slot) : -EBADF;
	local_irq_restore(flags);
	return err;
}

static unsigned int live_here(const struct vmxcore_slot *slot)
{
	return this_cpu_read(slot->cpu_refs->live);
}

static int another_here(struct vmxcore_slot *slot)
{
	bool more = vmxcore_slot_holds_this_cpu(slot);
	int pinned, err;

	if (!more && vmxcore_excluded(slot)) {
		log_excluded(vmxcore_slot_client(slot), smp_processor_id());
		return -EBUSY;
	}

	/* Not for the sake of a reference to all: that one may be put before this one. */
	pinned = live_here(slot) ? 0 : pin(slot);
	err = pinned < 0 ? pinned : vmxcore_cpu_get(slot->name);
	if (err) {
		log_refused(vmxcore_slot_client(slot), smp_processor_id(), err);
		unpin(pinned > 0);
		return err;
	}

	err = vmxcore_slot_get_cpu(slot);
	if (err) {
		vmxcore_cpu_put(1);
		unpin(pinned);
	} else {
		trace_vmxcore_get(slot->name, smp_processor_id(), live_here(slot));
	}
	return err;
}

static void put_here(struct vmxcore_slot *slot, u32 refs)
{
	if (!refs)
		return;
	vmxcore_cpu_put(refs);
	unpin(slot->pins && !live_here(slot));
}

static int one_less_here(struct vmxcore_slot *slot)
{
	u32 live;
	int err = vmxcore_slot_put_cpu(slot, &live);

	if (err)
		return err;
	if (live)
		trace_vmxcore_put(slot->name, smp_processor_id(), live_here(slot));
	put_here(slot, live);
	return 0;
}

/**
 * vmxcore_get_cpu() - take a reference on this CPU
 * @client: handle from vmxcore_register()
 *
 * The first reference turns VMX on here. It dies with its CPU: when that goes
 * offline the client is told by its cpu_gone callback, and has no reference there
 * when the CPU comes back.
 *
 * Context: preemption off, or a thread bound to its CPU; any context up to hard
 * IRQ, cpuhp callbacks included, those of the STARTING section after
 * CPUHP_AP_ARM_VFP_STARTING too. Not NMI. Never sleeps or allocates.
 * Return: as vmxcore_get(), for this CPU; where it lost VMX over a resume, the error of the VMXON
 * that failed there and not -EIO; -ESHUTDOWN also when it is on its way down or suspends.
 */
int vmxcore_get_cpu(struct vmxcore_client *client)
{
	if (!vmxcore_may_use_this_cpu())
		return misused(VMXCORE_MISUSE_CONTEXT, client, __func__, _RET_IP_);
	return judged(with_slot_here(client, another_here), client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_get_cpu);

/**
 * vmxcore_put_cpu() - give a reference of vmxcore_get_cpu() on this CPU back
 * @client: handle from vmxcore_register()
 *
 * On the CPU where it was taken. The last one turns VMX off. A put of a reference
 * that died with its CPU is fine, as long as none has been taken there since; a
 * put without a get is logged and ignored.
 *
 * Context: as vmxcore_get_cpu().
 */
void vmxcore_put_cpu(struct vmxcore_client *client)
{
	if (!vmxcore_may_use_this_cpu())
		misused(VMXCORE_MISUSE_CONTEXT, client, __func__, _RET_IP_);
	else
		judged(with_slot_here(client, one_less_here), client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_put_cpu);

static void drop_cpu_ipi(void *arg)
{
	struct vmxcore_slot *slot = arg;
	u32 live = vmxcore_slot_drop_cpu(slot);

	if (live)
		trace_vmxcore_put(slot->name, smp_processor_id(), 0);
	put_here(slot, live);
}

/* Of a closed client: it takes no more, and a CPU that goes offline is excluded. */
static bool holds_cpu(int cpu, void *slot)
{
	const struct vmxcore_slot *closed = slot;

	return READ_ONCE(per_cpu_ptr(closed->cpu_refs, cpu)->live);
}

static void report_leak(const struct vmxcore_slot *slot, unsigned int vmcss,
			unsigned int vpids)
{
	static cpumask_t leaked;
	unsigned int cpu;

	lockdep_assert_held(&all_lock);

	cpumask_clear(&leaked);
	for_each_online_cpu(cpu) {
		if (holds_cpu(cpu, (void *)slot))
			cpumask_set_cpu(cpu, &leaked);
	}
	if (slot->left || !cpumask_empty(&leaked) || vmcss || vpids)
		pr_warn("client '%s' of module %s went away with %u references on all CPUs, some on CPUs [%*pbl], %u VMCSs and %u VPIDs: taken back, report it to the maker of that module\n",
			slot->name, slot->desc.owner->name,
			slot->left, cpumask_pr_args(&leaked),
			vmcss, vpids);
}

/**
 * vmxcore_refs_take_back - end every reference of a client, and name what leaked
 * @slot: the client; it takes no more references
 * @vmcss: how many VMCSs it had not freed, for the log
 * @vpids: how many VPIDs, likewise
 *
 * Context: task, may sleep; takes cpus_read_lock().
 */
void vmxcore_refs_take_back(struct vmxcore_slot *slot, unsigned int vmcss,
			    unsigned int vpids)
{
	cpus_read_lock();
	mutex_lock(&all_lock);
	report_leak(slot, vmcss, vpids);
	/* No other CPU is interrupted, an isolated one above all. */
	on_each_cpu_cond(holds_cpu, drop_cpu_ipi, slot, 1);
	mutex_unlock(&all_lock);
	cpus_read_unlock();

	if (!xchg(&slot->left, 0))
		return;
	trace_vmxcore_put(slot->name, VMXCORE_TRACE_ALL, 0);
	vmxcore_slot_leave(slot);
	release_all();
	unpin(slot->pins);
}

/**
 * vmxcore_refs_settle - wait until VMX is off where it was given back
 *
 * A reference leaves the books before VMX goes off for it, so that a get in between finds
 * what is true. Who wants to find VMX off, too, when the books are empty waits here.
 *
 * Context: task, may sleep; not under cpus_read_lock(), which the task that turns it off
 * takes. Nobody may take a reference but who is refused.
 */
void vmxcore_refs_settle(void)
{
	int holds;

	read_poll_timeout(atomic_read, holds, !holds, SETTLE_POLL_US, 0, false, &holders);
	/* It becomes 0 before the CPUs are told, under this lock. */
	mutex_lock(&all_lock);
	mutex_unlock(&all_lock);
	/* Of a CPU's own references, with interrupts off. */
	synchronize_rcu();
}
