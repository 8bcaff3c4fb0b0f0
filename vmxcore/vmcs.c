// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of clients: who has which, and the calls that use them. Policy over
 * current.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "caps.h"
#include "client.h"
#include "context.h"
#include "cpu.h"
#include "current.h"
#include "vmcs.h"

static DEFINE_MUTEX(vmcs_lock);

/*
 * What was taken back from a client that forgot it. Kept to the end, so that a call
 * with one is recognised instead of dereferencing what is freed.
 */
static LIST_HEAD(taken_back);

static struct vmxcore_client *client_of(const struct vmxcore_vmcs *vmcs)
{
	const struct vmxcore_slot *slot = vmcs ? vmcs->slot : NULL;

	return slot ? vmxcore_slot_client(slot) : NULL;
}

static int misused(enum vmxcore_misuse kind, const struct vmxcore_vmcs *vmcs,
		   const char *call, unsigned long caller)
{
	vmxcore_misuse(kind, client_of(vmcs), call, caller);
	return -EINVAL;
}

/* The client may be unregistered since it was checked. */
static struct vmxcore_vmcs *add(struct vmxcore_client *client, void *page, bool adopted,
				const char *call, unsigned long caller)
{
	struct vmxcore_vmcs *vmcs;
	struct vmxcore_slot *slot;

	vmcs = kzalloc(sizeof(*vmcs), GFP_KERNEL);
	if (!vmcs)
		return ERR_PTR(-ENOMEM);
	vmcs->page = page;
	vmcs->cpu = -1;
	vmcs->last_cpu = -1;
	vmcs->adopted = adopted;

	/* Who closes the slot takes its list back under this lock. */
	mutex_lock(&vmcs_lock);
	slot = vmxcore_slot_find(client);
	if (slot) {
		vmcs->slot = slot;
		list_add(&vmcs->of_slot, &slot->vmcss);
		WRITE_ONCE(slot->nr_vmcss, slot->nr_vmcss + 1);
	}
	mutex_unlock(&vmcs_lock);

	if (slot)
		return vmcs;
	kfree(vmcs);
	vmxcore_misuse(VMXCORE_MISUSE_HANDLE, client, call, caller);
	return ERR_PTR(-EINVAL);
}

/* What stands against a VMCS of anybody, before the first page is allocated. */
static int check_client(struct vmxcore_client *client, const char *call,
			unsigned long caller)
{
	if (!vmxcore_may_sleep()) {
		vmxcore_misuse(VMXCORE_MISUSE_CONTEXT, client, call, caller);
		return -EINVAL;
	}
	if (!vmxcore_slot_find(client)) {
		vmxcore_misuse(VMXCORE_MISUSE_HANDLE, client, call, caller);
		return -EINVAL;
	}
	return vmxcore_slots_have(VMXCORE_EVMCS) ? -EOPNOTSUPP : 0;
}

/**
 * vmxcore_vmcs_alloc() - make a VMCS
 * @client: handle from vmxcore_register()
 * @node: NUMA node of its page, or %NUMA_NO_NODE
 *
 * Zeroed, with this machine's revision identifier (SDM volume 3, "Format of the VMCS
 * Region"). The first load VMCLEARs it. It is used by one task at a time.
 *
 * Context: task, may sleep.
 * Return: the VMCS, or ERR_PTR: -EOPNOTSUPP: a client runs on enlightened VMCSs; -ENOMEM;
 * -EINVAL: misuse.
 */
struct vmxcore_vmcs *vmxcore_vmcs_alloc(struct vmxcore_client *client, int node)
{
	int err = check_client(client, __func__, _RET_IP_);
	struct vmxcore_root_vmcs *region;
	struct vmxcore_vmcs *vmcs;
	struct page *page;

	if (err)
		return ERR_PTR(err);
	page = alloc_pages_node(node, GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);
	if (!page)
		return ERR_PTR(-ENOMEM);
	region = page_address(page);
	region->revision = vmxcore_caps_revision();

	vmcs = add(client, region, false, __func__, _RET_IP_);
	if (IS_ERR(vmcs))
		__free_page(page);
	return vmcs;
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_alloc);

