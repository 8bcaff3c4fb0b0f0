// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of clients: which client has which, and the calls that use them. vmcs_cpu.c
 * executes VMPTRLD and VMCLEAR.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/instruction_pointer.h>
#include <linux/jump_label.h>
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
#include "vmcs.h"
#include "vmcs_cpu.h"

/* Protects the lists of known VMCSs, each client's and the free ones, and changes of @life. */
static DEFINE_MUTEX(vmcs_lock);
static LIST_HEAD(free_vmcss);

/*
 * All known VMCSs by number, with the free ones. A handle has the number in its low 32 bits,
 * and a generation in bits 62:32. So the handle of a freed VMCS is recognised as stale, also
 * if its structure is used for another VMCS by now.
 */
static DEFINE_XARRAY_ALLOC1(known_vmcss);

#define HANDLE_NUMBER		GENMASK_ULL(31, 0)
#define HANDLE_GENERATION	GENMASK_ULL(62, 32)

/*
 * Bit 63 of a handle is clear, so that none is a kernel address: vmxcore_current_vmcs may
 * contain either.
 */
static struct vmxcore_vmcs *next_handle(const struct vmxcore_known_vmcs *vmcs)
{
	u64 last = (unsigned long)vmcs->handle;
	u64 generation = FIELD_GET(HANDLE_GENERATION, last);

	generation = generation < FIELD_MAX(HANDLE_GENERATION) ? generation + 1 : 1;
	last &= ~HANDLE_GENERATION;
	return (void *)(unsigned long)(last | FIELD_PREP(HANDLE_GENERATION, generation));
}

/*
 * The structure of a handle. It stays, whatever becomes of the VMCS; is_known(), under its
 * lock, tells whether the handle is still good.
 */
static struct vmxcore_known_vmcs *find_known(const struct vmxcore_vmcs *handle)
{
	return xa_load(&known_vmcss, FIELD_GET(HANDLE_NUMBER, (unsigned long)handle));
}

/* A free structure keeps its last handle, from which next_handle() makes a new one. */
static bool is_known(const struct vmxcore_known_vmcs *vmcs, const struct vmxcore_vmcs *handle)
{
	return vmcs->handle == handle && vmcs->life != VMXCORE_VMCS_FREE;
}

/*
 * vmxcore_report_misuse() for the client of a VMCS. The client is not named if the handle is
 * stale or the lock is taken: the caller may be in an NMI that has interrupted the owner of
 * the lock, and in a crash the owner may be a CPU that was stopped.
 */
static int report_misuse(int ret, const struct vmxcore_vmcs *handle, const char *call,
			 unsigned long caller)
{
	struct vmxcore_client *client = NULL;
	struct vmxcore_known_vmcs *vmcs;
	unsigned long flags;

	if (ret < (int)VMXCORE_MISUSE_HANDLE)
		return ret;
	vmcs = find_known(handle);
	if (vmcs && raw_spin_trylock_irqsave(&vmcs->lock, flags)) {
		if (is_known(vmcs, handle))
			client = vmxcore_entry_client(vmcs->entry);
		raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	}
	return vmxcore_report_misuse(ret, client, call, caller);
}

/* A free structure, or a new one that is listed as free. */
static struct vmxcore_known_vmcs *get_free(void)
{
	struct vmxcore_known_vmcs *vmcs;
	u32 number;

	lockdep_assert_held(&vmcs_lock);

	vmcs = list_first_entry_or_null(&free_vmcss, struct vmxcore_known_vmcs, of_client);
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
	list_add(&vmcs->of_client, &free_vmcss);
	return vmcs;
}

static struct vmxcore_vmcs *bring_to_life(struct vmxcore_known_vmcs *vmcs,
					  struct vmxcore_client_entry *entry, void *page,
					  bool adopted)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vmcs->lock, flags);
	vmcs->life = VMXCORE_VMCS_LIVE;
	vmcs->cpu = -1;
	vmcs->last_cpu = -1;
	vmcs->adopted = adopted;
	vmcs->handle = next_handle(vmcs);
	vmcs->page = page;
	vmcs->entry = entry;
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	list_move(&vmcs->of_client, &entry->vmcss);
	WRITE_ONCE(entry->nr_vmcss, entry->nr_vmcss + 1);
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

