// SPDX-License-Identifier: GPL-2.0-only
/*
 * VPIDs: the tags of guests' translations. A machine has 65535 of them, and two guests on one
 * CPU must never share one, whichever hypervisors run them.
 *
 * A freed VPID is reused only after INVVPID on every CPU where VMX is on. Where the CPUs can
 * flush all VPIDs at once, freed VPIDs are flushed in one batch, when no clean one is left.
 * Where they can flush a single VPID only, each one is flushed when it is given out, and all
 * those in use are flushed on a CPU when VMX is turned on there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>

#include "client.h"
#include "context.h"
#include "cpu.h"
#include "tlb.h"
#include "trace.h"

/* Where the search for a clean VPID begins. */
static unsigned int next = VMXCORE_FIRST_VPID;
/* The number of VPIDs that are VMXCORE_VPID_DIRTY. */
static unsigned int nr_dirty;
static DEFINE_MUTEX(vpids_lock);

static_assert(VMXCORE_VPID_OF_CLIENT + VMXCORE_MAX_CLIENTS <= U8_MAX + 1);

/* Return: 0 or -ENOMEM. */
int vmxcore_vpids_init(void)
{
	vmxcore_vpids = vzalloc(VMXCORE_NR_VPIDS);
	return vmxcore_vpids ? 0 : -ENOMEM;
}

void vmxcore_vpids_exit(void)
{
	vfree(vmxcore_vpids);
	vmxcore_vpids = NULL;
	next = VMXCORE_FIRST_VPID;
	nr_dirty = 0;
}

static bool flushes_all(void)
{
	return vmxcore_has_invvpid(vmxcore_caps()->ept_vpid, VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT);
}

static bool flushes_single(void)
{
	return vmxcore_has_invvpid(vmxcore_caps()->ept_vpid, VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT);
}

/* VMX may have gone off since on_each_cpu_cond() looked. Then the CPU flushes at its next VMXON. */
static void flush_all_ipi(void *unused)
{
	if (!vmxcore_cpu_usable())
		vmxcore_invvpid_all();
}

static void flush_single_ipi(void *vpid)
{
	if (!vmxcore_cpu_usable())
		vmxcore_invvpid_single((unsigned long)vpid);
}

static unsigned int find_clean(void)
{
	unsigned int vpid;

	for (vpid = next; vpid < VMXCORE_NR_VPIDS; vpid++) {
		if (vmxcore_vpids[vpid] == VMXCORE_VPID_CLEAN)
			return vpid;
	}
	return 0;
}

static void dirty_to_clean(void)
{
	unsigned int vpid;

	for (vpid = VMXCORE_FIRST_VPID; vpid < VMXCORE_NR_VPIDS; vpid++) {
		if (vmxcore_vpids[vpid] == VMXCORE_VPID_DIRTY)
			WRITE_ONCE(vmxcore_vpids[vpid], VMXCORE_VPID_CLEAN);
	}
	nr_dirty = 0;
	next = VMXCORE_FIRST_VPID;
}

/* Return: a VPID, or -ENOSPC. */
static int take(u8 owner)
{
	unsigned int vpid;

	lockdep_assert_held(&vpids_lock);

	vpid = find_clean();
	/* Without a freed VPID a flush would gain nothing, and would interrupt every VM. */
	if (!vpid && nr_dirty) {
		if (flushes_all())
			on_each_cpu_cond(vmxcore_cpu_is_on, flush_all_ipi, NULL, 1);
		dirty_to_clean();
		vpid = find_clean();
	}
	if (!vpid)
		return -ENOSPC;
	WRITE_ONCE(vmxcore_vpids[vpid], owner);
	next = vpid + 1;
	if (!flushes_all()) {
		/* Pairs with vmxcore_vpids_flush_here(): one of the two flushes it. */
		smp_mb();
		on_each_cpu_cond(vmxcore_cpu_is_on, flush_single_ipi, (void *)(unsigned long)vpid,
				 1);
	}
	return vpid;
}

/*
 * The entry of a client. It must be looked up under vpids_lock: outside of it the client may
 * be unregistered, and the entry be the next client's.
 */
