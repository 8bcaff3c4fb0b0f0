// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of clients: which are registered, and which references each one holds. No VMX
 * instruction is executed here.
 *
 * The table is static. A handle has 32 bits: the index of the entry in the low ones, and above
 * it a generation, which is another one each time the entry is given to a client. So a stale
 * handle is refused instead of dereferenced, and an NMI that walks the table in a crash needs
 * no lock and cannot meet a half-linked list.
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

#define END_OF_CLIENTS	(vmxcore_clients + VMXCORE_MAX_CLIENTS)

struct vmxcore_client_entry vmxcore_clients[VMXCORE_MAX_CLIENTS];
static DEFINE_MUTEX(clients_lock);

const struct vmxcore_client_entry *vmxcore_exclusive;

/* Clients with VMXCORE_EVMCS, those that are being unregistered included. */
static atomic_t nr_evmcs = ATOMIC_INIT(0);

/* The entry of a registered client, or NULL if the handle is stale. Any context. */
struct vmxcore_client_entry *vmxcore_entry_find(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry = vmxcore_entry_of(client);

	return client && vmxcore_entry_handle(entry) == client ? entry : NULL;
}

/* The next registered client after @entry, or the first if that is NULL. NMI-safe. */
struct vmxcore_client_entry *vmxcore_entry_next(struct vmxcore_client_entry *entry)
{
	entry = entry ? entry + 1 : vmxcore_clients;
	for (; entry < END_OF_CLIENTS; entry++) {
		if (vmxcore_entry_handle(entry))
			return entry;
	}
	return NULL;
}

