// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of one CPU: the current one and those that are active there. Each function acts
 * on this CPU, with interrupts off.
 *
 * A VMCS stays active and launched on the CPU where it was loaded while others are loaded
 * there, so that a switch between hypervisors is one VMPTRLD and an IBPB, without a VMCLEAR. It
 * is VMCLEARed when it moves to another CPU, and before VMX is turned off.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>

#include "backend.h"
#include "caps.h"
#include "client.h"
#include "compat.h"
#include "tlb.h"
#include "trace.h"
#include "vmcs_cpu.h"

/* What VMPTRST stores if there is no current VMCS. */
#define NO_VMCS		(~0ULL)

DEFINE_PER_CPU(void *, vmxcore_current_vmcs);
EXPORT_PER_CPU_SYMBOL_GPL(vmxcore_current_vmcs);

DEFINE_PER_CPU(void *, vmxcore_lent_vmcs);
EXPORT_PER_CPU_SYMBOL_GPL(vmxcore_lent_vmcs);

/* The VMCS of the handle in vmxcore_lent_vmcs. */
static DEFINE_PER_CPU(const struct vmxcore_known_vmcs *, lent);

static DEFINE_PER_CPU(struct hlist_head, active);

static u64 address(const struct vmxcore_known_vmcs *vmcs)
{
	return virt_to_phys(vmcs->page);
}

/*
 * The client whose VMCS is current. NULL if that is not known, or if a client that executes
 * VMPTRLD itself has loaded a VMCS after the last vmxcore_vmcs_load() here. vmxcore_lent_vmcs
 * holds a handle and not the page's address: the page may have been freed, and be a VMCS of
 * such a client by now, and an address would match.
 */
static const struct vmxcore_client_entry *current_owner(void)
{
	const void *handle = this_cpu_read(vmxcore_current_vmcs);

	if (!handle || handle != this_cpu_read(vmxcore_lent_vmcs))
		return NULL;
	return this_cpu_read(lent)->entry;
}

static void deactivate(struct vmxcore_known_vmcs *vmcs)
{
	hlist_del(&vmcs->here);
	WRITE_ONCE(vmcs->cpu, -1);
}

/*
 * The VMCS is clear or active here. VMCLEAR initializes what a CPU keeps in the VMCS region
 * beside its fields, the launch state above all (SDM volume 3, "Initializing a VMCS").
 * Software cannot write that, and a zeroed page is clear in emulators only. So VMCLEAR comes
 * before the first VMPTRLD; it cannot come where the VMCS is allocated, as VMX may be off.
 *
 * Return: the reload flags of vmxcore_vmcs_load(), or a negative errno.
 */
static int load(struct vmxcore_known_vmcs *vmcs)
{
	int reload = 0, err = 0;

	if (vmcs->cpu < 0) {
		reload = VMXCORE_VMCS_CLEAR;
		if (vmcs->last_cpu != smp_processor_id())
			reload |= VMXCORE_VMCS_MOVED;
		hlist_add_head(&vmcs->here, this_cpu_ptr(&active));
		WRITE_ONCE(vmcs->cpu, smp_processor_id());
		/* Listed before VMPTRLD: the emergency path finds what it has to VMCLEAR. */
		barrier();
	}
	if (vmcs->last_cpu < 0)
		err = vmxcore_vmclear(address(vmcs));
	err = err ?: vmxcore_vmptrld(address(vmcs));
	if (!err)
		vmcs->last_cpu = smp_processor_id();
	else if (reload)
		deactivate(vmcs);
	return err ?: reload;
}

/*
 * Make a VMCS current. It must be clear, or active on this CPU, and VMX must be on.
 * Return: as vmxcore_vmcs_load().
 */