/**
 * vmxcore_vmcs_adopt() - make a VMCS known that the client has allocated
 * @client: handle from vmxcore_register()
 * @page: a page with the revision identifier in its first 31 bits; bit 31 set makes it a
 *	shadow VMCS. It is active on no CPU, and stays the client's. The first load VMCLEARs it.
 *
 * Context: task, may sleep.
 * Return: as vmxcore_vmcs_alloc(); -EINVAL also for a page that is not aligned.
 */
struct vmxcore_vmcs *vmxcore_vmcs_adopt(struct vmxcore_client *client, void *page)
{
	int err = check_client(client, __func__, _RET_IP_);

	if (err)
		return ERR_PTR(err);
	if (!page || !PAGE_ALIGNED(page))
		return ERR_PTR(-EINVAL);
	return add(client, page, true, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_adopt);

static void clear_ipi(void *vmcs)
{
	vmxcore_current_clear(vmcs);
}

/* A CPU that has gone meanwhile has cleared it on its way. */
static void clear_where_it_is(struct vmxcore_vmcs *vmcs)
{
	/* Pairs with deactivate(): what is found clear is off that CPU's list. */
	int cpu = smp_load_acquire(&vmcs->cpu);

	if (cpu >= 0)
		smp_call_function_single(cpu, clear_ipi, vmcs, 1);
}

/**
 * vmxcore_vmcs_clear() - VMCLEAR a VMCS, on whichever CPU has it
 * @vmcs: loaded by nobody at this moment
 *
 * Context: task, interrupts on.
 */
void vmxcore_vmcs_clear(struct vmxcore_vmcs *vmcs)
{
	if (!vmcs || !vmcs->slot)
		misused(VMXCORE_MISUSE_HANDLE, vmcs, __func__, _RET_IP_);
	else if (in_interrupt() || irqs_disabled())
		misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
	else
		clear_where_it_is(vmcs);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_clear);

static void drop(struct vmxcore_vmcs *vmcs)
{
	clear_where_it_is(vmcs);
	if (!vmcs->adopted)
		free_page((unsigned long)vmcs->page);
	vmcs->page = VMXCORE_NO_PAGE;
	vmcs->slot = NULL;
}

/**
 * vmxcore_vmcs_free() - the end of a VMCS, which is VMCLEARed where it is active
 * @vmcs: used by nobody any more; NULL is fine
 *
 * Context: task, may sleep.
 */
void vmxcore_vmcs_free(struct vmxcore_vmcs *vmcs)
{
	bool known;

	if (!vmcs)
		return;
	if (!vmxcore_may_sleep()) {
		misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
		return;
	}
	mutex_lock(&vmcs_lock);
	known = vmcs->slot;
	if (known) {
		list_del(&vmcs->of_slot);
		WRITE_ONCE(vmcs->slot->nr_vmcss, vmcs->slot->nr_vmcss - 1);
		drop(vmcs);
	}
	mutex_unlock(&vmcs_lock);

	if (known)
		kfree(vmcs);
	else
		misused(VMXCORE_MISUSE_HANDLE, vmcs, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_free);

/* Is VMX on here, and for the owner of this VMCS? */
static int check_here(const struct vmxcore_vmcs *vmcs)
{
	int err = vmxcore_cpu_usable();

	if (!err && !vmxcore_slot_holds_this_cpu(vmcs->slot))
		return -EPERM;
	return err;
}

static int load_here(struct vmxcore_vmcs *vmcs)
{
	unsigned long flags;
	int news;

	local_irq_save(flags);
	news = check_here(vmcs);
	if (!news)
		news = vmxcore_current_load(vmcs);
	local_irq_restore(flags);
	return news;
}

static noinline int load_slowly(struct vmxcore_vmcs *vmcs, unsigned long caller)
{
	static const char call[] = "vmxcore_vmcs_load";
	int news;

	if (!vmcs || !vmcs->slot)
		return misused(VMXCORE_MISUSE_HANDLE, vmcs, call, caller);
	if (in_interrupt() || irqs_disabled() || !vmxcore_may_use_this_cpu())
		return misused(VMXCORE_MISUSE_CONTEXT, vmcs, call, caller);

	if (READ_ONCE(vmcs->cpu) != smp_processor_id())
		clear_where_it_is(vmcs);
	news = load_here(vmcs);
	if (news == -EPERM)
		return misused(VMXCORE_MISUSE_REFERENCE, vmcs, call, caller);
	return news;
}

/**
 * vmxcore_vmcs_load() - make a VMCS current on this CPU
 * @vmcs: from vmxcore_vmcs_alloc() or vmxcore_vmcs_adopt()
 *
 * Before each use of it after preemption was on: another hypervisor may have been here.
 * One comparison when it is current already; one VMPTRLD when it is active here; where it
 * is active on another CPU it is VMCLEARed there first. Where the owner changes, branch
 * history is forgotten (IBPB).
 *
 * Context: task, preemption off, interrupts on; the client has a reference on this CPU.
 * Return: 0: all is as it was; %VMXCORE_VMCS_CLEAR and %VMXCORE_VMCS_MOVED: what has to be
 * done again; -ESHUTDOWN: this CPU or the machine is on its way down; -EIO: VMfail, or VMX
 * could not be turned on again here at resume; -EFAULT: VMX is off behind vmxcore's back;
 * -EINVAL: misuse.
 */
int vmxcore_vmcs_load(struct vmxcore_vmcs *vmcs)
{
	if (likely(vmcs && this_cpu_read(vmxcore_current_vmcs) == vmcs->page))
		return 0;
	return load_slowly(vmcs, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_load);

/**
 * vmxcore_vmcs_borrow() - load a VMCS for a moment, in an interrupt
 * @vmcs: active nowhere but here
 * @interrupted: for vmxcore_vmcs_return()
 *
 * Whoever is interrupted gets his VMCS back by vmxcore_vmcs_return(), found by VMPTRST
 * and not by the books, which may be ahead of the hardware or behind it.
 *
 * Context: interrupts off, any context up to hard IRQ, not NMI.
 * Return: as vmxcore_vmcs_load(); -EBUSY: it is active on another CPU, which only a task can
 * ask to VMCLEAR it.
 */
int vmxcore_vmcs_borrow(struct vmxcore_vmcs *vmcs, u64 *interrupted)
{
	int news, cpu;

	if (!vmcs || !vmcs->slot)
		return misused(VMXCORE_MISUSE_HANDLE, vmcs, __func__, _RET_IP_);
	if (!irqs_disabled() || in_nmi())
		return misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
	/* Pairs with deactivate(): a CPU that goes offline may just have cleared it. */
	cpu = smp_load_acquire(&vmcs->cpu);
	if (cpu >= 0 && cpu != smp_processor_id())
		return -EBUSY;

	news = check_here(vmcs);
	if (news == -EPERM)
		return misused(VMXCORE_MISUSE_REFERENCE, vmcs, __func__, _RET_IP_);
	return news ?: vmxcore_current_borrow(vmcs, interrupted);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_borrow);

/**
 * vmxcore_vmcs_return() - give the interrupted VMCS back
 * @vmcs: what was borrowed
 * @interrupted: from vmxcore_vmcs_borrow()
 *
 * Context: as there, and interrupts off since then.
 */
void vmxcore_vmcs_return(struct vmxcore_vmcs *vmcs, u64 interrupted)
{
	if (!irqs_disabled())
		misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
	else
		vmxcore_current_return(interrupted);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_return);

/**
 * vmxcore_vmcss_take_back - the end of all VMCSs of a client
 * @slot: it is closed
 *
 * Context: task, may sleep; VMX still on where the client has references.
 * Return: how many it had not freed.
 */
unsigned int vmxcore_vmcss_take_back(struct vmxcore_slot *slot)
{
	struct vmxcore_vmcs *vmcs;
	unsigned int count = 0;

	mutex_lock(&vmcs_lock);
	list_for_each_entry(vmcs, &slot->vmcss, of_slot) {
		drop(vmcs);
		count++;
	}
	list_splice_init(&slot->vmcss, &taken_back);
	mutex_unlock(&vmcs_lock);
	return count;
}

/**
 * vmxcore_vmcss_free - free what is left of those that were taken back
 *
 * Context: task, at unload.
 */
void vmxcore_vmcss_free(void)
{
	struct vmxcore_vmcs *vmcs, *next;

	list_for_each_entry_safe(vmcs, next, &taken_back, of_slot)
		kfree(vmcs);
	INIT_LIST_HEAD(&taken_back);
}
