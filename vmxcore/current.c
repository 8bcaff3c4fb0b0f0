// SPDX-License-Identifier: GPL-2.0-only
/*
 * The current VMCS of one CPU, and those that are active there: VMPTRLD and VMCLEAR, and
 * the books that must not disagree with them. Mechanism: this CPU, interrupts off.
 *
 * A VMCS stays active on the CPU where it was loaded, and launched, while others are
 * loaded there: a switch between hypervisors is one VMPTRLD. It is VMCLEARed when it
 * moves to another CPU, and before VMX goes off.
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
#include "current.h"
#include "trace.h"

DEFINE_PER_CPU(void *, vmxcore_current_vmcs);
EXPORT_PER_CPU_SYMBOL_GPL(vmxcore_current_vmcs);

DEFINE_PER_CPU(void *, vmxcore_lent_vmcs);
EXPORT_PER_CPU_SYMBOL_GPL(vmxcore_lent_vmcs);

static const struct vmxcore_backend *const backend = &VMXCORE_BACKEND;

/* Whose that was. */
static DEFINE_PER_CPU(const struct vmxcore_slot *, lent_to);

static DEFINE_PER_CPU(struct hlist_head, active);

static u64 address(const struct vmxcore_known_vmcs *vmcs)
{
	return virt_to_phys(vmcs->page);
}

/*
 * The client whose VMCS is current, or NULL: none is known to be, or a client that executes
 * VMPTRLD itself has loaded another one since. Both variables have a handle here and not the
 * page, which may be such a client's by now.
 */
static const struct vmxcore_slot *current_owner(void)
{
	const void *handle = this_cpu_read(vmxcore_current_vmcs);

	if (!handle || handle != this_cpu_read(vmxcore_lent_vmcs))
		return NULL;
	return this_cpu_read(lent_to);
}

/* Listed first: whoever comes in an emergency finds what he has to VMCLEAR. */
static void activate(struct vmxcore_known_vmcs *vmcs)
{
	hlist_add_head(&vmcs->here, this_cpu_ptr(&active));
	WRITE_ONCE(vmcs->cpu, smp_processor_id());
	barrier();
}

static void deactivate(struct vmxcore_known_vmcs *vmcs)
{
	hlist_del(&vmcs->here);
	WRITE_ONCE(vmcs->cpu, -1);
}

static int news_of(const struct vmxcore_known_vmcs *vmcs)
{
	if (vmcs->cpu >= 0)
		return 0;
	return VMXCORE_VMCS_CLEAR |
	       (vmcs->last_cpu == smp_processor_id() ? 0 : VMXCORE_VMCS_MOVED);
}

/*
 * The VMCS is clear or active here. VMCLEAR initializes what a CPU keeps in the VMCS region
 * beside its fields, the launch state above all (SDM volume 3, "Initializing a VMCS"): software
 * cannot write it, and a zeroed page is clear in emulators only. So VMCLEAR comes before the
 * first VMPTRLD, and not where the VMCS is allocated, as VMX may be off then.
 */
static int load(struct vmxcore_known_vmcs *vmcs)
{
	int news = news_of(vmcs);
	int err = 0;

	if (news)
		activate(vmcs);
	if (vmcs->last_cpu < 0)
		err = vmxcore_vmclear(address(vmcs));
	err = err ?: vmxcore_vmptrld(address(vmcs));
	if (!err)
		vmcs->last_cpu = smp_processor_id();
	else if (news)
		deactivate(vmcs);
	return err ?: news;
}

/**
 * vmxcore_current_load - make a VMCS current on this CPU
 * @vmcs: clear, or active here
 *
 * Context: this CPU, VMX on, @vmcs locked.
 * Return: as vmxcore_vmcs_load().
 */
int vmxcore_current_load(struct vmxcore_known_vmcs *vmcs)
{
	const struct vmxcore_slot *owner = current_owner();
	int news;

	lockdep_assert_held(&vmcs->lock);

	/*
	 * The previous owner's branch history must not steer the next one's guest. A client that
	 * switches between guests of its own knows better what they may see of each other.
	 */
	if (owner != vmcs->slot)
		backend->ibpb();
	news = load(vmcs);
	if (news < 0)
		return news;
	if (owner != vmcs->slot)
		trace_vmxcore_vmcs_switch(smp_processor_id(), owner ? owner->name : "?",
					  vmcs->slot->name);
	this_cpu_write(vmxcore_current_vmcs, vmcs->handle);
	this_cpu_write(vmxcore_lent_vmcs, vmcs->handle);
	this_cpu_write(lent_to, vmcs->slot);
	return news;
}

/**
 * vmxcore_current_borrow - the same for an interrupt, which gives back what it found
 * @vmcs: clear, or active here
 * @interrupted: the address of the VMCS that was current; all ones: none
 *
 * Whatever the books say: KVM writes them before its VMPTRLD, and loads shadow VMCSs
 * without writing them at all.
 *
 * Context: this CPU, VMX on, @vmcs locked.
 * Return: as vmxcore_vmcs_load().
 */
int vmxcore_current_borrow(struct vmxcore_known_vmcs *vmcs, u64 *interrupted)
{
	int err;

	lockdep_assert_held(&vmcs->lock);

	err = vmxcore_vmptrst(interrupted);
	if (err)
		return err;
	backend->ibpb();
	return load(vmcs);
}

/**
 * vmxcore_current_return - the end of that
 * @interrupted: from vmxcore_current_borrow()
 *
 * Where there was none, what was borrowed stays: the books do not call it current, so
 * nobody takes it for his.
 *
 * Context: this CPU, interrupts off since then.
 */
void vmxcore_current_return(u64 interrupted)
{
	lockdep_assert_irqs_disabled();

	backend->ibpb();
	if (interrupted != ~0ULL)
		vmxcore_vmptrld(interrupted);
}

/**
 * vmxcore_current_clear - VMCLEAR a VMCS
 * @vmcs: does nothing when it is not active here
 *
 * Context: this CPU, @vmcs locked.
 */
void vmxcore_current_clear(struct vmxcore_known_vmcs *vmcs)
{
	lockdep_assert_held(&vmcs->lock);

	if (vmcs->cpu != smp_processor_id())
		return;
	if (this_cpu_read(vmxcore_current_vmcs) == vmcs->handle)
		this_cpu_write(vmxcore_current_vmcs, NULL);
	vmxcore_vmclear(address(vmcs));
	deactivate(vmcs);
}

/**
 * vmxcore_current_clear_all - VMCLEAR whatever clients have active here
 *
 * KVM's are not among them: it has cleared them when it gave its references back.
 *
 * Context: this CPU, interrupts off, before VMXOFF.
 */
void vmxcore_current_clear_all(void)
{
	struct vmxcore_known_vmcs *vmcs;
	struct hlist_node *next;

	lockdep_assert_irqs_disabled();

	hlist_for_each_entry_safe(vmcs, next, this_cpu_ptr(&active), here) {
		raw_spin_lock(&vmcs->lock);
		vmxcore_current_clear(vmcs);
		raw_spin_unlock(&vmcs->lock);
	}
	this_cpu_write(vmxcore_current_vmcs, NULL);
}

/**
 * vmxcore_current_emergency - the same when the machine crashes: books stay as they are
 *
 * Context: this CPU, interrupts off, maybe NMI, maybe in the middle of any of the above.
 */
void vmxcore_current_emergency(void)
{
	struct vmxcore_known_vmcs *vmcs;

	hlist_for_each_entry(vmcs, this_cpu_ptr(&active), here)
		vmxcore_vmclear(address(vmcs));
}
