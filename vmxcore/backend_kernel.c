// SPDX-License-Identifier: GPL-2.0-only
/*
 * The borrowed backend: since Linux 7.1 the kernel executes VMXON and VMXOFF and counts the
 * users of VMX. It exports the functions to modules of certain names only. vmxcore's
 * kvm_intel has such a name, and passes them on: it is the provider.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <vmxcore/insn.h>
#include <vmxcore/provider.h>

#include "backend.h"
#include "caps.h"
#include "tlb.h"

static const struct vmxcore_backend_events *events;

/* Read with interrupts off, or under RCU. */
static const struct vmxcore_provider *provider;

/*
 * The provider lends VMX. It becomes false before the pointer above becomes NULL, because VMX
 * is turned off by that when the provider is unregistered.
 */
static bool lending;

/*
 * How many module references clients have taken to a provider. They are void once the provider
 * was unloaded by force, or failed to load after it had registered, but the clients still put
 * them. The next provider is refused until then, or it would lose references of its own.
 */
static atomic_t nr_pins;

/*
 * CPUs that the kernel takes for being in VMX operation although their VMXON reported VMfail,
 * which the kernel does not check. vmxcore never puts the kernel's reference there: VMXOFF
 * would fault, which is a BUG() in the kernel.
 */
static struct cpumask believed;

static int borrowed_start(const struct vmxcore_backend_events *e)
{
	events = e;
	return 0;
}

static bool in_vmx_operation(void)
{
	u64 vmcs;

	return !vmxcore_vmptrst(&vmcs);
}

/*
 * The kernel has counted vmxcore as a user, but this CPU is not in VMX operation.
 *
 * If CR4.VMXE was clear before the call and is set now, the kernel has executed VMXON for
 * vmxcore, its first user, and did not see that it VMfailed. The count stays, as above.
 *
 * Otherwise it has executed nothing, because it counts another user already: one of its own,
 * which this interrupt has stopped between the count and VMXON, or one whose VMXON VMfailed.
 * vmxcore's count can be put, because it is not the last one.
 */
static int not_in_vmx_operation(const struct vmxcore_provider *p, bool vmxe_before)
{
	unsigned int cpu = smp_processor_id();

	if (vmxe_before || !vmxcore_cr4_vmxe()) {
		p->put_ref();
		return -EAGAIN;
	}
	cpumask_set_cpu(cpu, &believed);
	pr_err("CPU %u: VMXON reported VMfail and the kernel takes it for success: no VMX on this CPU until the machine is booted again; update the microcode\n",
	       cpu);
	return -EIO;
}

static int borrowed_on(void)
{
	const struct vmxcore_provider *p = READ_ONCE(provider);
	bool vmxe_before = vmxcore_cr4_vmxe();
	struct vmxcore_caps here;
	int err;

	lockdep_assert_irqs_disabled();

	if (!p || !READ_ONCE(lending))
		return -ENODEV;
	if (cpumask_test_cpu(smp_processor_id(), &believed))
		return -EIO;

	err = vmxcore_caps_read(&here);
	if (!err)
		err = vmxcore_caps_compare(&here);
	if (!err)
		err = p->get_ref();
	if (err)
		return err;

	if (!in_vmx_operation())
		return not_in_vmx_operation(p, vmxe_before);

	vmxcore_flush_all(here.ept_vpid);
	return 0;
}

/* There is no error to return: a VMXOFF that faults is a BUG() in the kernel. */
static int borrowed_off(void)
{
	lockdep_assert_irqs_disabled();

	READ_ONCE(provider)->put_ref();
	return 0;
}

static bool borrowed_available(void)
{
	return READ_ONCE(lending);
}

/*
 * The kernel exports what decides about IBPB to KVM's modules only. There is a provider,
 * because VMX is on.
 */
static void borrowed_ibpb(void)
{
	READ_ONCE(provider)->ibpb();
}

/*
 * The provider's own client and vmxcore's do not keep the provider loaded: it puts the
 * references of the first, and has vmxcore put those of the second, when it is unloaded.
 * Therefore it registers as a provider before it registers a client.
 */
