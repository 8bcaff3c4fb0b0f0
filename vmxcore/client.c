// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is registered, and what each one holds: bookkeeping, without a single VMX
 * instruction.
 *
 * The table is fixed and never freed, and a handle is a slot's index with a
 * generation above it, 32 bits in all. So a stale handle is refused instead of
 * dereferenced, and an NMI that walks the table while the machine crashes needs no
 * lock and meets no half-linked list.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "client.h"
#include "exclusive.h"

struct vmxcore_slot vmxcore_slots[VMXCORE_MAX_CLIENTS];
static DEFINE_MUTEX(slots_lock);

/* Clients with VMXCORE_EVMCS, those that are on their way out too. */
static atomic_t nr_evmcs = ATOMIC_INIT(0);

static const char *const misuse_text[] = {
	[VMXCORE_MISUSE_HANDLE] = "handle that is not registered",
	[VMXCORE_MISUSE_CONTEXT] = "wrong context",
	[VMXCORE_MISUSE_PUT] = "put without a get",
	[VMXCORE_MISUSE_OVERFLOW] = "too many references",
	[VMXCORE_MISUSE_REFERENCE] = "a VMCS without a reference",
	[VMXCORE_MISUSE_VPID] = "a VPID that is not its own",
};

/**
 * vmxcore_slot_find - the slot of a handle
 * @client: as the caller of the API gave it
 *
 * Context: any.
 * Return: the slot, or NULL: no registered client has this handle.
 */
struct vmxcore_slot *vmxcore_slot_find(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot = vmxcore_slot_of(client);

	return client && vmxcore_slot_handle(slot) == client ? slot : NULL;
}

/**
 * vmxcore_slot_next - walk the registered clients
 * @slot: the one before, or NULL to begin
 *
 * Context: any, NMI included.
 * Return: the next slot in use, or NULL.
 */
struct vmxcore_slot *vmxcore_slot_next(struct vmxcore_slot *slot)
{
	for (slot = slot ? slot + 1 : vmxcore_slots;
	     slot < vmxcore_slots + VMXCORE_MAX_CLIENTS; slot++) {
		if (vmxcore_slot_handle(slot))
			return slot;
	}
	return NULL;
}

static bool name_valid(const char *name)
{
	size_t len = name ? strnlen(name, VMXCORE_NAME_LEN) : 0;
	size_t i;

	if (!len || len == VMXCORE_NAME_LEN || name[0] == '.')
		return false;
	for (i = 0; i < len; i++) {
		if (!isascii(name[i]) || (!isalnum(name[i]) && !strchr("_.-", name[i])))
			return false;
	}
	return true;
}

static struct vmxcore_slot *find_free(const char *name)
{
	struct vmxcore_slot *slot, *free = NULL;

	if (vmxcore_excluded(NULL))
		return ERR_PTR(-EBUSY);

	for (slot = vmxcore_slots; slot < vmxcore_slots + VMXCORE_MAX_CLIENTS; slot++) {
		if (!slot->desc.owner)
			free = free ?: slot;
		else if (!strcmp(slot->name, name))
			return ERR_PTR(-EEXIST);
	}
	return free ?: ERR_PTR(-ENOSPC);
}

/* The first generation is 1, also when they begin anew, so that no handle is NULL. */
static unsigned long next_handle(const struct vmxcore_slot *slot)
{
	u32 next = slot->last_handle + VMXCORE_MAX_CLIENTS;

	if (slot->last_handle && next >= VMXCORE_MAX_CLIENTS)
		return next;
	return VMXCORE_MAX_CLIENTS + (slot - vmxcore_slots);
}

static struct vmxcore_slot *take_slot(const struct vmxcore_client_desc *desc, bool pins)
{
	struct vmxcore_slot *slot = find_free(desc->name);

	lockdep_assert_held(&slots_lock);

	if (IS_ERR(slot))
		return slot;
	if (!slot->cpu_refs) {
		struct vmxcore_cpu_refs __percpu *cpu_refs = alloc_percpu(struct vmxcore_cpu_refs);

		if (!cpu_refs)
			return ERR_PTR(-ENOMEM);
		/* A CPU that goes offline walks all slots, without a lock. */
		smp_store_release(&slot->cpu_refs, cpu_refs);
	}

