/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CLIENT_H
#define _VMXCORE_CLIENT_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/ratelimit_types.h>
#include <linux/types.h>

#include <vmxcore/vmxcore.h>

/**
 * enum vmxcore_misuse - what a client can do wrong
 * @VMXCORE_MISUSE_HANDLE: the handle is NULL, was never given out, or was unregistered
 * @VMXCORE_MISUSE_CONTEXT: the call does not allow the context it was made from
 * @VMXCORE_MISUSE_PUT: a put of a reference that was not taken
 * @VMXCORE_MISUSE_OVERFLOW: more references than the counter can hold
 * @VMXCORE_MISUSE_REFERENCE: the client uses VMX without a reference
 * @VMXCORE_MISUSE_VPID: the client frees a VPID that it does not own
 * @VMXCORE_MISUSE_STRANGER: a stranger takes a reference on one CPU
 *
 * An internal function returns a misuse as one of these positive numbers, and any other error
 * as a negative errno; vmxcore_report_misuse() converts the misuse. The values are larger than
 * the flags that vmxcore_vmcs_load() returns, so that both cannot be confused.
 */
enum vmxcore_misuse {
	VMXCORE_MISUSE_HANDLE = 16,
	VMXCORE_MISUSE_CONTEXT,
	VMXCORE_MISUSE_PUT,
	VMXCORE_MISUSE_OVERFLOW,
	VMXCORE_MISUSE_REFERENCE,
	VMXCORE_MISUSE_VPID,
	VMXCORE_MISUSE_STRANGER,
};

/**
 * struct vmxcore_cpu_refs - the references of one client on one CPU
 * @live: taken and not yet put
 * @dead: ended when the CPU went offline and not yet put; the next get forgets them
 *
 * Written by that CPU only, with interrupts off, while a client owns the entry.
 */
struct vmxcore_cpu_refs {
	u16 live;
	u16 dead;
};

/* The cost of a client per possible CPU. */
static_assert(sizeof(struct vmxcore_cpu_refs) == 4);

/**
 * struct vmxcore_client_entry - the entry of one client in the table
 * @handle_refs: the client's handle in the upper half, 0 while no client is registered; its
 *	system-wide references in the lower half. They share a word so that one cmpxchg can
 *	compare the handle and change the count
 * @refs_at_close: system-wide references that the client had when its registration ended,
 *	until they are taken back
 * @last_handle: the handle last given out for this entry, so that the log can name the client
 *	of a stale handle
 * @cpu_refs: per-CPU references. Allocated at the first use of the entry and kept until
 *	unload, so that a client that races its own unregister corrupts nothing
 * @nr_held: how many of this client's counts are not 0: there is a system-wide one, and one
 *	for each CPU
 * @since: when @nr_held became non-zero, CLOCK_BOOTTIME in ns; undefined while @nr_held is 0
 * @vmcss: the client's VMCSs, under the lock of vmcs.c
 * @nr_vmcss: their number; may be read without the lock
 * @nr_vpids: the number of its VPIDs, under the lock of vpid.c
 * @pins_provider: the client's references keep the module of the provider loaded: one module
 *	reference while the client has system-wide references, and one for each CPU
 *	where it has live @cpu_refs
 * @desc: a copy of the client's description, with the name in @name; the entry is free
 *	while @desc.owner is NULL
 * @name: the client's name, which stays until the entry is reused
 * @warned: the kinds of misuse that were logged, one bit each
 * @refused: limits the log lines about refused calls, per client, so that one client cannot
 *	suppress the lines about another
 *
 * Aligned, so that clients do not share cache lines.
 */
struct vmxcore_client_entry {
	atomic64_t handle_refs;
	u32 refs_at_close;
	unsigned long last_handle;
	struct vmxcore_cpu_refs __percpu *cpu_refs;
	atomic_t nr_held;
	u64 since;
	struct list_head vmcss;
	unsigned int nr_vmcss;
	unsigned int nr_vpids;
	bool pins_provider;
	struct vmxcore_client_desc desc;
	char name[VMXCORE_NAME_LEN];
	unsigned long warned;
	struct ratelimit_state refused;
} ____cacheline_aligned_in_smp;

/* Use it through the functions below. */
extern struct vmxcore_client_entry vmxcore_clients[VMXCORE_MAX_CLIENTS];

