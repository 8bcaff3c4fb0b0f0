// SPDX-License-Identifier: GPL-2.0-only
/*
 * VPIDs: tags of guests' translations, of which a machine has 65535, and which two guests
 * on one CPU must never share, whoever runs them.
 *
 * One that was used is not given out again before INVVPID on every CPU where VMX is on. Where
 * the CPUs can flush all VPIDs at once, that is done when no clean one is left: one broadcast for
 * all that were freed since the last one. Where they can flush a single VPID only, each one is
 * flushed when it is given out, and those in use when a CPU goes on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include <vmxcore/insn.h>

#include "client.h"
#include "context.h"
#include "cpu.h"
#include "trace.h"
#include "translation.h"

/* 0 is the host's own. */
#define FIRST_VPID	1
#define NR_VPIDS	(U16_MAX + 1)

/*
 * What a VPID is: free, and not used since the last flush of all; free, and used since; or a
 * client's. Where single VPIDs are flushed the first two are the same.
 */
enum {
	VPID_CLEAN,
	VPID_USED,
	VPID_OF_SLOT,
};

static u8 *vpids;
static unsigned int next = FIRST_VPID;
/* How many are VPID_USED. */
static unsigned int nr_used;
static DEFINE_MUTEX(vpids_lock);

static_assert(VPID_OF_SLOT + VMXCORE_MAX_CLIENTS <= U8_MAX + 1);

/**
 * vmxcore_vpids_init - all VPIDs are free
 *
 * Context: task, at load; every CPU flushes when it goes on.
 * Return: 0 or -ENOMEM.
 */
int vmxcore_vpids_init(void)
{
	vpids = vzalloc(NR_VPIDS);
	return vpids ? 0 : -ENOMEM;
}

/**
 * vmxcore_vpids_exit - the counterpart
 *
 * Context: task, at unload.
 */
void vmxcore_vpids_exit(void)
{
	vfree(vpids);
	vpids = NULL;
	next = FIRST_VPID;
	nr_used = 0;
}

static bool flushes_all(void)
{
	return vmxcore_has_invvpid_all(vmxcore_caps()->ept_vpid);
}

/* A CPU where VMX is off flushes when it goes on: it is not interrupted for these. */
static void flush_all_ipi(void *unused)
{
	if (!vmxcore_cpu_usable())
		vmxcore_invvpid_all();
}

static void flush_one_ipi(void *vpid)
{
	if (!vmxcore_cpu_usable())
		vmxcore_invvpid_single((unsigned long)vpid);
}

static unsigned int find_clean(void)
{
	unsigned int vpid;

	for (vpid = next; vpid < NR_VPIDS; vpid++) {
		if (vpids[vpid] == VPID_CLEAN)
			return vpid;
	}
	return 0;
}

static void forget_used(void)
{
	unsigned int vpid;

	for (vpid = FIRST_VPID; vpid < NR_VPIDS; vpid++) {
		if (vpids[vpid] == VPID_USED)
			WRITE_ONCE(vpids[vpid], VPID_CLEAN);
	}
	nr_used = 0;
	next = FIRST_VPID;
}

static int take(u8 owner)
{
	unsigned int vpid;

	lockdep_assert_held(&vpids_lock);

	vpid = find_clean();
	/* Without one that was freed a flush wins nothing, and interrupts every VM. */
	if (!vpid && nr_used) {
		if (flushes_all())
			on_each_cpu_cond(vmxcore_cpu_is_on, flush_all_ipi, NULL, 1);
		forget_used();
		vpid = find_clean();
	}
	if (!vpid)
		return -ENOSPC;
	WRITE_ONCE(vpids[vpid], owner);
	next = vpid + 1;
	if (!flushes_all()) {
		/* Pairs with vmxcore_vpids_flush_here(): one of the two flushes it. */
		smp_mb();
		on_each_cpu_cond(vmxcore_cpu_is_on, flush_one_ipi, (void *)(unsigned long)vpid, 1);
	}
	return vpid;
}

/**
 * vmxcore_vpids_flush_here - VMX has gone on here: flush what guests left under the VPIDs in use
 *
 * Where INVVPID of all contexts exists vmxcore_flush_all() has flushed them already.
 *
 * Context: this CPU, interrupts off; it is known to be on.
 */