	strscpy(slot->name, desc->name, sizeof(slot->name));
	slot->desc = *desc;
	slot->pins = pins;
	slot->desc.name = slot->name;
	atomic_set(&slot->places, 0);
	INIT_LIST_HEAD(&slot->vmcss);
	WRITE_ONCE(slot->nr_vmcss, 0);
	WRITE_ONCE(slot->nr_vpids, 0);
	/* Who misuses the handle of the last one is named once more, at worst. */
	WRITE_ONCE(slot->warned, 0);
	ratelimit_default_init(&slot->refused);
	/* Without the kernel's own line on how many were left out: it names no one. */
	ratelimit_set_flags(&slot->refused, RATELIMIT_MSG_ON_RELEASE);
	if (desc->flags & VMXCORE_EVMCS)
		atomic_inc(&nr_evmcs);
	WRITE_ONCE(slot->last_handle, next_handle(slot));
	/* An NMI that sees the handle sees the callbacks. */
	atomic64_set_release(&slot->books, (u64)slot->last_handle << 32);
	return slot;
}

/**
 * vmxcore_slot_add - enter a client into the table
 * @desc: see vmxcore_register()
 * @pins: see &struct vmxcore_slot
 *
 * Context: task.
 * Return: its handle, or ERR_PTR: the errors of vmxcore_register().
 */
struct vmxcore_client *vmxcore_slot_add(const struct vmxcore_client_desc *desc, bool pins)
{
	struct vmxcore_slot *slot;

	if (!desc || !desc->owner || !name_valid(desc->name))
		return ERR_PTR(-EINVAL);

	mutex_lock(&slots_lock);
	slot = take_slot(desc, pins);
	mutex_unlock(&slots_lock);

	if (IS_ERR(slot))
		return ERR_CAST(slot);
	return vmxcore_slot_client(slot);
}

/**
 * vmxcore_slot_close - end a registration: its handle is refused from here on
 * @client: the handle
 *
 * When this returns the client's callbacks do not run and will not be called
 * again. The slot stays taken until vmxcore_slot_free().
 *
 * Context: task, may sleep.
 * Return: its slot, or NULL: there is none, or somebody else closes it.
 */
struct vmxcore_slot *vmxcore_slot_close(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot;

	/* Who looks for holders under this lock finds the references in one place or the other. */
	mutex_lock(&slots_lock);
	slot = vmxcore_slot_find(client);
	if (slot)
		WRITE_ONCE(slot->left, (u32)atomic64_xchg(&slot->books, 0));
	mutex_unlock(&slots_lock);
	/* For callbacks that run, and for calls that change the books. */
	if (slot)
		synchronize_rcu();
	return slot;
}

/**
 * vmxcore_slot_free - let another client have the slot
 * @slot: closed, and nothing is held by it any more
 *
 * Context: task, may sleep.
 */
void vmxcore_slot_free(struct vmxcore_slot *slot)
{
	unsigned int cpu;

	/* CPUs that are offline, or went there since the slot was closed. */
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(slot->cpu_refs, cpu), 0,
		       sizeof(struct vmxcore_cpu_refs));

	if (slot->desc.flags & VMXCORE_EVMCS)
		atomic_dec(&nr_evmcs);
	mutex_lock(&slots_lock);
	slot->desc.owner = NULL;
	mutex_unlock(&slots_lock);
}

/**
 * vmxcore_slots_free - free what the table has allocated
 *
 * Context: task, at unload: nobody is registered and nobody can call.
 */
void vmxcore_slots_free(void)
{
	struct vmxcore_slot *slot;

	for (slot = vmxcore_slots; slot < vmxcore_slots + VMXCORE_MAX_CLIENTS; slot++) {
		free_percpu(slot->cpu_refs);
		slot->cpu_refs = NULL;
	}
}

/**
 * vmxcore_slot_index - a number for each registered client
 * @slot: the client
 *
 * Context: any.
 * Return: 0 to %VMXCORE_MAX_CLIENTS - 1.
 */
unsigned int vmxcore_slot_index(const struct vmxcore_slot *slot)
{
	return slot - vmxcore_slots;
}

/**
 * vmxcore_on_evmcs - has a client registered that runs on enlightened VMCSs?
 *
 * Context: any.
 * Return: true or false.
 */
bool vmxcore_on_evmcs(void)
{
	return atomic_read(&nr_evmcs);
}

/**
 * vmxcore_slot_holds_this_cpu - has a client a reference on this CPU?
 * @slot: the client
 *
 * Context: preemption off.
 * Return: true or false.
 */