static bool borrowed_pins(const struct module *owner)
{
	const struct vmxcore_provider *p;
	bool pins;

	rcu_read_lock();
	p = READ_ONCE(provider);
	pins = owner != THIS_MODULE && !(p && p->owner == owner);
	rcu_read_unlock();
	return pins;
}

static int borrowed_pin(void)
{
	const struct vmxcore_provider *p;
	int err = -ENODEV;

	rcu_read_lock();
	p = READ_ONCE(provider);
	if (p && READ_ONCE(lending) && try_module_get(p->owner)) {
		atomic_inc(&nr_pins);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

/* There is no provider if it was unloaded by force, or failed to load. */
static void borrowed_unpin(void)
{
	const struct vmxcore_provider *p;

	rcu_read_lock();
	p = READ_ONCE(provider);
	if (p)
		module_put(p->owner);
	atomic_dec(&nr_pins);
	rcu_read_unlock();
}

static void borrowed_provider(char *name)
{
	const struct vmxcore_provider *p;

	rcu_read_lock();
	p = READ_ONCE(provider);
	if (p)
		strscpy(name, p->owner->name, MODULE_NAME_LEN);
	rcu_read_unlock();
}

/**
 * vmxcore_provider_register() - lend the kernel's VMX to vmxcore's clients
 * @p: the kernel's functions; used until vmxcore_provider_unregister() returns
 *
 * To be called before the module registers a client, whose references must not keep its own
 * module loaded. The kernel's emergency callback is vmxcore_provider_emergency() by then, and
 * stays that until after vmxcore_provider_unregister().
 *
 * Context: task, may sleep.
 * Return: 0; -EBUSY: there is a provider already, or clients still have references from an
 * earlier one that failed to load after this call or was unloaded by force.
 */
int vmxcore_provider_register(const struct vmxcore_provider *p)
{
	if (!READ_ONCE(provider) && atomic_read(&nr_pins)) {
		pr_err("module %s is not loaded: clients still hold %d references to VMX from before it failed to load or was unloaded by force; end what they run, then load it again\n",
		       p->owner->name, atomic_read(&nr_pins));
		return -EBUSY;
	}
	if (cmpxchg(&provider, NULL, p))
		return -EBUSY;
	WRITE_ONCE(lending, true);
	events->added();
	return 0;
}
EXPORT_SYMBOL_GPL(vmxcore_provider_register);

/**
 * vmxcore_provider_unregister() - undo vmxcore_provider_register()
 * @p: as registered
 *
 * To be called in the exit function of the module, after its client has put its references.
 * Clients of other modules have none, or the module could not be unloaded. If it is unloaded
 * by force, or has failed to load, VMX is turned off while they have some, and their calls
 * return errors.
 *
 * Context: task, may sleep; takes cpus_read_lock().
 */
void vmxcore_provider_unregister(const struct vmxcore_provider *p)
{
	if (READ_ONCE(provider) != p)
		return;

	/* A later get fails; one that has begun is over after this, and is undone below. */
	WRITE_ONCE(lending, false);
	synchronize_rcu();
	events->removing();
	WRITE_ONCE(provider, NULL);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(vmxcore_provider_unregister);

/**
 * vmxcore_provider_emergency() - handle the kernel's emergency callback
 *
 * The kernel calls it on a CPU where CR4.VMXE is set, before its VMXOFF.
 *
 * Context: interrupts off, maybe NMI.
 */
void vmxcore_provider_emergency(void)
{
	events->emergency();
}
EXPORT_SYMBOL_GPL(vmxcore_provider_emergency);

const struct vmxcore_backend vmxcore_backend_kernel = {
	.name = "borrowed",
	.start = borrowed_start,
	.on = borrowed_on,
	.off = borrowed_off,
	.available = borrowed_available,
	.ibpb = borrowed_ibpb,
	.pins = borrowed_pins,
	.pin = borrowed_pin,
	.unpin = borrowed_unpin,
	.provider = borrowed_provider,
};
