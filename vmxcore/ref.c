// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of clients: policy over the books (client.c) and the CPUs (cpu.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/smp.h>

#include "client.h"
#include "context.h"
#include "cpu.h"
#include "ref.h"

/*
 * How many clients hold all CPUs. VMX is on everywhere before it is 1 and until
 * it is 0 again; it becomes 1 or 0 only under all_lock with the CPUs locked, so
 * whoever finds it positive and counts himself in needs no lock.
 */
static atomic_t holders = ATOMIC_INIT(0);
static DEFINE_MUTEX(all_lock);

/* What every call begins with: whose handle is it, and may it be used here? */
static struct vmxcore_slot *checked(struct vmxcore_client *client,
				    bool context, const char *call,
				    unsigned long caller)
{
	struct vmxcore_slot *slot = vmxcore_slot_find(client);

	if (!slot)
		vmxcore_misuse(VMXCORE_MISUSE_HANDLE, client, call, caller);
	else if (!context)
		vmxcore_misuse(VMXCORE_MISUSE_CONTEXT, client, call, caller);
	else
		return slot;
	return NULL;
}

static int hold_all(struct vmxcore_slot *slot)
{
	unsigned int cpu;
	int err = 0;

	cpus_read_lock();
	mutex_lock(&all_lock);
	if (!atomic_inc_not_zero(&holders)) {
		err = vmxcore_cpus_hold(&cpu);
		if (!err)
			atomic_set_release(&holders, 1);
	}
	mutex_unlock(&all_lock);
	cpus_read_unlock();

	if (err)
		pr_err_ratelimited("client '%s' gets no VMX, CPU %u: %s (%pe)\n",
				   slot->name, cpu, vmxcore_cpu_strerror(err),
				   ERR_PTR(err));
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

/* One more reference of a client that has some. -ENOENT: it has none. */
static int take_another(struct vmxcore_slot *slot)
{
	int refs = atomic_read(&slot->refs);

	do {
		if (!refs)
			return -ENOENT;
		if (refs == INT_MAX)
			return -EOVERFLOW;
	} while (!atomic_try_cmpxchg(&slot->refs, &refs, refs + 1));
	return 0;
}

/*
 * The caller is counted in holders. If another task of the same client was
 * faster, that count is one too many: the client is a holder once.
 */
static int take_first(struct vmxcore_slot *slot)
{
	int err;

	do {
		if (!atomic_cmpxchg(&slot->refs, 0, 1))
			return 0;
		err = take_another(slot);
	} while (err == -ENOENT);

	release_all();
	return err;
}

static int take(struct vmxcore_slot *slot)
{
	int err = take_another(slot);

	if (err != -ENOENT)
		return err;
	if (!atomic_inc_not_zero(&holders)) {
		err = hold_all(slot);
		if (err)
			return err;
	}
	return take_first(slot);
}

/* Why a get fails although somebody holds all CPUs; rare, so one test for both. */
static int refuse(struct vmxcore_slot *slot)
{
	if (READ_ONCE(vmxcore_rebooting))
		return -ESHUTDOWN;
	pr_err_ratelimited("client '%s' gets no VMX: it could not be turned on again on a CPU after resume; take that CPU offline and online, or end all users of VMX\n",
			   slot->name);
	return -EIO;
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
 * Return: 0; -EBUSY: a foreign owner has VMX on one of the CPUs; -EIO: VMXON
 * reported VMfail, or a CPU lost VMX over a resume; -EFAULT: VMXON faulted;
 * -EXDEV: the capabilities of a CPU differ; -EOPNOTSUPP: a CPU has no VMX;
 * -ESHUTDOWN: the machine goes down; -EINVAL, -EOVERFLOW: misuse.
 */
int vmxcore_get(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot;
	int err;

	slot = checked(client, vmxcore_may_sleep(), __func__, _RET_IP_);
	if (!slot)
		return -EINVAL;
	if (unlikely(READ_ONCE(vmxcore_rebooting) || vmxcore_cpus_failed()))
		return refuse(slot);

	err = take(slot);
	if (err == -EOVERFLOW)
		vmxcore_misuse(VMXCORE_MISUSE_OVERFLOW, client, __func__,
			       _RET_IP_);
	return err;
}
EXPORT_SYMBOL_GPL(vmxcore_get);

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
	struct vmxcore_slot *slot;
	int refs;

	slot = checked(client, vmxcore_may_sleep(), __func__, _RET_IP_);
	if (!slot)
		return;

	refs = atomic_read(&slot->refs);
	do {
		if (!refs) {
			vmxcore_misuse(VMXCORE_MISUSE_PUT, client, __func__,
				       _RET_IP_);
			return;
		}
	} while (!atomic_try_cmpxchg(&slot->refs, &refs, refs - 1));

	if (refs == 1)
		release_all();
}
EXPORT_SYMBOL_GPL(vmxcore_put);

static int get_this_cpu(struct vmxcore_slot *slot)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = vmxcore_cpu_get();
	if (!err) {
		err = vmxcore_slot_get_cpu(slot);
		if (err)
			vmxcore_cpu_put(1);
	}
	local_irq_restore(flags);
	return err;
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
 * Return: as vmxcore_get(), for this CPU; -ESHUTDOWN also when it is on its way
 * down or suspends.
 */
int vmxcore_get_cpu(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot;
	int err;

	slot = checked(client, vmxcore_may_use_this_cpu(), __func__, _RET_IP_);
	if (!slot)
		return -EINVAL;

	err = get_this_cpu(slot);
	if (err == -EOVERFLOW)
		vmxcore_misuse(VMXCORE_MISUSE_OVERFLOW, client, __func__,
			       _RET_IP_);
	else if (err)
		pr_err_ratelimited("client '%s' gets no VMX, CPU %u: %s (%pe)\n",
				   slot->name, raw_smp_processor_id(),
				   vmxcore_cpu_strerror(err), ERR_PTR(err));
	return err;
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
	struct vmxcore_slot *slot;
	unsigned long flags;
	u32 live;
	int err;

	slot = checked(client, vmxcore_may_use_this_cpu(), __func__, _RET_IP_);
	if (!slot)
		return;

	local_irq_save(flags);
	err = vmxcore_slot_put_cpu(slot, &live);
	if (!err && live)
		vmxcore_cpu_put(1);
	local_irq_restore(flags);

	if (err)
		vmxcore_misuse(VMXCORE_MISUSE_PUT, client, __func__,
			       _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_put_cpu);

static void drop_cpu_ipi(void *slot)
{
	u32 live = vmxcore_slot_drop_cpu(slot);

	if (live)
		vmxcore_cpu_put(live);
}

static void report_leak(const struct vmxcore_slot *slot)
{
	static cpumask_t leaked;
	unsigned int cpu;

	lockdep_assert_held(&all_lock);

	cpumask_clear(&leaked);
	for_each_online_cpu(cpu) {
		if (per_cpu_ptr(slot->cpu_refs, cpu)->live)
			cpumask_set_cpu(cpu, &leaked);
	}
	if (atomic_read(&slot->refs) || !cpumask_empty(&leaked))
		pr_warn("client '%s' of module %s went away with %d references on all CPUs and some on CPUs [%*pbl]: taken back, report it to the maker of that module\n",
			slot->name, slot->desc.owner->name,
			atomic_read(&slot->refs), cpumask_pr_args(&leaked));
}

/**
 * vmxcore_refs_take_back - end every reference of a client, and name what leaked
 * @slot: the client; it takes no more references
 *
 * Context: task, may sleep; takes cpus_read_lock().
 */
void vmxcore_refs_take_back(struct vmxcore_slot *slot)
{
	cpus_read_lock();
	mutex_lock(&all_lock);
	report_leak(slot);
	on_each_cpu(drop_cpu_ipi, slot, 1);
	mutex_unlock(&all_lock);
	cpus_read_unlock();

	if (atomic_xchg(&slot->refs, 0))
		release_all();
}