bool vmxcore_client_exists(const char *name)
{
	struct vmxcore_client_entry *entry = NULL;

	/* The name of an entry changes under this lock. */
	mutex_lock(&clients_lock);
	while ((entry = vmxcore_entry_next(entry))) {
		if (!strcmp(entry->name, name))
			break;
	}
	mutex_unlock(&clients_lock);
	return entry;
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

static struct vmxcore_client_entry *find_free(const char *name)
{
	struct vmxcore_client_entry *entry, *free = NULL;

	if (vmxcore_excluded(NULL))
		return ERR_PTR(-EBUSY);

	for (entry = vmxcore_clients; entry < END_OF_CLIENTS; entry++) {
		if (!entry->desc.owner)
			free = free ?: entry;
		else if (!strcmp(entry->name, name))
			return ERR_PTR(-EEXIST);
	}
	return free ?: ERR_PTR(-ENOSPC);
}

/* The generation begins at 1, and again at 1 when it wraps, so that no handle is NULL. */
static unsigned long next_handle(const struct vmxcore_client_entry *entry)
{
	u32 next = entry->last_handle + VMXCORE_MAX_CLIENTS;

	if (entry->last_handle && next >= VMXCORE_MAX_CLIENTS)
		return next;
	return VMXCORE_MAX_CLIENTS + vmxcore_entry_index(entry);
}

static struct vmxcore_client_entry *take_entry(const struct vmxcore_client_desc *desc,
					       bool pins_provider)
{
	struct vmxcore_client_entry *entry;

	lockdep_assert_held(&clients_lock);

	entry = find_free(desc->name);
	if (IS_ERR(entry))
		return entry;
	if (!entry->cpu_refs) {
		struct vmxcore_cpu_refs __percpu *cpu_refs = alloc_percpu(struct vmxcore_cpu_refs);

		if (!cpu_refs)
			return ERR_PTR(-ENOMEM);
		/* A CPU that goes offline walks all entries without a lock. */
		smp_store_release(&entry->cpu_refs, cpu_refs);
	}

	strscpy(entry->name, desc->name, sizeof(entry->name));
	entry->desc = *desc;
	entry->desc.name = entry->name;
	entry->pins_provider = pins_provider;
	atomic_set(&entry->nr_held, 0);
	INIT_LIST_HEAD(&entry->vmcss);
	WRITE_ONCE(entry->nr_vmcss, 0);
	WRITE_ONCE(entry->nr_vpids, 0);
	/* A race with vmxcore_misuse() does no harm: at worst it logs a misuse once more. */
	WRITE_ONCE(entry->warned, 0);
	ratelimit_default_init(&entry->refused);
	/* The kernel's own line on suppressed lines would not name the client. */
	ratelimit_set_flags(&entry->refused, RATELIMIT_MSG_ON_RELEASE);
	if (desc->flags & VMXCORE_EVMCS)
		atomic_inc(&nr_evmcs);
	WRITE_ONCE(entry->last_handle, next_handle(entry));
	/* An NMI that sees the handle sees the callbacks. */
	atomic64_set_release(&entry->handle_refs, (u64)entry->last_handle << 32);
	return entry;
}

/* Return: the handle, or ERR_PTR() of one of the errors of vmxcore_register(). */
struct vmxcore_client *vmxcore_entry_add(const struct vmxcore_client_desc *desc,
					 bool pins_provider)
{
	struct vmxcore_client_entry *entry;

	if (!desc || !desc->owner || !name_valid(desc->name))
		return ERR_PTR(-EINVAL);

	mutex_lock(&clients_lock);
	entry = take_entry(desc, pins_provider);
	mutex_unlock(&clients_lock);

	if (IS_ERR(entry))
		return ERR_CAST(entry);
	return vmxcore_entry_client(entry);
}

/*
 * End a registration: from here on the handle is refused. When this returns neither the
 * emergency nor the cpu_gone callback of the client runs, and neither will be called. The
 * entry stays taken until vmxcore_entry_free().
 *
 * Return: the entry, or NULL if the handle is stale.
 */
struct vmxcore_client_entry *vmxcore_entry_close(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry;

	/*
	 * vmxcore_other_holder() takes this lock, so it cannot look between the two writes, when
	 * the references are neither in handle_refs nor in refs_at_close.
	 */
	mutex_lock(&clients_lock);
	entry = vmxcore_entry_find(client);
	if (entry)
		WRITE_ONCE(entry->refs_at_close, (u32)atomic64_xchg(&entry->handle_refs, 0));
	mutex_unlock(&clients_lock);
	/* Wait for callbacks that run, and for calls that count references. */
	if (entry)
		synchronize_rcu();
	return entry;
}

/* Let another client have the entry. The old client holds nothing any more. */
void vmxcore_entry_free(struct vmxcore_client_entry *entry)
{
	unsigned int cpu;

	/* vmxcore_refs_take_back() does not reach the counts of CPUs that are offline. */
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(entry->cpu_refs, cpu), 0, sizeof(struct vmxcore_cpu_refs));

	if (entry->desc.flags & VMXCORE_EVMCS)
		atomic_dec(&nr_evmcs);
	mutex_lock(&clients_lock);
	entry->desc.owner = NULL;
	mutex_unlock(&clients_lock);
}

/* At unload, when no client is registered. */
void vmxcore_clients_free(void)
{
	struct vmxcore_client_entry *entry;

	for (entry = vmxcore_clients; entry < END_OF_CLIENTS; entry++) {
		free_percpu(entry->cpu_refs);
		entry->cpu_refs = NULL;
	}
}

/* Is a client registered that runs on enlightened VMCSs? */
bool vmxcore_on_evmcs(void)
{
	return atomic_read(&nr_evmcs);
}

/* Context: preemption off. */
bool vmxcore_entry_holds_this_cpu(const struct vmxcore_client_entry *entry)
{
	return vmxcore_entry_refs(entry) || this_cpu_read(entry->cpu_refs->live);
}

static bool holds_any(const struct vmxcore_client_entry *entry)
{
	unsigned int cpu;

	if (vmxcore_entry_refs(entry))
		return true;
	for_each_possible_cpu(cpu) {
		if (READ_ONCE(per_cpu_ptr(entry->cpu_refs, cpu)->live))
			return true;
	}
	return false;
}

/*
 * A client other than @entry that has a reference, or NULL. A client that is being
 * unregistered counts, too, until its references are taken back.
 */