void vmxcore_vpids_flush_here(void)
{
	unsigned int vpid;

	if (flushes_all() || !vmxcore_has_invvpid_single(vmxcore_caps()->ept_vpid))
		return;
	/* Pairs with take(): a VPID that is given out meanwhile is found, or is flushed by it. */
	smp_mb();
	for (vpid = FIRST_VPID; vpid < NR_VPIDS; vpid++) {
		if (READ_ONCE(vpids[vpid]) >= VPID_OF_SLOT)
			vmxcore_invvpid_single(vpid);
	}
}

/* Not outside of the mutex: the slot of a client that goes may be the next one's by then. */
static struct vmxcore_slot *owner_of(struct vmxcore_client *client)
{
	lockdep_assert_held(&vpids_lock);
	return vmxcore_slot_find(client);
}

static int take_for(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot;
	int vpid = -EBADF;

	/* A CPU that is between VMXON and online would not be interrupted. */
	cpus_read_lock();
	mutex_lock(&vpids_lock);
	slot = owner_of(client);
	if (slot)
		vpid = take(VPID_OF_SLOT + vmxcore_slot_index(slot));
	if (vpid > 0) {
		WRITE_ONCE(slot->nr_vpids, slot->nr_vpids + 1);
		trace_vmxcore_vpid_alloc(slot->name, vpid);
	}
	mutex_unlock(&vpids_lock);
	cpus_read_unlock();
	return vpid;
}

/**
 * vmxcore_vpid_alloc() - get a VPID that no other guest has
 * @client: handle from vmxcore_register()
 *
 * No CPU remembers anything under it.
 *
 * Context: task, may sleep; takes cpus_read_lock().
 * Return: 1 to 65535; -ENOSPC: none is left, a guest can do without; -EOPNOTSUPP: this
 * machine cannot flush them; -EINVAL: misuse.
 */
int vmxcore_vpid_alloc(struct vmxcore_client *client)
{
	int vpid;

	if (!vmxcore_may_sleep()) {
		vmxcore_misuse(VMXCORE_MISUSE_CONTEXT, client, __func__, _RET_IP_);
		return -EINVAL;
	}
	if (!flushes_all() && !vmxcore_has_invvpid_single(vmxcore_caps()->ept_vpid))
		return -EOPNOTSUPP;
	vpid = take_for(client);
	if (vpid != -EBADF)
		return vpid;
	vmxcore_misuse(VMXCORE_MISUSE_HANDLE, client, __func__, _RET_IP_);
	return -EINVAL;
}
EXPORT_SYMBOL_GPL(vmxcore_vpid_alloc);

static bool give_back(struct vmxcore_client *client, int vpid)
{
	struct vmxcore_slot *slot;
	bool owned;

	if (vpid < FIRST_VPID || vpid >= NR_VPIDS)
		return false;
	mutex_lock(&vpids_lock);
	slot = owner_of(client);
	owned = slot && vpids[vpid] == VPID_OF_SLOT + vmxcore_slot_index(slot);
	if (owned) {
		WRITE_ONCE(vpids[vpid], VPID_USED);
		nr_used++;
		WRITE_ONCE(slot->nr_vpids, slot->nr_vpids - 1);
		trace_vmxcore_vpid_free(slot->name, vpid);
	}
	mutex_unlock(&vpids_lock);
	return owned;
}

/**
 * vmxcore_vpid_free() - give a VPID back
 * @client: handle from vmxcore_register()
 * @vpid: from vmxcore_vpid_alloc(); 0 and negative numbers are fine
 *
 * Context: task, may sleep.
 */
void vmxcore_vpid_free(struct vmxcore_client *client, int vpid)
{
	if (vpid <= 0)
		return;
	if (!vmxcore_may_sleep())
		vmxcore_misuse(VMXCORE_MISUSE_CONTEXT, client, __func__, _RET_IP_);
	else if (!give_back(client, vpid))
		vmxcore_misuse(VMXCORE_MISUSE_VPID, client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vpid_free);

/**
 * vmxcore_vpids_take_back - the end of all VPIDs of a client
 * @slot: it is closed
 *
 * Context: task, may sleep.
 * Return: how many it had not freed.
 */
unsigned int vmxcore_vpids_take_back(const struct vmxcore_slot *slot)
{
	u8 owner = VPID_OF_SLOT + vmxcore_slot_index(slot);
	unsigned int vpid, count = 0;

	mutex_lock(&vpids_lock);
	for (vpid = FIRST_VPID; vpid < NR_VPIDS; vpid++) {
		if (vpids[vpid] == owner) {
			WRITE_ONCE(vpids[vpid], VPID_USED);
			nr_used++;
			trace_vmxcore_vpid_free(slot->name, vpid);
			count++;
		}
	}
	mutex_unlock(&vpids_lock);
	return count;
}