int vmxcore_vmcs_cpu_load(struct vmxcore_known_vmcs *vmcs)
{
	const struct vmxcore_client_entry *owner = current_owner();
	int reload;

	lockdep_assert_held(&vmcs->lock);

	/*
	 * The previous owner's branch history must not steer the next one's guest. A client that
	 * switches between its own guests knows better what they may see of each other.
	 */
	if (owner != vmcs->entry)
		VMXCORE_BACKEND.ibpb();
	reload = load(vmcs);
	if (reload < 0)
		return reload;
	if (owner != vmcs->entry)
		trace_vmxcore_vmcs_switch(smp_processor_id(), owner ? owner->name : "?",
					  vmcs->entry->name);
	this_cpu_write(vmxcore_current_vmcs, vmcs->handle);
	this_cpu_write(vmxcore_lent_vmcs, vmcs->handle);
	this_cpu_write(lent, vmcs);
	return reload;
}

/*
 * Load a VMCS in an interrupt handler. @interrupted: set to the address of the VMCS that was
 * current when the handler began, or to NO_VMCS if there was none. The address is read by
 * VMPTRST and not from vmxcore_current_vmcs: KVM writes that variable before its VMPTRLD, and
 * loads shadow VMCSs without writing it at all.
 */
int vmxcore_vmcs_cpu_borrow(struct vmxcore_known_vmcs *vmcs, u64 *interrupted)
{
	int err;

	lockdep_assert_held(&vmcs->lock);

	err = vmxcore_vmptrst(interrupted);
	if (err)
		return err;
	VMXCORE_BACKEND.ibpb();
	return load(vmcs);
}

/*
 * Undoes vmxcore_vmcs_cpu_borrow(). If no VMCS was interrupted, the borrowed one stays loaded:
 * vmxcore_current_vmcs does not name it, so no client takes it for its own.
 */
void vmxcore_vmcs_cpu_return(u64 interrupted)
{
	lockdep_assert_irqs_disabled();

	VMXCORE_BACKEND.ibpb();
	if (interrupted != NO_VMCS)
		vmxcore_vmptrld(interrupted);
}

/* The physical address of the VMCS that vmxcore_current_vmcs names, which is not NULL. */
static u64 named_address(void)
{
	void *named = this_cpu_read(vmxcore_current_vmcs);

	if (named == this_cpu_read(vmxcore_lent_vmcs))
		return address(this_cpu_read(lent));
	return virt_to_phys(named);
}

static bool is_current_named(void)
{
	u64 current_vmcs;

	return this_cpu_read(vmxcore_current_vmcs) && !vmxcore_vmptrst(&current_vmcs) &&
	       current_vmcs == named_address();
}

/**
 * vmxcore_vmcs_check() - forget the current VMCS if a stranger has replaced it
 * @flush_vpids: flush the translations of all VPIDs on this CPU if a stranger may have run: true
 *	if a guest of the caller has a VPID and no EPT. A stranger may use the same VPID, and
 *	what a CPU keeps for a guest without EPT is tagged by that alone (SDM volume 3, "Cached
 *	Translation Information")
 *
 * A stranger executes VMPTRLD and VMCLEAR and does not write @vmxcore_current_vmcs. This sets
 * @vmxcore_current_vmcs to NULL if it is not what VMPTRST shows. vmxcore_vmcs_load() calls it.
 * A client that executes VMPTRLD itself calls it before it compares @vmxcore_current_vmcs with
 * its VMCS, if the static key @vmxcore_strangers is on.
 *
 * Context: preemption off, not NMI.
 */
void vmxcore_vmcs_check(bool flush_vpids)
{
	const struct vmxcore_client_entry *owner;
	unsigned long flags;

	/* There is no stranger, and no VMPTRLD, on enlightened VMCSs. */
	if (vmxcore_on_evmcs())
		return;
	/* An interrupt may VMCLEAR a VMCS, or borrow one, between the reads. */
	local_irq_save(flags);
	if (!is_current_named()) {
		owner = current_owner();
		if (this_cpu_read(vmxcore_current_vmcs))
			trace_vmxcore_vmcs_switch(smp_processor_id(), owner ? owner->name : "?",
						  "stranger");
		this_cpu_write(vmxcore_current_vmcs, NULL);
		if (flush_vpids)
			vmxcore_flush_vpids(vmxcore_caps()->ept_vpid);
	}
	local_irq_restore(flags);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_check);