static struct vmxcore_client_entry *owner_of(struct vmxcore_client *client)
{
	lockdep_assert_held(&vpids_lock);
	return vmxcore_entry_find(client);
}

/**
 * vmxcore_vpid_alloc() - allocate a VPID that no other guest has
 * @client: handle from vmxcore_register()
 *
 * When this returns no CPU where VMX is on has translations that are tagged with this VPID. A
 * CPU where it is off flushes them when VMX is turned on.
 *
 * Context: task, may sleep; takes cpus_read_lock().
 * Return: 1 to 65535; -ENOSPC: none is left, a guest can do without; -EOPNOTSUPP: this
 * machine cannot flush them; -EINVAL: misuse.
 */
int vmxcore_vpid_alloc(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry;
	int vpid;

	if (!vmxcore_may_sleep())
		return vmxcore_report_misuse(VMXCORE_MISUSE_CONTEXT, client, __func__, _RET_IP_);
	if (!flushes_all() && !flushes_single())
		return -EOPNOTSUPP;

	/* on_each_cpu_cond() would miss a CPU that has executed VMXON but is not online yet. */
	cpus_read_lock();
	mutex_lock(&vpids_lock);
	entry = owner_of(client);
	vpid = entry ? take(VMXCORE_VPID_OF_CLIENT + vmxcore_entry_index(entry)) : -EINVAL;
	if (vpid > 0) {
		WRITE_ONCE(entry->nr_vpids, entry->nr_vpids + 1);
		trace_vmxcore_vpid_alloc(entry->name, vpid);
	}
	mutex_unlock(&vpids_lock);
	cpus_read_unlock();

	if (vpid == -EINVAL)
		vmxcore_report_misuse(VMXCORE_MISUSE_HANDLE, client, __func__, _RET_IP_);
	return vpid;
}
EXPORT_SYMBOL_GPL(vmxcore_vpid_alloc);

static void give_back(const struct vmxcore_client_entry *entry, unsigned int vpid)
{
	lockdep_assert_held(&vpids_lock);

	WRITE_ONCE(vmxcore_vpids[vpid], VMXCORE_VPID_DIRTY);
	nr_dirty++;
	trace_vmxcore_vpid_free(entry->name, vpid);
}

/**
 * vmxcore_vpid_free() - free a VPID
 * @client: handle from vmxcore_register()
 * @vpid: from vmxcore_vpid_alloc(); 0 and errors are ignored
 *
 * Context: task, may sleep.
 */
void vmxcore_vpid_free(struct vmxcore_client *client, int vpid)
{
	struct vmxcore_client_entry *entry;
	int err = VMXCORE_MISUSE_CONTEXT;

	if (vpid <= 0)
		return;
	if (vmxcore_may_sleep()) {
		err = VMXCORE_MISUSE_VPID;
		mutex_lock(&vpids_lock);
		entry = owner_of(client);
		if (entry && vpid < VMXCORE_NR_VPIDS &&
		    vmxcore_vpids[vpid] == VMXCORE_VPID_OF_CLIENT + vmxcore_entry_index(entry)) {
			give_back(entry, vpid);
			WRITE_ONCE(entry->nr_vpids, entry->nr_vpids - 1);
			err = 0;
		}
		mutex_unlock(&vpids_lock);
	}
	vmxcore_report_misuse(err, client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vpid_free);

/* Free all VPIDs of a closed client. Return: how many it had not freed. */
unsigned int vmxcore_vpids_take_back(struct vmxcore_client_entry *entry)
{
	u8 owner = VMXCORE_VPID_OF_CLIENT + vmxcore_entry_index(entry);
	unsigned int vpid, count = 0;

	mutex_lock(&vpids_lock);
	for (vpid = VMXCORE_FIRST_VPID; vpid < VMXCORE_NR_VPIDS; vpid++) {
		if (vmxcore_vpids[vpid] == owner) {
			give_back(entry, vpid);
			count++;
		}
	}
	mutex_unlock(&vpids_lock);
	return count;
}