static struct vmxcore_vmcs *add(struct vmxcore_client *client, void *page, bool adopted,
				const char *call, unsigned long caller)
{
	struct vmxcore_vmcs *handle = ERR_PTR(-EINVAL);
	struct vmxcore_client_entry *entry;
	struct vmxcore_known_vmcs *vmcs;

	/*
	 * The client may have been unregistered since it was checked. The VMCSs of a closed
	 * client are taken back under this lock.
	 */
	mutex_lock(&vmcs_lock);
	vmcs = get_free();
	entry = vmxcore_entry_find(client);
	if (!vmcs)
		handle = ERR_PTR(-ENOMEM);
	else if (adopted && is_page_known(page))
		handle = ERR_PTR(-EEXIST);
	else if (entry)
		handle = bring_to_life(vmcs, entry, page, adopted);
	mutex_unlock(&vmcs_lock);

	if (handle == ERR_PTR(-EINVAL))
		vmxcore_report_misuse(VMXCORE_MISUSE_HANDLE, client, call, caller);
	return handle;
}

/* May a client get a VMCS? Checked before a page is allocated. */
static int check_client(struct vmxcore_client *client, const char *call,
			unsigned long caller)
{
	int err = vmxcore_on_evmcs() ? -EOPNOTSUPP : 0;

	if (!vmxcore_may_sleep())
		err = VMXCORE_MISUSE_CONTEXT;
	else if (!vmxcore_entry_find(client))
		err = VMXCORE_MISUSE_HANDLE;
	return vmxcore_report_misuse(err, client, call, caller);
}

/**
 * vmxcore_vmcs_alloc() - allocate a VMCS
 * @client: handle from vmxcore_register()
 * @node: NUMA node of its page, or %NUMA_NO_NODE
 *
 * The page is zeroed and has this machine's revision identifier (SDM volume 3, "Format of the
 * VMCS Region"). The first load VMCLEARs it. One task at a time may use it.
 *
 * Context: task, may sleep.
 * Return: the VMCS, or ERR_PTR: -EOPNOTSUPP: a client runs on enlightened VMCSs; -ENOMEM;
 * -EINVAL: misuse.
 */