bool vmxcore_slot_holds_this_cpu(const struct vmxcore_slot *slot)
{
	return vmxcore_slot_refs(slot) || this_cpu_read(slot->cpu_refs->live);
}

/**
 * vmxcore_slot_holds - has a client a reference anywhere?
 * @slot: the client
 *
 * Context: any.
 * Return: true or false, as of a moment ago.
 */
bool vmxcore_slot_holds(const struct vmxcore_slot *slot)
{
	unsigned int cpu;

	if (vmxcore_slot_refs(slot))
		return true;
	for_each_possible_cpu(cpu) {
		if (READ_ONCE(per_cpu_ptr(slot->cpu_refs, cpu)->live))
			return true;
	}
	return false;
}

/**
 * vmxcore_slot_holder - a client that has a reference anywhere
 * @but: not this one
 *
 * One that is on its way out too: it is not registered any more, and has them still.
 *
 * Context: task, may sleep.
 * Return: its slot, or NULL, as of a moment ago.
 */
const struct vmxcore_slot *vmxcore_slot_holder(const struct vmxcore_slot *but)
{
	const struct vmxcore_slot *slot, *holder = NULL;

	mutex_lock(&slots_lock);
	for (slot = vmxcore_slots; !holder && slot < vmxcore_slots + VMXCORE_MAX_CLIENTS; slot++) {
		if (slot != but && slot->desc.owner && vmxcore_slot_holds(slot))
			holder = slot;
	}
	mutex_unlock(&slots_lock);
	return holder;
}

/**
 * vmxcore_slot_enter - a client that had no reference in a place is about to have one
 * @slot: the client
 *
 * A place is a CPU, or all of them. Called for the first reference there only, so that no
 * other pays for the clock.
 *
 * Context: under RCU or with interrupts off, before the reference is counted; any but NMI.
 */
void vmxcore_slot_enter(struct vmxcore_slot *slot)
{
	int old = atomic_read(&slot->places);

	do {
		/* Before it counts: who finds that it holds something finds since when. */
		if (!old)
			WRITE_ONCE(slot->since, ktime_get_boot_fast_ns());
	} while (!atomic_try_cmpxchg(&slot->places, &old, old + 1));
}

/**
 * vmxcore_slot_leave - the counterpart, for the last reference there
 * @slot: the client
 *
 * Context: after the reference is not counted any more; any but NMI.
 */
void vmxcore_slot_leave(struct vmxcore_slot *slot)
{
	atomic_dec(&slot->places);
}

/**
 * vmxcore_slot_since - since when has a client held references without a break?
 * @slot: the client
 *
 * Context: any.
 * Return: CLOCK_BOOTTIME in ns, as of a moment ago; 0: it holds none.
 */
u64 vmxcore_slot_since(const struct vmxcore_slot *slot)
{
	/* Pairs with vmxcore_slot_enter(). */
	return atomic_read_acquire(&slot->places) ? READ_ONCE(slot->since) : 0;
}

/**
 * vmxcore_slot_get_cpu - count one more reference of a client on this CPU
 * @slot: the client
 *
 * Context: this CPU, interrupts off.
 * Return: 0, or -EOVERFLOW.
 */
int vmxcore_slot_get_cpu(struct vmxcore_slot *slot)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(slot->cpu_refs);

	if (refs->live == U16_MAX)
		return -EOVERFLOW;
	if (!refs->live)
		vmxcore_slot_enter(slot);
	WRITE_ONCE(refs->live, refs->live + 1);
	/* Whoever gets again has noticed that the old ones died. */
	refs->dead = 0;
	return 0;
}

/**
 * vmxcore_slot_put_cpu - count one reference of a client less on this CPU
 * @slot: the client
 * @live: 1 when it was a living one, 0 when it had died with its CPU
 *
 * Context: this CPU, interrupts off.
 * Return: 0, or -ENOENT: there is none.
 */
int vmxcore_slot_put_cpu(struct vmxcore_slot *slot, u32 *live)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(slot->cpu_refs);

	*live = !!refs->live;
	if (refs->live) {
		WRITE_ONCE(refs->live, refs->live - 1);
		if (!refs->live)
			vmxcore_slot_leave(slot);
	} else if (refs->dead) {
		refs->dead--;
	} else {
		return -ENOENT;
	}
	return 0;
}

