// SPDX-License-Identifier: GPL-2.0-only
/*
 * References: vmxcore_get() and vmxcore_put() on all CPUs, vmxcore_get_cpu() and
 * vmxcore_put_cpu() on one.
 *
 * A client's first and last system-wide reference are taken and put under system_lock. A
 * client that holds one already changes its count by a single cmpxchg.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/instruction_pointer.h>
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
#include "ref.h"
#include "stranger.h"
#include "trace.h"

/*
 * How many clients have system-wide references, under system_lock. VMX is on everywhere
 * while it is not 0. cpus_read_lock() is taken first.
 */
static unsigned int nr_holders;
static DEFINE_MUTEX(system_lock);

/* The logging functions are out of line: a get that succeeds must not pay for their stack. */
static noinline void log_refused(struct vmxcore_client *client, int cpu, int err)
{
	unsigned int on = cpu < 0 ? raw_smp_processor_id() : cpu;
	char text[VMXCORE_CPU_ERROR_LEN];

	trace_vmxcore_refused(vmxcore_client_name(client), cpu, err);
	if (!vmxcore_client_may_log(client))
		return;
	vmxcore_cpu_strerror(on, err, text);
	if (cpu < 0)
		pr_err("client '%s' gets no VMX: %s (%pe)\n", vmxcore_client_name(client), text,
		       ERR_PTR(err));
	else
		pr_err("client '%s' gets no VMX, CPU %u: %s (%pe)\n",
		       vmxcore_client_name(client), on, text, ERR_PTR(err));
}

static noinline void log_excluded(struct vmxcore_client *client, int cpu)
{
	const struct vmxcore_client_entry *exclusive = READ_ONCE(vmxcore_exclusive);

	trace_vmxcore_refused(vmxcore_client_name(client), cpu, -EBUSY);
	if (vmxcore_client_may_log(client))
		pr_err("client '%s' gets no VMX: client '%s' has it for itself; end that one first\n",
		       vmxcore_client_name(client), exclusive ? exclusive->name : "?");
}

static noinline void log_lost(struct vmxcore_client *client)
{
	trace_vmxcore_refused(vmxcore_client_name(client), VMXCORE_TRACE_ALL, -EIO);
	if (vmxcore_client_may_log(client))
		pr_err("client '%s' gets no VMX: a CPU has lost VMX, an earlier line names the CPU and the reason; take that CPU offline and online, or end all users of VMX\n",
		       vmxcore_client_name(client));
}

/* Out of line: the untraced path must not spill registers. */
static noinline void trace_get_slow(struct vmxcore_client *client)
{
	trace_vmxcore_get(vmxcore_client_name(client), VMXCORE_TRACE_ALL,
			  vmxcore_entry_refs(vmxcore_entry_of(client)));
}

static noinline void trace_put_slow(struct vmxcore_client *client)
{
	trace_vmxcore_put(vmxcore_client_name(client), VMXCORE_TRACE_ALL,
			  vmxcore_entry_refs(vmxcore_entry_of(client)));
}

/*
 * Change a client's system-wide count by @change if it is between @least and @most. False if
 * it is not, or if the handle is stale. The word of a free entry is 0, which looks like the
 * handle NULL with 0 references. To exclude it, @least must be at least 1, except for a handle
 * that was found under system_lock.
 */
static __always_inline bool refs_add(struct vmxcore_client *client, u32 least, u32 most,
				     int change)
{
	atomic64_t *handle_refs = &vmxcore_entry_of(client)->handle_refs;
	s64 old = atomic64_read(handle_refs);

	do {
		if ((u64)old >> 32 != (unsigned long)client || (u32)old - least > most - least)
			return false;
	} while (!atomic64_try_cmpxchg(handle_refs, &old, old + change));
	return true;
}

static __always_inline bool refs_inc_if_held(struct vmxcore_client *client)
{
	if (!refs_add(client, 1, INT_MAX - 1, 1))
		return false;
	if (trace_vmxcore_get_enabled())
		trace_get_slow(client);
	return true;
}

static __always_inline bool refs_dec_unless_last(struct vmxcore_client *client)
{
	if (!refs_add(client, 2, INT_MAX, -1))
		return false;
	if (trace_vmxcore_put_enabled())
		trace_put_slow(client);
	return true;
}

/*
 * Take a reference to the provider's module if this client needs one.
 * Return: 1 if taken, 0 if not needed, or -ENODEV.
 */
static int pin_provider(const struct vmxcore_client_entry *entry)
{
	if (!entry->pins_provider)
		return 0;
	return VMXCORE_BACKEND.pin() ?: 1;
}

