// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of clients: who has which, and the calls that use them. Policy over
 * current.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "backend.h"
#include "caps.h"
#include "client.h"
#include "context.h"
#include "cpu.h"
#include "current.h"
#include "vmcs.h"

/* Of the lists of known VMCSs, and of what becomes of them: each client's, and the free ones. */
static DEFINE_MUTEX(vmcs_lock);
static LIST_HEAD(free_vmcss);

/*
 * All known VMCSs by number, the free ones too. A handle is such a number with a generation above
 * it, and not a pointer: one that was freed is recognised as stale, also when its structure is
 * another VMCS's by now.
 */
static DEFINE_XARRAY_ALLOC1(known_vmcss);

/* SDM volume 3, "Format of the VMCS Region": above the revision identifier */
#define SHADOW_VMCS		BIT(31)

#define HANDLE_NUMBER		GENMASK_ULL(31, 0)
#define HANDLE_GENERATION	GENMASK_ULL(62, 32)

static unsigned long handle_number(const struct vmxcore_vmcs *handle)
{
	return FIELD_GET(HANDLE_NUMBER, (unsigned long)handle);
}

/* No handle is an address of the kernel's, as @vmxcore_current_vmcs has both: bit 63 is clear. */
static struct vmxcore_vmcs *next_handle(const struct vmxcore_known_vmcs *vmcs)
{
	u64 last = (unsigned long)vmcs->handle;
	u64 generation = FIELD_GET(HANDLE_GENERATION, last);

	generation = generation < FIELD_MAX(HANDLE_GENERATION) ? generation + 1 : 1;
	last &= ~HANDLE_GENERATION;
	return (void *)(unsigned long)(last | FIELD_PREP(HANDLE_GENERATION, generation));
}

/*
 * Where to look for the VMCS of a handle: is_known(), under the lock, says whether it is there.
 * The structure stays, whatever becomes of the VMCS.
 */
static struct vmxcore_known_vmcs *find_known(const struct vmxcore_vmcs *handle)
{
	return xa_load(&known_vmcss, handle_number(handle));
}

/* A free one keeps its last handle, so that it is not given out again. */
static bool is_known(const struct vmxcore_known_vmcs *vmcs, const struct vmxcore_vmcs *handle)
{
	return vmcs->handle == handle && vmcs->life != VMXCORE_VMCS_FREE;
}

/*
 * The client of a handle, for the log; NULL when the handle is stale, or the lock is taken: the
 * caller may be an NMI that has interrupted the owner of the lock, or the last CPU that runs.
 */
static struct vmxcore_client *client_of(const struct vmxcore_vmcs *handle)
{
	struct vmxcore_known_vmcs *vmcs = find_known(handle);
	struct vmxcore_client *client = NULL;
	unsigned long flags;

	if (!vmcs || !raw_spin_trylock_irqsave(&vmcs->lock, flags))
		return NULL;
	if (is_known(vmcs, handle))
		client = vmxcore_slot_client(vmcs->slot);
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	return client;
}

static int misused(enum vmxcore_misuse kind, const struct vmxcore_vmcs *handle,
		   const char *call, unsigned long caller)
{
	vmxcore_misuse(kind, client_of(handle), call, caller);
	return -EINVAL;
}

/* A free structure, or a new one. */
static struct vmxcore_known_vmcs *get_free(void)
{
	struct vmxcore_known_vmcs *vmcs;
	u32 number;

	lockdep_assert_held(&vmcs_lock);

	vmcs = list_first_entry_or_null(&free_vmcss, struct vmxcore_known_vmcs, of_slot);
	if (vmcs)
		return vmcs;
	vmcs = kzalloc(sizeof(*vmcs), GFP_KERNEL);
	if (!vmcs)
		return NULL;
	raw_spin_lock_init(&vmcs->lock);
	if (xa_alloc(&known_vmcss, &number, vmcs, xa_limit_31b, GFP_KERNEL)) {
		kfree(vmcs);
		return NULL;
	}
	vmcs->handle = (struct vmxcore_vmcs *)(unsigned long)number;
	list_add(&vmcs->of_slot, &free_vmcss);
	return vmcs;
}