const struct vmxcore_client_entry *
vmxcore_other_holder(const struct vmxcore_client_entry *entry)
{
	const struct vmxcore_client_entry *other, *holder = NULL;

	mutex_lock(&clients_lock);
	for (other = vmxcore_clients; other < END_OF_CLIENTS; other++) {
		if (other != entry && other->desc.owner && holds_any(other)) {
			holder = other;
			break;
		}
	}
	mutex_unlock(&clients_lock);
	return holder;
}

/*
 * Called for a client's first reference on a CPU or system-wide, so that later gets don't
 * read the clock. It must be called before the reference is counted, so that a reader that
 * finds the reference finds the time. Any context but NMI.
 */
void vmxcore_entry_inc_held(struct vmxcore_client_entry *entry)
{
	int old = atomic_read(&entry->nr_held);

	do {
		if (!old)
			WRITE_ONCE(entry->since, ktime_get_boot_fast_ns());
	} while (!atomic_try_cmpxchg(&entry->nr_held, &old, old + 1));
}

/* Undoes vmxcore_entry_inc_held(), after the count in question has become 0. */
void vmxcore_entry_dec_held(struct vmxcore_client_entry *entry)
{
	atomic_dec(&entry->nr_held);
}

/* Since when the client has held references without a break, CLOCK_BOOTTIME in ns, or 0. */
u64 vmxcore_entry_since(const struct vmxcore_client_entry *entry)
{
	/* Pairs with the cmpxchg in vmxcore_entry_inc_held(). */
	return atomic_read_acquire(&entry->nr_held) ? READ_ONCE(entry->since) : 0;
}

/* Count one more reference on this CPU. Interrupts are off. Return: 0, or a misuse. */
int vmxcore_entry_get_cpu(struct vmxcore_client_entry *entry)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(entry->cpu_refs);

	if (refs->live == U16_MAX)
		return VMXCORE_MISUSE_OVERFLOW;
	if (!refs->live)
		vmxcore_entry_inc_held(entry);
	WRITE_ONCE(refs->live, refs->live + 1);
	/* After a new reference a client must not put the dead ones, so they are forgotten. */
	refs->dead = 0;
	return 0;
}

/*
 * Count one reference on this CPU less. Interrupts are off. @live: set to 1 for a live
 * reference, and to 0 for one that ended when the CPU went offline.
 *
 * Return: 0, or a misuse.
 */
int vmxcore_entry_put_cpu(struct vmxcore_client_entry *entry, u32 *live)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(entry->cpu_refs);

	*live = !!refs->live;
	if (refs->live) {
		WRITE_ONCE(refs->live, refs->live - 1);
		if (!refs->live)
			vmxcore_entry_dec_held(entry);
	} else if (refs->dead) {
		refs->dead--;
	} else {
		return VMXCORE_MISUSE_PUT;
	}
	return 0;
}

/* Forget all references on this CPU, and return the number of live ones. Interrupts are off. */
u32 vmxcore_entry_drop_cpu(struct vmxcore_client_entry *entry)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(entry->cpu_refs);
	u32 live = refs->live;

	WRITE_ONCE(refs->live, 0);
	refs->dead = 0;
	if (live)
		vmxcore_entry_dec_held(entry);
	return live;
}

/* Call each client's emergency callback on this CPU. Interrupts are off; maybe in an NMI. */
void vmxcore_clients_emergency(void)
{
	struct vmxcore_client_entry *entry = NULL;

	while ((entry = vmxcore_entry_next(entry))) {
		if (entry->desc.emergency)
			entry->desc.emergency();
	}
}

/*
 * A client that is being unregistered has its references until they are taken back, maybe after
 * this CPU is online again. So they end here, too, but its callback is not called.
 */
static unsigned int cpu_gone(struct vmxcore_client_entry *entry, unsigned int cpu)
{
	struct vmxcore_cpu_refs *refs = this_cpu_ptr(entry->cpu_refs);

	if (!refs->live)
		return 0;
	if (vmxcore_entry_handle(entry) && entry->desc.cpu_gone)
		entry->desc.cpu_gone(cpu);
	refs->dead = refs->live;
	WRITE_ONCE(refs->live, 0);
	vmxcore_entry_dec_held(entry);
	return entry->pins_provider;
}