static void unpin_provider(int pinned)
{
	if (pinned)
		VMXCORE_BACKEND.unpin();
}

/* A stale handle, whose entry may be another client's by now, gets no reference. */
static bool is_stranger(struct vmxcore_client *client)
{
	return READ_ONCE(vmxcore_entry_of(client)->desc.flags) & VMXCORE_STRANGER;
}

static void dec_holders(void)
{
	lockdep_assert_held(&system_lock);

	nr_holders--;
	if (!nr_holders)
		vmxcore_cpus_disable();
}

/*
 * @cpu: set to the CPU that failed, or left as it is if the error does not come from a CPU.
 * @first: set to true if the client held none.
 */
static int get_first(struct vmxcore_client *client, int *cpu, bool *first)
{
	struct vmxcore_client_entry *entry;
	unsigned int failed_cpu;
	int pinned, err;

	lockdep_assert_held(&system_lock);

	/*
	 * An entry that is found here is not reused before system_lock is released, because
	 * vmxcore_refs_take_back() must take system_lock before the entry is freed.
	 */
	entry = vmxcore_entry_find(client);
	if (!entry)
		return VMXCORE_MISUSE_HANDLE;
	/* Another task may have taken the first one meanwhile, and cannot put the last one now. */
	if (refs_inc_if_held(client))
		return 0;
	if ((u32)atomic64_read(&entry->handle_refs))
		return VMXCORE_MISUSE_OVERFLOW;
	if (vmxcore_excluded(entry))
		return -EBUSY;

	pinned = pin_provider(entry);
	if (pinned < 0)
		return pinned;
	if (!nr_holders) {
		err = vmxcore_cpus_enable(entry->name, &failed_cpu);
		if (err) {
			*cpu = failed_cpu;
			unpin_provider(pinned);
			return err;
		}
	}
	nr_holders++;
	vmxcore_entry_inc_held(entry);
	/* It fails if the client was unregistered meanwhile. */
	if (refs_add(client, 0, 0, 1)) {
		trace_vmxcore_get(entry->name, VMXCORE_TRACE_ALL, 1);
		*first = true;
		return 0;
	}
	vmxcore_entry_dec_held(entry);
	dec_holders();
	unpin_provider(pinned);
	return VMXCORE_MISUSE_HANDLE;
}

static noinline int get_slow(struct vmxcore_client *client, unsigned long caller)
{
	int cpu = VMXCORE_TRACE_ALL, err;
	bool stranger, first = false;

	if (!vmxcore_may_sleep())
		return vmxcore_report_misuse(VMXCORE_MISUSE_CONTEXT, client, "vmxcore_get",
					     caller);
	if (READ_ONCE(vmxcore_rebooting)) {
		trace_vmxcore_refused(vmxcore_client_name(client), cpu, -ESHUTDOWN);
		return -ESHUTDOWN;
	}
	if (vmxcore_cpus_failed()) {
		log_lost(client);
		return -EIO;
	}

	/*
	 * Before the reference is counted: another task of the client may take a further one at
	 * once, and load a VMCS. Not in get_first(), as a static key takes cpus_read_lock(), too.
	 */
	stranger = is_stranger(client);
	if (stranger)
		vmxcore_stranger_added();
	cpus_read_lock();
	mutex_lock(&system_lock);
	err = get_first(client, &cpu, &first);
	mutex_unlock(&system_lock);
	cpus_read_unlock();
	if (stranger && !first)
		vmxcore_stranger_removed();

	if (err == -EBUSY && cpu < 0)
		log_excluded(client, cpu);
	else if (err < 0)
		log_refused(client, cpu, err);
	return vmxcore_report_misuse(err, client, "vmxcore_get", caller);
}

/**
 * vmxcore_get() - take a reference on all CPUs
 * @client: handle from vmxcore_register()
 *
 * The first reference turns VMX on, on all online CPUs at once. If that fails on one of
 * them, VMX is as before on all others when this returns. A CPU that comes online later is
 * in VMX operation before any task or interrupt of the client can run there, or it does not
 * come online. A client that holds a system-wide reference already takes no lock.
 *
 * Context: task, may sleep. Takes cpus_read_lock(), so it deadlocks in a cpuhp
 * callback and under cpus_write_lock().
 * Return: 0; -EBUSY: a foreign owner has VMX on one of the CPUs, or a client has it
 * exclusively; -EIO: VMXON reported VMfail, or a CPU has lost VMX; -EFAULT: VMXON
 * faulted; -EXDEV: the capabilities of a CPU differ; -EOPNOTSUPP: a CPU has no VMX;
 * -ENODEV: since Linux 7.1, where the kernel owns VMX, kvm_intel is not loaded; -EAGAIN:
 * also since 7.1, the kernel itself enters VMX operation on one of the CPUs at this moment, or
 * its own VMXON there reported VMfail;
 * -ESHUTDOWN: the machine goes down; -EINVAL, -EOVERFLOW: misuse.
 */