static struct vmxcore_vmcs *bring_to_life(struct vmxcore_known_vmcs *vmcs,
					  struct vmxcore_slot *slot, void *page, bool adopted)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vmcs->lock, flags);
	vmcs->life = VMXCORE_VMCS_LIVE;
	vmcs->cpu = -1;
	vmcs->last_cpu = -1;
	vmcs->adopted = adopted;
	vmcs->handle = next_handle(vmcs);
	vmcs->page = page;
	vmcs->slot = slot;
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	list_move(&vmcs->of_slot, &slot->vmcss);
	WRITE_ONCE(slot->nr_vmcss, slot->nr_vmcss + 1);
	return vmcs->handle;
}

static bool is_page_known(const void *page)
{
	struct vmxcore_known_vmcs *vmcs;
	unsigned long number;

	lockdep_assert_held(&vmcs_lock);

	xa_for_each(&known_vmcss, number, vmcs) {
		if (vmcs->life != VMXCORE_VMCS_FREE && vmcs->page == page)
			return true;
	}
	return false;
}

/* The client may be unregistered since it was checked. */
static struct vmxcore_vmcs *add(struct vmxcore_client *client, void *page, bool adopted,
				const char *call, unsigned long caller)
{
	struct vmxcore_vmcs *handle = ERR_PTR(-EINVAL);
	struct vmxcore_known_vmcs *vmcs;
	struct vmxcore_slot *slot;

	/* The VMCSs of a client that is closed are taken back under this lock. */
	mutex_lock(&vmcs_lock);
	vmcs = get_free();
	slot = vmxcore_slot_find(client);
	if (!vmcs)
		handle = ERR_PTR(-ENOMEM);
	else if (adopted && is_page_known(page))
		handle = ERR_PTR(-EEXIST);
	else if (slot)
		handle = bring_to_life(vmcs, slot, page, adopted);
	mutex_unlock(&vmcs_lock);

	if (handle == ERR_PTR(-EINVAL))
		vmxcore_misuse(VMXCORE_MISUSE_HANDLE, client, call, caller);
	return handle;
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
	return vmxcore_on_evmcs() ? -EOPNOTSUPP : 0;
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

/*
 * VMCLEAR writes to it before the CPU has compared the revision, whatever memory it is. An address
 * of the direct map need not be mapped there: set_memory_np(), memory_failure().
 */
static bool is_vmcs_page(const void *page)
{
	const struct vmxcore_root_vmcs *region = page;
	u32 revision;

	return page && PAGE_ALIGNED(page) && virt_addr_valid(page) &&
	       !get_kernel_nofault(revision, &region->revision) &&
	       (revision & ~SHADOW_VMCS) == vmxcore_caps_revision();
}

/**
 * vmxcore_vmcs_adopt() - make a VMCS known that the client has allocated
 * @client: handle from vmxcore_register()
 * @page: a page with the revision identifier in its first 31 bits; bit 31 set makes it a
 *	shadow VMCS. It is active on no CPU, and stays the client's. The first load VMCLEARs it.
 *
 * Context: task, may sleep.
 * Return: as vmxcore_vmcs_alloc(); -EINVAL also for a page that is not aligned, is not of the
 * kernel's direct map, or has another revision; -EEXIST: it is a VMCS already.
 */
struct vmxcore_vmcs *vmxcore_vmcs_adopt(struct vmxcore_client *client, void *page)
{
	int err = check_client(client, __func__, _RET_IP_);

	if (err)
		return ERR_PTR(err);
	if (!is_vmcs_page(page))
		return ERR_PTR(-EINVAL);
	return add(client, page, true, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_adopt);

static void clear_ipi(void *handle)
{
	struct vmxcore_known_vmcs *vmcs = find_known(handle);
	unsigned long flags;

	raw_spin_lock_irqsave(&vmcs->lock, flags);
	if (is_known(vmcs, handle))
		vmxcore_current_clear(vmcs);
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
}

/* The CPU where a VMCS is active, -1 when it is clear; -EBADF: the handle is stale. */
static int where_active(const struct vmxcore_vmcs *handle)
{
	struct vmxcore_known_vmcs *vmcs = find_known(handle);
	unsigned long flags;
	int cpu;

	if (!vmcs)
		return -EBADF;
	raw_spin_lock_irqsave(&vmcs->lock, flags);
	cpu = is_known(vmcs, handle) ? vmcs->cpu : -EBADF;
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	return cpu;
}

/* A CPU that has gone offline meanwhile has cleared it on its way. */
static int clear_where_active(struct vmxcore_vmcs *handle)
{
	int cpu = where_active(handle);

	if (cpu >= 0)
		smp_call_function_single(cpu, clear_ipi, handle, 1);
	return cpu == -EBADF ? cpu : 0;
}

/**
 * vmxcore_vmcs_clear() - VMCLEAR a VMCS, on whichever CPU has it
 * @vmcs: of a client that does not use it now
 *
 * Context: task, interrupts on.
 */
void vmxcore_vmcs_clear(struct vmxcore_vmcs *vmcs)
{
	if (in_interrupt() || irqs_disabled())
		misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
	else if (clear_where_active(vmcs))
		misused(VMXCORE_MISUSE_HANDLE, vmcs, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_clear);

static void set_life(struct vmxcore_known_vmcs *vmcs, enum vmxcore_vmcs_life life)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vmcs->lock, flags);
	vmcs->life = life;
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
}

static void drop(struct vmxcore_known_vmcs *vmcs)
{
	lockdep_assert_held(&vmcs_lock);

	/* A load is refused from here on, or has made it active where it is cleared now. */
	set_life(vmcs, VMXCORE_VMCS_DYING);
	clear_where_active(vmcs->handle);
	set_life(vmcs, VMXCORE_VMCS_FREE);
	if (!vmcs->adopted)
		free_page((unsigned long)vmcs->page);
	WRITE_ONCE(vmcs->slot->nr_vmcss, vmcs->slot->nr_vmcss - 1);
	list_move(&vmcs->of_slot, &free_vmcss);
}

static bool drop_handle(struct vmxcore_vmcs *handle)
{
	struct vmxcore_known_vmcs *vmcs;
	bool live;

	mutex_lock(&vmcs_lock);
	vmcs = find_known(handle);
	live = vmcs && vmcs->handle == handle && vmcs->life == VMXCORE_VMCS_LIVE;
	if (live)
		drop(vmcs);
	mutex_unlock(&vmcs_lock);
	return live;
}

/**
 * vmxcore_vmcs_free() - the end of a VMCS, which is VMCLEARed where it is active
 * @vmcs: refused by every call from here on; NULL is fine
 *
 * Context: task, may sleep.
 */
void vmxcore_vmcs_free(struct vmxcore_vmcs *vmcs)
{
	if (!vmcs)
		return;
	if (!vmxcore_may_sleep())
		misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
	else if (!drop_handle(vmcs))
		misused(VMXCORE_MISUSE_HANDLE, vmcs, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_free);

/* Can this VMCS be loaded here: is VMX on, and for its client? */
static int check_here(const struct vmxcore_known_vmcs *vmcs)
{
	int err = vmxcore_cpu_usable();

	if (vmcs->life == VMXCORE_VMCS_DYING)
		return -EBADF;
	if (!err && !vmxcore_slot_holds_this_cpu(vmcs->slot))
		return -EPERM;
	if (!err && vmxcore_on_evmcs())
		return -EOPNOTSUPP;
	/* Another CPU has it: only a task with interrupts on can have it VMCLEARed there. */
	if (!err && vmcs->cpu >= 0 && vmcs->cpu != smp_processor_id())
		return -EBUSY;
	return err;
}

/* Loads it or borrows it; interrupts are off afterwards where they were before. */
static int load_here(const struct vmxcore_vmcs *handle, u64 *interrupted)
{
	struct vmxcore_known_vmcs *vmcs = find_known(handle);
	unsigned long flags;
	int reload;

	if (!vmcs)
		return -EBADF;
	raw_spin_lock_irqsave(&vmcs->lock, flags);
	reload = is_known(vmcs, handle) ? check_here(vmcs) : -EBADF;
	if (!reload)
		reload = interrupted ? vmxcore_current_borrow(vmcs, interrupted) :
				       vmxcore_current_load(vmcs);
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	return reload;
}

/* What the books say of a call that they refuse. */
static int judged(int err, struct vmxcore_vmcs *vmcs, const char *call, unsigned long caller)
{
	switch (err) {
	case -EBADF:
		return misused(VMXCORE_MISUSE_HANDLE, vmcs, call, caller);
	case -EPERM:
		return misused(VMXCORE_MISUSE_REFERENCE, vmcs, call, caller);
	default:
		return err;
	}
}

static noinline int load_slowly(struct vmxcore_vmcs *vmcs, unsigned long caller)
{
	static const char call[] = "vmxcore_vmcs_load";
	int reload;

	if (in_interrupt() || irqs_disabled() || !vmxcore_may_use_this_cpu())
		return misused(VMXCORE_MISUSE_CONTEXT, vmcs, call, caller);

	reload = load_here(vmcs, NULL);
	/*
	 * Where it is active on this CPU, or nowhere, it need not be looked up twice. -EBUSY may
	 * also be why this CPU lost VMX; then it stays where it is.
	 */
	if (reload == -EBUSY && !vmxcore_cpu_usable())
		reload = clear_where_active(vmcs) ?: load_here(vmcs, NULL);
	return judged(reload, vmcs, call, caller);
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
 * done again; -ESHUTDOWN: this CPU or the machine is on its way down; -EIO: VMfail; -EFAULT:
 * VMX is off behind vmxcore's back; -EOPNOTSUPP: a client runs on enlightened VMCSs; -EBUSY:
 * another task of the client has just loaded it on another CPU; -ENODEV: since Linux 7.1, kvm_intel
 * has gone and took VMX along; -EINVAL: misuse. Where VMX could not be turned on again here at
 * resume: the error of that VMXON, as of vmxcore_get_cpu(), which may be -EBUSY, too.
 */
int vmxcore_vmcs_load(struct vmxcore_vmcs *vmcs)
{
	if (likely(vmcs && this_cpu_read(vmxcore_current_vmcs) == vmcs))
		return 0;
	return load_slowly(vmcs, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_load);

/**
 * vmxcore_vmcs_borrow() - load a VMCS for a moment, in an interrupt
 * @vmcs: active nowhere but here
 * @interrupted: for vmxcore_vmcs_return()
 *
 * The client that is interrupted gets its VMCS back by vmxcore_vmcs_return(): found by VMPTRST
 * and not by @vmxcore_current_vmcs, which may be ahead of the hardware or behind it.
 *
 * Context: interrupts off, any context up to hard IRQ, not NMI.
 * Return: as vmxcore_vmcs_load(); -EBUSY: it is active on another CPU, which only a task can
 * ask to VMCLEAR it.
 */
int vmxcore_vmcs_borrow(struct vmxcore_vmcs *vmcs, u64 *interrupted)
{
	if (!irqs_disabled() || in_nmi())
		return misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
	/* A CPU that has been stopped in a crash may have the lock for ever. */
	if (READ_ONCE(vmxcore_rebooting))
		return -ESHUTDOWN;
	return judged(load_here(vmcs, interrupted), vmcs, __func__, _RET_IP_);
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
	if (!irqs_disabled() || in_nmi()) {
		misused(VMXCORE_MISUSE_CONTEXT, vmcs, __func__, _RET_IP_);
		return;
	}
	if (READ_ONCE(vmxcore_rebooting))
		return;
	/* What was borrowed is active here still, as interrupts are off since then. */
	if (where_active(vmcs) == smp_processor_id())
		vmxcore_current_return(interrupted);
	else
		misused(VMXCORE_MISUSE_HANDLE, vmcs, __func__, _RET_IP_);
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
	struct vmxcore_known_vmcs *vmcs, *next;
	unsigned int count;

	mutex_lock(&vmcs_lock);
	count = slot->nr_vmcss;
	list_for_each_entry_safe(vmcs, next, &slot->vmcss, of_slot)
		drop(vmcs);
	mutex_unlock(&vmcs_lock);
	return count;
}

/**
 * vmxcore_vmcss_clear - VMCLEAR the VMCSs of all clients, wherever they are active
 *
 * A client has registered that runs on enlightened VMCSs: no load succeeds any more.
 *
 * Context: task, may sleep.
 */
void vmxcore_vmcss_clear(void)
{
	struct vmxcore_known_vmcs *vmcs;
	unsigned long number;

	mutex_lock(&vmcs_lock);
	xa_for_each(&known_vmcss, number, vmcs)
		clear_where_active(vmcs->handle);
	mutex_unlock(&vmcs_lock);
}

/**
 * vmxcore_vmcss_free - free what is known of VMCSs
 *
 * Context: task, at unload: no client is registered.
 */
void vmxcore_vmcss_free(void)
{
	struct vmxcore_known_vmcs *vmcs;
	unsigned long number;

	xa_for_each(&known_vmcss, number, vmcs)
		kfree(vmcs);
	xa_destroy(&known_vmcss);
	INIT_LIST_HEAD(&free_vmcss);
}