/*
 * All clients' references on this CPU end. Interrupts are off, no task is left here, and VMX
 * is still on unless the CPU had lost it. Return: how many references to the provider's module
 * they held.
 */
unsigned int vmxcore_clients_cpu_gone(unsigned int cpu)
{
	struct vmxcore_client_entry *entry;
	unsigned int pins = 0;

	for (entry = vmxcore_clients; entry < END_OF_CLIENTS; entry++) {
		/* Pairs with the release in take_entry(): the counters are 0 by now. */
		if (smp_load_acquire(&entry->cpu_refs))
			pins += cpu_gone(entry, cpu);
	}
	return pins;
}

/* Is this the handle that was given out last for its entry, registered or not? */
static bool was_last_client(struct vmxcore_client *client)
{
	return client && vmxcore_entry_client(vmxcore_entry_of(client)) == client;
}

/* The name of a client for the log, also of one that has been unregistered; "?" if unknown. */
const char *vmxcore_client_name(struct vmxcore_client *client)
{
	return was_last_client(client) ? vmxcore_entry_of(client)->name : "?";
}

/*
 * May another line about a refused call of this client be logged? A user that may create VMs
 * can make KVM repeat a refused call without end, so at most ten lines in five seconds are logged
 * for each client. Any context but NMI.
 */
bool vmxcore_client_may_log(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry;
	bool may;

	/* Before take_entry() initializes @refused again, vmxcore_entry_close() waits for this. */
	rcu_read_lock();
	entry = vmxcore_entry_find(client);
	may = entry && __ratelimit(&entry->refused);
	rcu_read_unlock();
	return may;
}

static const char *misuse_text(enum vmxcore_misuse kind)
{
	switch (kind) {
	case VMXCORE_MISUSE_CONTEXT:
		return "wrong context";
	case VMXCORE_MISUSE_PUT:
		return "put without a get";
	case VMXCORE_MISUSE_OVERFLOW:
		return "too many references";
	case VMXCORE_MISUSE_REFERENCE:
		return "a VMCS without a reference";
	case VMXCORE_MISUSE_VPID:
		return "a VPID that is not its own";
	case VMXCORE_MISUSE_STRANGER:
		return "a stranger's reference on one CPU";
	case VMXCORE_MISUSE_HANDLE:
	default:
		return "handle that is not registered";
	}
}

/*
 * Log what a client did wrong, once for each kind and client. This is a line and no WARN(): a
 * client's bug must not stop a machine that has panic_on_warn set, and the caller's symbol says
 * what a stack dump would. @call: the function of the API. @caller: the address it was called
 * from. Any context: a call that is made in an NMI by mistake comes here, too.
 *
 * Return: -EOVERFLOW for VMXCORE_MISUSE_OVERFLOW, otherwise -EINVAL.
 */
int vmxcore_misuse(enum vmxcore_misuse kind, struct vmxcore_client *client, const char *call,
		   unsigned long caller)
{
	int err = kind == VMXCORE_MISUSE_OVERFLOW ? -EOVERFLOW : -EINVAL;
	static unsigned long warned_unknown;
	unsigned long *warned = &warned_unknown;

	/*
	 * A handle that is stale is reported before anything else. @client is NULL if the call
	 * takes no client, or if vmxcore does not know which client made it.
	 */
	if (client && !vmxcore_entry_find(client))
		kind = VMXCORE_MISUSE_HANDLE;
	if (was_last_client(client))
		warned = &vmxcore_entry_of(client)->warned;
	if (!test_and_set_bit(kind, warned))
		pr_warn("misuse by client '%s': %s: %s, called from %pS; ignored, report it to the maker of that module\n",
			vmxcore_client_name(client), call, misuse_text(kind), (void *)caller);
	return err;
}
