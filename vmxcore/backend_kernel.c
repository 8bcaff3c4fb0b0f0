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
 * True while the provider lends VMX. It is cleared before the pointer above: while the provider
 * unregisters, vmxcore turns VMX off through that pointer.
 */
static bool lending;

/*
 * How many module references clients have taken to a provider. If the provider was unloaded by
 * force, or failed to load after it had registered, these references no longer exist, but the
 * clients still put them. A new provider is refused until they have put all of them, because
 * these puts would drop references to the new module.
 */
static atomic_t nr_pins;

/*
 * CPUs where VMXON reported VMfail. The kernel does not check for that, and believes that they
 * are in VMX operation. vmxcore never puts the kernel's reference there: VMXOFF would fault,
 * which is a BUG() in the kernel.
 */
static struct cpumask vmfailed;

static int borrowed_start(const struct vmxcore_backend_events *e)
{
	events = e;
	return 0;
}

/*
 * The kernel has counted vmxcore as a user, but this CPU is not in VMX operation.
 *
 * If CR4.VMXE was clear before the call and is set now, the kernel has executed VMXON for
 * vmxcore, its first user, and did not see that it VMfailed. vmxcore keeps the count, see
 * @vmfailed.
 *
 * Otherwise the kernel has executed nothing for vmxcore, because it counts another user already.
 * Either that user is the kernel itself, and this code interrupts it between its count and its
 * VMXON; or the VMXON for that user VMfailed. vmxcore's count can be put, because it is not the
 * last one.
 */
static int not_in_vmx_operation(const struct vmxcore_provider *p, bool vmxe_before)
{
	unsigned int cpu = smp_processor_id();

	if (vmxe_before || !vmxcore_cr4_vmxe()) {
		p->put_ref();
		return -EAGAIN;
	}
	cpumask_set_cpu(cpu, &vmfailed);
	pr_err("CPU %u: VMXON reported VMfail and the kernel takes it for success: no VMX on this CPU until the machine is booted again; update the microcode\n",
	       cpu);
	return -EIO;
}

static int borrowed_on(void)
{
	const struct vmxcore_provider *p = READ_ONCE(provider);
	bool vmxe_before = vmxcore_cr4_vmxe();
	struct vmxcore_caps here;
	u64 current_vmcs;
	int err;

	lockdep_assert_irqs_disabled();

	if (!p || !READ_ONCE(lending))
		return -ENODEV;
	if (cpumask_test_cpu(smp_processor_id(), &vmfailed))
		return -EIO;

	err = vmxcore_caps_read(&here);
	if (!err)
		err = vmxcore_caps_compare(&here);
	if (!err)
		err = p->get_ref();
	if (err)
		return err;

	/* VMPTRST faults outside VMX operation, whatever the kernel believes. */
	if (vmxcore_vmptrst(&current_vmcs))
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
 * Only KVM's modules may read the variable of the kernel that decides whether IBPB is needed.
 * VMX is on, so there is a provider.
 */
static void borrowed_ibpb(void)
{
	READ_ONCE(provider)->ibpb();
}

/*
 * The references of two clients do not keep the provider loaded: those of the provider's own
 * client, and those of vmxcore's. When the provider is unloaded, it puts the former, and
 * vmxcore puts the latter when the backend calls removing(). This is decided once, when a
 * client registers, so a provider must register itself before its client.
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
 * The module calls this before it registers a client, whose references must not keep its own
 * module loaded. Before this call the module must have registered vmxcore_provider_emergency()
 * as the kernel's emergency callback, and must keep it registered until
 * vmxcore_provider_unregister() has returned.
 *
 * Context: task, may sleep.
 * Return: 0; -EBUSY: there is a provider already, or clients still have references from an
 * earlier one, which was unloaded by force, or registered and then failed to load.
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
 * The module calls this in its exit function, after its client has put its references.
 * A reference of another module's client prevents the unload. If the module is unloaded by
 * force, or has failed to load, VMX is turned off although such references exist, and the
 * calls of their clients return errors.
 *
 * Context: task, may sleep; takes cpus_read_lock().
 */
void vmxcore_provider_unregister(const struct vmxcore_provider *p)
{
	if (READ_ONCE(provider) != p)
		return;

	/* A get that begins later fails. */
	WRITE_ONCE(lending, false);
	/* A get that has begun earlier ends, and removing() turns VMX off again. */
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
