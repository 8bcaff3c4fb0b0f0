// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of one CPU: the current one and those that are active there. Each function acts
 * on this CPU, with interrupts off.
 *
 * A VMCS stays active and launched on the CPU where it was loaded while others are loaded
 * there, so that a switch between hypervisors is one VMPTRLD. It is VMCLEARed when it moves
 * to another CPU, and before VMX is turned off.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include <vmxcore/insn.h>

#include "backend.h"
#include "client.h"
#include "compat.h"
#include "trace.h"
#include "vmcs_cpu.h"

DEFINE_PER_CPU(void *, vmxcore_current_vmcs);
EXPORT_PER_CPU_SYMBOL_GPL(vmxcore_current_vmcs);

DEFINE_PER_CPU(void *, vmxcore_lent_vmcs);
EXPORT_PER_CPU_SYMBOL_GPL(vmxcore_lent_vmcs);

/* The client of vmxcore_lent_vmcs. */
static DEFINE_PER_CPU(const struct vmxcore_client_entry *, lent_to);

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
	return this_cpu_read(lent_to);
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
	this_cpu_write(lent_to, vmcs->entry);
	return reload;
}

/*
 * Load a VMCS in an interrupt handler. @interrupted: set to the address of the VMCS that was
 * current when the handler began, or to all ones if there was none. The address is read by
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
	if (interrupted != ~0ULL)
		vmxcore_vmptrld(interrupted);
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
}