struct vmxcore_vmcs *vmxcore_vmcs_alloc(struct vmxcore_client *client, int node)
{
	int err = check_client(client, __func__, _RET_IP_);
	struct vmxcore_vmcs_region *region;
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

/* VMCLEAR writes to the page whatever is in there, so a wrong page would be corrupted. */
static bool is_vmcs_page(const void *page)
{
	u32 revision = vmxcore_vmcs_page_revision(page);

	return (revision & ~VMXCORE_SHADOW_VMCS) == vmxcore_caps_revision();
}

/**
 * vmxcore_vmcs_adopt() - give vmxcore a VMCS that the client has allocated
 * @client: handle from vmxcore_register()
 * @page: a page with the revision identifier in its first 31 bits; bit 31 set makes it a
 *	shadow VMCS. It must not be active on any CPU. The client must not free it before
 *	vmxcore_vmcs_free(). The first load VMCLEARs it.
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
		vmxcore_vmcs_cpu_clear(vmcs);
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
}

/* @cpu: set to the CPU where it is active, or -1. Return: 0, or a misuse for a stale handle. */
static int active_cpu(const struct vmxcore_vmcs *handle, int *cpu)
{
	struct vmxcore_known_vmcs *vmcs = find_known(handle);
	int err = VMXCORE_MISUSE_HANDLE;
	unsigned long flags;

	if (!vmcs)
		return err;
	raw_spin_lock_irqsave(&vmcs->lock, flags);
	if (is_known(vmcs, handle)) {
		*cpu = vmcs->cpu;
		err = 0;
	}
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	return err;
}

/* If that CPU goes offline meanwhile, the VMCS is VMCLEARed on the CPU's way down. */
static int clear_where_active(struct vmxcore_vmcs *handle)
{
	int cpu, err = active_cpu(handle, &cpu);

	if (!err && cpu >= 0)
		smp_call_function_single(cpu, clear_ipi, handle, 1);
	return err;
}

/**
 * vmxcore_vmcs_clear() - VMCLEAR a VMCS, on whichever CPU it is active
 * @vmcs: the VMCS; the client must not use it during this call
 *
 * Context: task, interrupts on.
 */
void vmxcore_vmcs_clear(struct vmxcore_vmcs *vmcs)
{
	int err = VMXCORE_MISUSE_CONTEXT;

	if (!in_interrupt() && !irqs_disabled())
		err = clear_where_active(vmcs);
	report_misuse(err, vmcs, __func__, _RET_IP_);
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

	/* A later load is refused; what an earlier one has made active is VMCLEARed here. */
	set_life(vmcs, VMXCORE_VMCS_DYING);
	clear_where_active(vmcs->handle);
	set_life(vmcs, VMXCORE_VMCS_FREE);
	if (!vmcs->adopted)
		free_page((unsigned long)vmcs->page);
	WRITE_ONCE(vmcs->entry->nr_vmcss, vmcs->entry->nr_vmcss - 1);
	list_move(&vmcs->of_client, &free_vmcss);
}

/**
 * vmxcore_vmcs_free() - free a VMCS, which is VMCLEARed where it is active
 * @vmcs: refused by every call from here on; may be NULL
 *
 * Context: task, may sleep.
 */
void vmxcore_vmcs_free(struct vmxcore_vmcs *vmcs)
{
	struct vmxcore_known_vmcs *known;
	int err = VMXCORE_MISUSE_CONTEXT;

	if (!vmcs)
		return;
	if (vmxcore_may_sleep()) {
		err = VMXCORE_MISUSE_HANDLE;
		mutex_lock(&vmcs_lock);
		known = find_known(vmcs);
		if (known && is_known(known, vmcs)) {
			drop(known);
			err = 0;
		}
		mutex_unlock(&vmcs_lock);
	}
	report_misuse(err, vmcs, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_free);

/* Can this VMCS be loaded here: is VMX on, and does its client hold a reference here? */
static int check_here(const struct vmxcore_known_vmcs *vmcs)
{
	int err = vmxcore_cpu_usable();

	if (vmcs->life == VMXCORE_VMCS_DYING)
		return VMXCORE_MISUSE_HANDLE;
	if (err == -EPERM || (!err && !vmxcore_entry_holds_this_cpu(vmcs->entry)))
		return VMXCORE_MISUSE_REFERENCE;
	if (!err && vmxcore_on_evmcs())
		return -EOPNOTSUPP;
	/* It is active on another CPU: only a task with interrupts on can VMCLEAR it there. */
	if (!err && vmcs->cpu >= 0 && vmcs->cpu != smp_processor_id())
		return -EBUSY;
	return err;
}

/* Load or, with @interrupted, borrow it. Interrupts stay off from the check to the load. */
static int load_here(const struct vmxcore_vmcs *handle, u64 *interrupted)
{
	struct vmxcore_known_vmcs *vmcs = find_known(handle);
	unsigned long flags;
	int reload;

	if (!vmcs)
		return VMXCORE_MISUSE_HANDLE;
	raw_spin_lock_irqsave(&vmcs->lock, flags);
	reload = is_known(vmcs, handle) ? check_here(vmcs) : VMXCORE_MISUSE_HANDLE;
	if (!reload)
		reload = interrupted ? vmxcore_vmcs_cpu_borrow(vmcs, interrupted) :
				       vmxcore_vmcs_cpu_load(vmcs);
	raw_spin_unlock_irqrestore(&vmcs->lock, flags);
	return reload;
}

static bool is_current(const struct vmxcore_vmcs *vmcs)
{
	return vmcs && this_cpu_read(vmxcore_current_vmcs) == vmcs;
}

static noinline int load_slow(struct vmxcore_vmcs *vmcs, unsigned long caller)
{
	int reload = VMXCORE_MISUSE_CONTEXT;

	if (static_branch_unlikely(&vmxcore_strangers)) {
		vmxcore_vmcs_check(false);
		if (is_current(vmcs))
			return 0;
	}
	if (!in_interrupt() && !irqs_disabled() && vmxcore_may_use_this_cpu()) {
		reload = load_here(vmcs, NULL);
		/*
		 * -EBUSY has two meanings. On a CPU that is FAILED it may be the error of
		 * VMXON at resume. Otherwise the VMCS is active on another CPU, which is rare.
		 */
		if (reload == -EBUSY && !vmxcore_cpu_usable())
			reload = clear_where_active(vmcs) ?: load_here(vmcs, NULL);
	}
	return report_misuse(reload, vmcs, "vmxcore_vmcs_load", caller);
}

/**
 * vmxcore_vmcs_load() - make a VMCS current on this CPU
 * @vmcs: from vmxcore_vmcs_alloc() or vmxcore_vmcs_adopt()
 *
 * The client calls this before the first use of the VMCS after preemption has been on, because
 * another hypervisor may have run here meanwhile. It costs one comparison when the VMCS is
 * current, and one VMPTRLD when it is active here; where it is active on another CPU it is
 * VMCLEARed there first. Where the owner changes, the branch history is flushed (IBPB).
 *
 * Context: task, preemption off, interrupts on; the client has a reference on this CPU.
 * Return: 0: the client has nothing to do again; %VMXCORE_VMCS_CLEAR and %VMXCORE_VMCS_MOVED:
 * what the client has to do again; -ESHUTDOWN: this CPU or the machine is on its way down; -EIO:
 * VMfail; -EFAULT: VMX is off behind vmxcore's back; -EOPNOTSUPP: a client runs on enlightened
 * VMCSs; -EBUSY: another task of the client has just loaded it on another CPU; -ENODEV: since
 * Linux 7.1, kvm_intel was unloaded by force and VMX is off; -EINVAL: misuse. If VMX could not
 * be turned on again on this CPU at resume, the error of that VMXON is returned, as by
 * vmxcore_get_cpu(). It can be -EBUSY, too.
 */
int vmxcore_vmcs_load(struct vmxcore_vmcs *vmcs)
{
	/* The check is in load_slow(): a call here would make every load spill registers. */
	if (!static_branch_unlikely(&vmxcore_strangers) && likely(is_current(vmcs)))
		return 0;
	return load_slow(vmcs, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_load);

/**
 * vmxcore_vmcs_borrow() - load a VMCS for a moment, in an interrupt
 * @vmcs: active on no other CPU
 * @interrupted: to be handed to vmxcore_vmcs_return()
 *
 * vmxcore_vmcs_return() gives the interrupted client its VMCS back. The interrupted VMCS is
 * found by VMPTRST: a client may have written @vmxcore_current_vmcs before its VMPTRLD, or not
 * at all.
 *
 * Context: interrupts off, any context up to hard IRQ, not NMI.
 * Return: as vmxcore_vmcs_load(); -EBUSY: it is active on another CPU, and only a task can
 * have it VMCLEARed there.
 */
int vmxcore_vmcs_borrow(struct vmxcore_vmcs *vmcs, u64 *interrupted)
{
	int reload = VMXCORE_MISUSE_CONTEXT;

	if (irqs_disabled() && !in_nmi()) {
		/* A CPU that was stopped in a crash may hold the lock for ever. */
		if (READ_ONCE(vmxcore_rebooting))
			return -ESHUTDOWN;
		reload = load_here(vmcs, interrupted);
	}
	return report_misuse(reload, vmcs, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_borrow);

/**
 * vmxcore_vmcs_return() - give the interrupted VMCS back
 * @vmcs: the VMCS that was borrowed
 * @interrupted: from vmxcore_vmcs_borrow()
 *
 * Context: as vmxcore_vmcs_borrow(), with interrupts off since then.
 */
void vmxcore_vmcs_return(struct vmxcore_vmcs *vmcs, u64 interrupted)
{
	int cpu, err = VMXCORE_MISUSE_CONTEXT;

	if (irqs_disabled() && !in_nmi()) {
		if (READ_ONCE(vmxcore_rebooting))
			return;
		err = active_cpu(vmcs, &cpu);
		/* A borrowed VMCS is still active here, as interrupts are off since then. */
		if (!err && cpu != smp_processor_id())
			err = VMXCORE_MISUSE_HANDLE;
		if (!err)
			vmxcore_vmcs_cpu_return(interrupted);
	}
	report_misuse(err, vmcs, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_return);

/*
 * Free all VMCSs of a closed client. VMX is still on where it has references.
 * Return: how many it had not freed.
 */
unsigned int vmxcore_vmcss_take_back(struct vmxcore_client_entry *entry)
{
	struct vmxcore_known_vmcs *vmcs, *next;
	unsigned int count;

	mutex_lock(&vmcs_lock);
	count = entry->nr_vmcss;
	list_for_each_entry_safe(vmcs, next, &entry->vmcss, of_client)
		drop(vmcs);
	mutex_unlock(&vmcs_lock);
	return count;
}

/* A client with VMXCORE_EVMCS has registered: VMCLEAR all VMCSs. No load succeeds any more. */
void vmxcore_vmcss_clear(void)
{
	struct vmxcore_known_vmcs *vmcs;
	unsigned long number;

	mutex_lock(&vmcs_lock);
	xa_for_each(&known_vmcss, number, vmcs)
		clear_where_active(vmcs->handle);
	mutex_unlock(&vmcs_lock);
}

/* At unload, when no client is registered. */
void vmxcore_vmcss_free(void)
{
	struct vmxcore_known_vmcs *vmcs;
	unsigned long number;

	xa_for_each(&known_vmcss, number, vmcs)
		kfree(vmcs);
	xa_destroy(&known_vmcss);
	INIT_LIST_HEAD(&free_vmcss);
}