int vmxcore_get(struct vmxcore_client *client)
{
	if (likely(vmxcore_may_sleep() && !READ_ONCE(vmxcore_rebooting) &&
		   !vmxcore_cpus_failed() && refs_inc_if_held(client)))
		return 0;
	return get_slow(client, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_get);

/* @last: set to true if the client holds none any more. */
static int put_last(struct vmxcore_client *client, bool *last)
{
	struct vmxcore_client_entry *entry;

	lockdep_assert_held(&system_lock);

	entry = vmxcore_entry_find(client);
	if (!entry)
		return VMXCORE_MISUSE_HANDLE;
	/* Other tasks of this client may get and put meanwhile, as long as it holds one. */
	while ((u32)atomic64_read(&entry->handle_refs)) {
		if (refs_dec_unless_last(client))
			return 0;
		if (refs_add(client, 1, 1, -1)) {
			trace_vmxcore_put(entry->name, VMXCORE_TRACE_ALL, 0);
			vmxcore_entry_dec_held(entry);
			dec_holders();
			unpin_provider(entry->pins_provider);
			*last = true;
			return 0;
		}
	}
	return VMXCORE_MISUSE_PUT;
}

static noinline void put_slow(struct vmxcore_client *client, unsigned long caller)
{
	bool stranger = is_stranger(client), last = false;
	int err = VMXCORE_MISUSE_CONTEXT;

	if (vmxcore_may_sleep()) {
		cpus_read_lock();
		mutex_lock(&system_lock);
		err = put_last(client, &last);
		mutex_unlock(&system_lock);
		cpus_read_unlock();
	}
	if (stranger && last)
		vmxcore_stranger_removed();
	vmxcore_report_misuse(err, client, "vmxcore_put", caller);
}

/**
 * vmxcore_put() - put a reference of vmxcore_get()
 * @client: handle from vmxcore_register()
 *
 * When no client holds a system-wide reference any more, VMX is turned off on each CPU where
 * no client holds a reference of vmxcore_get_cpu(). A put without a get is logged and ignored.
 *
 * Context: task, may sleep; as vmxcore_get().
 */
void vmxcore_put(struct vmxcore_client *client)
{
	if (unlikely(!vmxcore_may_sleep() || !refs_dec_unless_last(client)))
		put_slow(client, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_put);

static u32 live_here(const struct vmxcore_client_entry *entry)
{
	return this_cpu_read(entry->cpu_refs->live);
}

/* Interrupts are off in this function and in put_this_cpu(). */
static int get_this_cpu(struct vmxcore_client_entry *entry)
{
	unsigned int cpu = smp_processor_id();
	int pinned, err;

	/* The static key cannot be turned on with preemption off. */
	if (entry->desc.flags & VMXCORE_STRANGER)
		return VMXCORE_MISUSE_STRANGER;
	if (!vmxcore_entry_holds_this_cpu(entry) && vmxcore_excluded(entry)) {
		log_excluded(vmxcore_entry_client(entry), cpu);
		return -EBUSY;
	}

	/* A system-wide reference pins, too, but may be put before this one. */
	pinned = live_here(entry) ? 0 : pin_provider(entry);
	err = pinned < 0 ? pinned : vmxcore_cpu_get(entry->name);
	if (err) {
		log_refused(vmxcore_entry_client(entry), cpu, err);
		unpin_provider(pinned > 0);
		return err;
	}

	err = vmxcore_entry_get_cpu(entry);
	if (err) {
		vmxcore_cpu_put(1);
		unpin_provider(pinned);
		return err;
	}
	trace_vmxcore_get(entry->name, cpu, live_here(entry));
	return 0;
}

/* @refs: live references that are not counted in the client's entry any more. */
static void put_this_cpu(struct vmxcore_client_entry *entry, u32 refs)
{
	if (!refs)
		return;
	trace_vmxcore_put(entry->name, smp_processor_id(), live_here(entry));
	vmxcore_cpu_put(refs);
	unpin_provider(entry->pins_provider && !live_here(entry));
}

/**
 * vmxcore_get_cpu() - take a reference on this CPU
 * @client: handle from vmxcore_register()
 *
 * The first reference turns VMX on here. The reference ends with its CPU: when the CPU goes
 * offline the client's cpu_gone callback is called, and the client has no reference there
 * when the CPU comes back.
 *
 * Context: preemption off, or a thread bound to its CPU. May be called in hard IRQ and in
 * cpuhp callbacks, in the STARTING section only in states after CPUHP_AP_ARM_VFP_STARTING. Not
 * in NMI. Never sleeps or allocates.
 * Return: as vmxcore_get(), for this CPU. If VMX could not be turned on again here at resume,
 * the error of that VMXON is returned instead of -EIO. -ESHUTDOWN is also returned while this
 * CPU goes offline or suspends. -EINVAL is also returned to a client with %VMXCORE_STRANGER.
 */
int vmxcore_get_cpu(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry;
	int err = VMXCORE_MISUSE_CONTEXT;
	unsigned long flags;

	if (vmxcore_may_use_this_cpu()) {
		local_irq_save(flags);
		entry = vmxcore_entry_find(client);
		err = entry ? get_this_cpu(entry) : VMXCORE_MISUSE_HANDLE;
		local_irq_restore(flags);
	}
	return vmxcore_report_misuse(err, client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_get_cpu);

/**
 * vmxcore_put_cpu() - put a reference of vmxcore_get_cpu() on this CPU
 * @client: handle from vmxcore_register()
 *
 * It must be called on the CPU where the reference was taken. The last reference turns VMX
 * off. A put of a reference that ended with its CPU is allowed until the client takes a new
 * one there. A put without a get is logged and ignored.
 *
 * Context: as vmxcore_get_cpu().
 */
void vmxcore_put_cpu(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry;
	int err = VMXCORE_MISUSE_CONTEXT;
	unsigned long flags;
	u32 live;

	if (vmxcore_may_use_this_cpu()) {
		local_irq_save(flags);
		entry = vmxcore_entry_find(client);
		err = entry ? vmxcore_entry_put_cpu(entry, &live) : VMXCORE_MISUSE_HANDLE;
		if (!err)
			put_this_cpu(entry, live);
		local_irq_restore(flags);
	}
	vmxcore_report_misuse(err, client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_put_cpu);

static void drop_cpu_ipi(void *entry)
{
	put_this_cpu(entry, vmxcore_entry_drop_cpu(entry));
}

static bool holds_cpu(int cpu, void *entry)
{
	const struct vmxcore_client_entry *closed = entry;

	return READ_ONCE(per_cpu_ptr(closed->cpu_refs, cpu)->live);
}

static void report_leak(const struct vmxcore_client_entry *entry, unsigned int vmcss,
			unsigned int vpids)
{
	static cpumask_t leaked;
	unsigned int cpu;

	lockdep_assert_held(&system_lock);

	cpumask_clear(&leaked);
	for_each_online_cpu(cpu) {
		if (holds_cpu(cpu, (void *)entry))
			cpumask_set_cpu(cpu, &leaked);
	}
	if (entry->refs_at_close || !cpumask_empty(&leaked) || vmcss || vpids)
		pr_warn("client '%s' of module %s went away with %u references to all CPUs, others to CPUs [%*pbl], %u VMCSs and %u VPIDs: taken back, report it to the maker of that module\n",
			entry->name, entry->desc.owner->name, entry->refs_at_close,
			cpumask_pr_args(&leaked), vmcss, vpids);
}

/*
 * Put every reference that a closed client still has, and log what it leaked. @vmcss and
 * @vpids: how many it had not freed, for the log.
 */
void vmxcore_refs_take_back(struct vmxcore_client_entry *entry, unsigned int vmcss,
			    unsigned int vpids)
{
	u32 refs;

	cpus_read_lock();
	mutex_lock(&system_lock);
	report_leak(entry, vmcss, vpids);
	/* A CPU without a reference of this client is not interrupted: it may be isolated. */
	on_each_cpu_cond(holds_cpu, drop_cpu_ipi, entry, 1);
	refs = xchg(&entry->refs_at_close, 0);
	if (refs) {
		trace_vmxcore_put(entry->name, VMXCORE_TRACE_ALL, 0);
		vmxcore_entry_dec_held(entry);
		dec_holders();
		unpin_provider(entry->pins_provider);
	}
	mutex_unlock(&system_lock);
	cpus_read_unlock();
	if (refs && entry->desc.flags & VMXCORE_STRANGER)
		vmxcore_stranger_removed();
}

/*
 * Wait until each get and put that has begun is over. register.c needs this when a client
 * becomes exclusive: a put first reduces the count, and then turns VMX off. Not to be called
 * under cpus_read_lock(), which is taken before system_lock.
 */
void vmxcore_refs_quiesce(void)
{
	mutex_lock(&system_lock);
	mutex_unlock(&system_lock);
	/* vmxcore_get_cpu() and vmxcore_put_cpu() run with interrupts off. */
	synchronize_rcu();
}