/**
 * vmxcore_vmcs_leave() - flush what a stranger must not find
 * @flush_vpids: as for vmxcore_vmcs_check()
 *
 * A stranger does not say when it runs. So a client that has run a guest calls this before it
 * turns preemption on, if the static key @vmxcore_strangers is on. It flushes the branch history
 * (IBPB).
 *
 * Context: preemption off, not NMI.
 */
void vmxcore_vmcs_leave(bool flush_vpids)
{
	unsigned long flags;

	local_irq_save(flags);
	VMXCORE_BACKEND.ibpb();
	if (flush_vpids)
		vmxcore_flush_vpids(vmxcore_caps()->ept_vpid);
	local_irq_restore(flags);
}
EXPORT_SYMBOL_GPL(vmxcore_vmcs_leave);

/*
 * The first word of a page of the direct map: the revision identifier if the page is a VMCS; 0
 * if the address is no such page. Any context. Such an address may be unmapped by
 * set_memory_np() or memory_failure(), hence get_kernel_nofault().
 */
u32 vmxcore_vmcs_page_revision(const void *page)
{
	const struct vmxcore_vmcs_region *region = page;
	u32 revision;

	if (!page || !PAGE_ALIGNED(page) || !virt_addr_valid(page) ||
	    get_kernel_nofault(revision, &region->revision))
		return 0;
	return revision;
}

/*
 * VMCLEAR the VMCS that is still current after all known ones were VMCLEARed: that of a
 * stranger, which runs on this CPU at this moment. The shadow VMCS of a nested guest is active
 * as well. Only the link pointer leads to it, as long as the VMCS is current. The stranger may
 * have been interrupted while it set that field, so the page must look like a shadow VMCS.
 */
static void clear_stranger(void)
{
	u64 current_vmcs;
	unsigned long link;

	if (vmxcore_on_evmcs() || vmxcore_vmptrst(&current_vmcs) || current_vmcs == NO_VMCS)
		return;
	if (!vmxcore_vmread(VMCS_LINK_POINTER, &link) && link != NO_VMCS &&
	    vmxcore_vmcs_page_revision(phys_to_virt(link)) ==
	    (vmxcore_caps_revision() | VMXCORE_SHADOW_VMCS))
		vmxcore_vmclear(link);
	vmxcore_vmclear(current_vmcs);
}

/* VMCLEAR a VMCS if it is active here. */
void vmxcore_vmcs_cpu_clear(struct vmxcore_known_vmcs *vmcs)
{
	lockdep_assert_held(&vmcs->lock);

	if (vmcs->cpu != smp_processor_id())
		return;
	if (this_cpu_read(vmxcore_current_vmcs) == vmcs->handle)
		this_cpu_write(vmxcore_current_vmcs, NULL);
	vmxcore_vmclear(address(vmcs));
	deactivate(vmcs);
}

/*
 * Before VMXOFF: VMCLEAR all VMCSs that are active here. KVM's are not known to vmxcore. KVM
 * VMCLEARs them before it puts its references.
 */
void vmxcore_vmcs_cpu_clear_all(void)
{
	struct vmxcore_known_vmcs *vmcs;
	struct hlist_node *next;

	lockdep_assert_irqs_disabled();

	hlist_for_each_entry_safe(vmcs, next, this_cpu_ptr(&active), here) {
		raw_spin_lock(&vmcs->lock);
		vmxcore_vmcs_cpu_clear(vmcs);
		raw_spin_unlock(&vmcs->lock);
	}
	clear_stranger();
	this_cpu_write(vmxcore_current_vmcs, NULL);
}

/*
 * The same in a crash, maybe in an NMI that has interrupted one of the functions above: no
 * lock is taken, and no data of vmxcore is written.
 */
void vmxcore_vmcs_cpu_emergency(void)
{
	struct vmxcore_known_vmcs *vmcs;

	hlist_for_each_entry(vmcs, this_cpu_ptr(&active), here)
		vmxcore_vmclear(address(vmcs));
	clear_stranger();
}