/* The entry to which a handle belongs, or belonged before another client got the entry. */
static inline struct vmxcore_client_entry *vmxcore_entry_of(struct vmxcore_client *client)
{
	return &vmxcore_clients[(unsigned long)client % VMXCORE_MAX_CLIENTS];
}

/*
 * The handle of the registered client, or NULL. The acquire pairs with the release in
 * take_entry(): a reader that sees the handle sees the description, too.
 */
static inline struct vmxcore_client *vmxcore_entry_handle(const struct vmxcore_client_entry *entry)
{
	return (struct vmxcore_client *)(atomic64_read_acquire(&entry->handle_refs) >> 32);
}

/*
 * The handle last given out for the entry. The result is stable while the client is
 * registered and RCU is read-locked, or while it still owns a VMCS or a VPID.
 */
static inline struct vmxcore_client *vmxcore_entry_client(const struct vmxcore_client_entry *entry)
{
	return (struct vmxcore_client *)READ_ONCE(entry->last_handle);
}

/* The system-wide references of a client that is registered or being unregistered. */
static inline u32 vmxcore_entry_refs(const struct vmxcore_client_entry *entry)
{
	return (u32)atomic64_read(&entry->handle_refs) ?: READ_ONCE(entry->refs_at_close);
}

static inline unsigned int vmxcore_entry_index(const struct vmxcore_client_entry *entry)
{
	return entry - vmxcore_clients;
}

struct vmxcore_client *vmxcore_entry_add(const struct vmxcore_client_desc *desc,
					 bool pins_provider);
struct vmxcore_client_entry *vmxcore_entry_close(struct vmxcore_client *client);
void vmxcore_entry_free(struct vmxcore_client_entry *entry);
struct vmxcore_client_entry *vmxcore_entry_find(struct vmxcore_client *client);
struct vmxcore_client_entry *vmxcore_entry_next(struct vmxcore_client_entry *entry);
bool vmxcore_client_exists(const char *name);
void vmxcore_clients_free(void);

bool vmxcore_on_evmcs(void);
bool vmxcore_entry_holds_this_cpu(const struct vmxcore_client_entry *entry);
const struct vmxcore_client_entry *
vmxcore_other_holder(const struct vmxcore_client_entry *entry);

void vmxcore_entry_inc_held(struct vmxcore_client_entry *entry);
void vmxcore_entry_dec_held(struct vmxcore_client_entry *entry);
u64 vmxcore_entry_since(const struct vmxcore_client_entry *entry);

int vmxcore_entry_get_cpu(struct vmxcore_client_entry *entry);
int vmxcore_entry_put_cpu(struct vmxcore_client_entry *entry, u32 *live);
u32 vmxcore_entry_drop_cpu(struct vmxcore_client_entry *entry);

/* The client that has VMX exclusively, or waits for it; register.c writes it. */
extern const struct vmxcore_client_entry *vmxcore_exclusive;

/*
 * Does another client have VMX exclusively? @entry: the client that asks, or NULL. If the answer
 * is no, another client can only become exclusive after the caller has unlocked RCU, turned
 * interrupts on or released system_lock (ref.c): make_exclusive() waits for all three. If the
 * answer is yes, it may be out of date at once.
 */
static inline bool vmxcore_excluded(const struct vmxcore_client_entry *entry)
{
	const struct vmxcore_client_entry *exclusive = READ_ONCE(vmxcore_exclusive);

	return unlikely(exclusive) && exclusive != entry;
}

void vmxcore_clients_emergency(void);
unsigned int vmxcore_clients_cpu_gone(unsigned int cpu);

const char *vmxcore_client_name(struct vmxcore_client *client);
bool vmxcore_client_may_log(struct vmxcore_client *client);
int vmxcore_misuse(enum vmxcore_misuse kind, struct vmxcore_client *client, const char *call,
		   unsigned long caller);

/*
 * Convert the return value of an internal function into that of the API. A misuse is logged
 * and becomes an errno, see vmxcore_misuse(). Any other value is returned as it is.
 */
static inline int vmxcore_report_misuse(int ret, struct vmxcore_client *client,
					const char *call, unsigned long caller)
{
	if (likely(ret < (int)VMXCORE_MISUSE_HANDLE))
		return ret;
	return vmxcore_misuse(ret, client, call, caller);
}

#endif /* _VMXCORE_CLIENT_H */
