/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CLIENT_H
#define _VMXCORE_CLIENT_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/ratelimit_types.h>
#include <linux/types.h>

#include <vmxcore/vmxcore.h>

/**
 * enum vmxcore_misuse - what a client can do wrong
 * @VMXCORE_MISUSE_HANDLE: a handle that is NULL, was never given out, or has been
 *	unregistered
 * @VMXCORE_MISUSE_CONTEXT: a call from a context it is not made for
 * @VMXCORE_MISUSE_PUT: a put of a reference that was not taken
 * @VMXCORE_MISUSE_OVERFLOW: more references than anybody can mean
 * @VMXCORE_MISUSE_REFERENCE: VMX is used without a reference
 * @VMXCORE_MISUSE_VPID: a VPID that is not the client's is given back
 */
enum vmxcore_misuse {
	VMXCORE_MISUSE_HANDLE,
	VMXCORE_MISUSE_CONTEXT,
	VMXCORE_MISUSE_PUT,
	VMXCORE_MISUSE_OVERFLOW,
	VMXCORE_MISUSE_REFERENCE,
	VMXCORE_MISUSE_VPID,
};

/**
 * struct vmxcore_cpu_refs - the references of one client on one CPU
 * @live: taken and not put
 * @dead: died with the CPU and not put since; forgotten at the next get
 *
 * Written by that CPU only, with interrupts off.
 */
struct vmxcore_cpu_refs {
	u16 live;
	u16 dead;
};

/* What a client costs per possible CPU. */
static_assert(sizeof(struct vmxcore_cpu_refs) == 4);

/**
 * struct vmxcore_slot - the place of one client in the table
 * @books: whose the slot is and what he has on all CPUs: above, the handle of its client, 0
 *	when nobody is registered; below, his references. In one word, so that a reference is
 *	counted for him or not at all, without a lock. See vmxcore_slot_count().
 * @left: references that a client had when its registration ended, until they are taken back
 * @last_handle: the one last given out here, so that a stale handle has a name
 * @cpu_refs: references on one CPU; kept from the slot's first use to unload, so
 *	that a client that races its own unregister corrupts nothing
 * @places: how many of his references on all CPUs and the @cpu_refs of each CPU are not 0
 * @since: when @places became that, CLOCK_BOOTTIME in ns; means nothing while it is 0
 * @vmcss: its VMCSs, under the lock of vmcs.c
 * @nr_vmcss: how many, for who only looks
 * @nr_vpids: how many VPIDs, under the lock of vpid.c
 * @pins: what it holds keeps the module in place that VMX comes from, once while it has
 *	references on all CPUs, and once for each CPU where @cpu_refs are alive
 * @desc: what the client told of itself, its name in @name; no owner: a free slot
 * @name: outlives the registration
 * @warned: the kinds of misuse that the log has already, one bit each
 * @refused: limits the lines about what it was refused; its own, so that a client that
 *	asks for ever cannot keep the log from telling about another
 *
 * Aligned, so that clients that get and put do not slow each other down.
 */
struct vmxcore_slot {
	atomic64_t books;
	u32 left;
	unsigned long last_handle;
	struct vmxcore_cpu_refs __percpu *cpu_refs;
	atomic_t places;
	u64 since;
	struct list_head vmcss;
	unsigned int nr_vmcss;
	unsigned int nr_vpids;
	bool pins;
	struct vmxcore_client_desc desc;
	char name[VMXCORE_NAME_LEN];
	unsigned long warned;
	struct ratelimit_state refused;
} ____cacheline_aligned_in_smp;

/* Use it through the functions below. */
extern struct vmxcore_slot vmxcore_slots[VMXCORE_MAX_CLIENTS];

/**
 * vmxcore_slot_of - where a client is, if it is one
 * @client: as the caller of the API gave it
 *
 * Context: any.
 * Return: the slot that a handle is looked up in.
 */
static inline struct vmxcore_slot *vmxcore_slot_of(struct vmxcore_client *client)
{
	return &vmxcore_slots[(unsigned long)client % VMXCORE_MAX_CLIENTS];
}