/**
 * vmxcore_slot_drop_cpu - forget all references of a client on this CPU
 * @slot: the client
 *
 * Context: this CPU, interrupts off.
 * Return: how many living ones there were.
 */
u32 vmxcore_slot_drop_cpu(struct vmxcore_slot *slot)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(slot->cpu_refs);
	u32 live = refs->live;

	WRITE_ONCE(refs->live, 0);
	refs->dead = 0;
	if (live)
		vmxcore_slot_leave(slot);
	return live;
}

/**
 * vmxcore_clients_emergency - call every client's emergency callback on this CPU
 *
 * Context: interrupts off, maybe NMI; no lock is taken.
 */
void vmxcore_clients_emergency(void)
{
	struct vmxcore_slot *slot = NULL;

	while ((slot = vmxcore_slot_next(slot))) {
		if (slot->desc.emergency)
			slot->desc.emergency();
	}
}

/*
 * Of a client that is closed too: it has its references until they are taken back, which may be
 * after this CPU has come back, and none of its callbacks is called any more.
 */
static unsigned int cpu_gone(struct vmxcore_slot *slot, unsigned int cpu)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(slot->cpu_refs);

	if (!refs->live)
		return 0;
	if (vmxcore_slot_handle(slot) && slot->desc.cpu_gone)
		slot->desc.cpu_gone(cpu);
	refs->dead = refs->live;
	WRITE_ONCE(refs->live, 0);
	vmxcore_slot_leave(slot);
	return slot->pins;
}

/**
 * vmxcore_clients_cpu_gone - the references on this CPU die
 * @cpu: this CPU
 *
 * Context: this CPU, interrupts off, no task left on it, VMX still on.
 * Return: how many pins have become free by it.
 */
unsigned int vmxcore_clients_cpu_gone(unsigned int cpu)
{
	struct vmxcore_slot *slot;
	unsigned int pins = 0;

	for (slot = vmxcore_slots; slot < vmxcore_slots + VMXCORE_MAX_CLIENTS; slot++) {
		/* Pairs with the release in take_slot(): the counters are 0 by now. */
		if (smp_load_acquire(&slot->cpu_refs))
			pins += cpu_gone(slot, cpu);
	}
	return pins;
}

/* Is the slot of a handle still, or was it last, the one of its client? */
static bool was_of(struct vmxcore_client *client)
{
	/* It may be given to the next one at this very moment: so it was, then. */
	return client && vmxcore_slot_client(vmxcore_slot_of(client)) == client;
}

/**
 * vmxcore_client_name - what to call a client in the log
 * @client: a handle, good or not
 *
 * Context: any.
 * Return: its name, or "?".
 */
const char *vmxcore_client_name(struct vmxcore_client *client)
{
	return was_of(client) ? vmxcore_slot_of(client)->name : "?";
}

/**
 * vmxcore_client_may_log - may the log have another line about what a client was refused?
 * @client: a handle, good or not
 *
 * Whoever may create a VM can make KVM ask as often as he likes.
 *
 * Context: any but NMI.
 * Return: true, ten times in five seconds, as long as it is registered.
 */
bool vmxcore_client_may_log(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot;
	bool may;

	/* The next client of that slot begins anew, lock and all: not while this one looks. */
	rcu_read_lock();
	slot = vmxcore_slot_find(client);
	may = slot && __ratelimit(&slot->refused);
	rcu_read_unlock();
	return may;
}

/**
 * vmxcore_misuse - log what a client did wrong, once for each kind and client
 * @kind: what it was
 * @client: the handle it used
 * @call: the function it called
 * @caller: where from
 *
 * A line and no WARN(): a client's bug must not take down a machine that has
 * panic_on_warn set, and the caller's symbol says what a stack dump would.
 *
 * Context: any but NMI.
 */
void vmxcore_misuse(enum vmxcore_misuse kind, struct vmxcore_client *client,
		    const char *call, unsigned long caller)
{
	static unsigned long warned_unknown;
	bool known = was_of(client);

	/* Whatever else is wrong, it is wrong of nobody that is registered. */
	if (!vmxcore_slot_find(client))
		kind = VMXCORE_MISUSE_HANDLE;

	if (test_and_set_bit(kind, known ? &vmxcore_slot_of(client)->warned : &warned_unknown))
		return;
	pr_warn("misuse by client '%s': %s: %s, called from %pS; ignored, report it to the maker of that module\n",
		vmxcore_client_name(client), call, misuse_text[kind], (void *)caller);
}