/**
 * vmxcore_slot_handle - what the client of a slot holds
 * @slot: which
 *
 * Pairs with the release in vmxcore_slot_add(): who sees the handle sees what the client told of
 * itself.
 *
 * Context: any.
 * Return: its handle, or NULL: nobody is registered there.
 */
static inline struct vmxcore_client *vmxcore_slot_handle(const struct vmxcore_slot *slot)
{
	return (struct vmxcore_client *)(atomic64_read_acquire(&slot->books) >> 32);
}

/**
 * vmxcore_slot_client - whose a slot is, or was
 * @slot: of somebody who is registered or was
 *
 * Context: any. As long as he is found there under RCU, or anything of his is in the slot, it
 * is he.
 * Return: the handle last given out there.
 */
static inline struct vmxcore_client *vmxcore_slot_client(const struct vmxcore_slot *slot)
{
	return (struct vmxcore_client *)READ_ONCE(slot->last_handle);
}

/**
 * vmxcore_slot_refs - the references of a client on all CPUs
 * @slot: the client, registered or on its way out
 *
 * Context: any.
 * Return: how many, as of a moment ago.
 */
static inline u32 vmxcore_slot_refs(const struct vmxcore_slot *slot)
{
	return (u32)atomic64_read(&slot->books) ?: READ_ONCE(slot->left);
}

/**
 * vmxcore_slot_count - change the number of references of a client on all CPUs
 * @client: as the caller of the API gave it
 * @least: of references that it must have
 * @most: likewise
 * @change: 1 or -1
 *
 * Inlined, as it is all that a get and a put are while VMX stays on. NULL, which is the handle
 * of a slot that nobody has, has no references and cannot have any: @least is 0 only for a
 * handle that has been found under RCU.
 *
 * Context: any; fully ordered where it succeeds.
 * Return: true; or false: nothing has changed, as it is no handle or the number is another.
 */
static __always_inline bool vmxcore_slot_count(struct vmxcore_client *client, u32 least, u32 most,
					       int change)
{
	atomic64_t *books = &vmxcore_slot_of(client)->books;
	s64 old = atomic64_read(books);

	do {
		if ((u64)old >> 32 != (unsigned long)client || (u32)old - least > most - least)
			return false;
	} while (!atomic64_try_cmpxchg(books, &old, old + change));
	return true;
}

struct vmxcore_client *vmxcore_slot_add(const struct vmxcore_client_desc *desc, bool pins);
struct vmxcore_slot *vmxcore_slot_close(struct vmxcore_client *client);
void vmxcore_slot_free(struct vmxcore_slot *slot);
struct vmxcore_slot *vmxcore_slot_find(struct vmxcore_client *client);
struct vmxcore_slot *vmxcore_slot_next(struct vmxcore_slot *slot);
void vmxcore_slots_free(void);
unsigned int vmxcore_slot_index(const struct vmxcore_slot *slot);
bool vmxcore_on_evmcs(void);
bool vmxcore_slot_holds_this_cpu(const struct vmxcore_slot *slot);
bool vmxcore_slot_holds(const struct vmxcore_slot *slot);
const struct vmxcore_slot *vmxcore_slot_holder(const struct vmxcore_slot *but);

void vmxcore_slot_enter(struct vmxcore_slot *slot);
void vmxcore_slot_leave(struct vmxcore_slot *slot);
u64 vmxcore_slot_since(const struct vmxcore_slot *slot);

int vmxcore_slot_get_cpu(struct vmxcore_slot *slot);
int vmxcore_slot_put_cpu(struct vmxcore_slot *slot, u32 *live);
u32 vmxcore_slot_drop_cpu(struct vmxcore_slot *slot);

void vmxcore_clients_emergency(void);
unsigned int vmxcore_clients_cpu_gone(unsigned int cpu);

const char *vmxcore_client_name(struct vmxcore_client *client);
bool vmxcore_client_may_log(struct vmxcore_client *client);
void vmxcore_misuse(enum vmxcore_misuse kind, struct vmxcore_client *client,
		    const char *call, unsigned long caller);

#endif /* _VMXCORE_CLIENT_H */
