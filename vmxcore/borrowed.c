// SPDX-License-Identifier: GPL-2.0-only
/*
 * The borrowed backend: since Linux 7.1 the kernel executes VMXON and VMXOFF and counts
 * their users, of which a module may be one by its name only. The provider, vmxcore's
 * kvm_intel, has such a name.
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
#include "translation.h"

static const struct vmxcore_backend_events *events;

/* Read with interrupts off, or under RCU. */
static const struct vmxcore_provider *provider;

/*
 * The provider lends VMX to a client that asks for it. False already while the provider takes back
 * what it has lent, which still needs the pointer above.
 */
static bool lending;

/*
 * How often a provider is pinned. A provider that was unloaded by force takes its pins along, and
 * so does one that fails to load after it has registered; their owners still unpin. The next
 * provider is refused until then: it would lose references that it never gave.
 */
static atomic_t nr_pins;

/*
 * CPUs that the kernel believes to be in VMX operation, and they are not: VMXON reported
 * VMfail, which the kernel does not look at. Its count is never given back, as its
 * VMXOFF would fault, and that is a BUG() there.
 */
static struct cpumask believed;

static int borrowed_start(const struct vmxcore_backend_events *e)
{
	events = e;
	return 0;
}

static void borrowed_stop(void)
{
}

static bool in_vmx_operation(void)
{
	u64 vmcs;

	return !vmxcore_vmptrst(&vmcs);
}

/*
 * What it means that the kernel has counted vmxcore and this CPU is not in VMX operation.
 *
 * Where CR4.VMXE was clear before the call and is set now, the kernel has executed VMXON for
 * vmxcore, its first user, and did not see that it VMfailed. Its count stays, as above.
 *
 * Else it has executed nothing, as it counts another user already: one of the kernel's own that
 * this interrupt has stopped between the count and VMXON, or one whose VMXON VMfailed. vmxcore's
 * count can be given back, because it is not the last one.
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

/* A VMXOFF that faults is a BUG() of the kernel: there is no error to return. */
static int borrowed_off(void)
{
	lockdep_assert_irqs_disabled();

	READ_ONCE(provider)->put_ref();
	return 0;
}

/* The kernel does it, after vmxcore_provider_emergency(). */
static void borrowed_emergency_off(void)
{
}

static bool borrowed_available(void)
{
	return READ_ONCE(lending);
}

/*
 * The kernel has the decision and the instruction for KVM's modules only. There is a provider, as
 * VMX is on.
 */
static void borrowed_ibpb(void)
{
	READ_ONCE(provider)->ibpb();
}

/*
 * The provider's own references and vmxcore's do not keep it loaded: it gives back the
 * first and asks for the second when it goes. So it is a provider before its module
 * registers a client.
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

/* There is none if it was unloaded by force, or failed to load. */
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
 * @p: how; used until vmxcore_provider_unregister() returns
 *
 * Before the module registers a client: what that one holds must not keep its own module
 * loaded. The kernel's emergency callback is vmxcore_provider_emergency() by now, and
 * stays it until after vmxcore_provider_unregister().
 *
 * Context: task, may sleep.
 * Return: 0; -EBUSY: there is a provider already, or clients still hold what one has lent that
 * failed to load after this or was unloaded by force.
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
	events->came();
	return 0;
}
EXPORT_SYMBOL_GPL(vmxcore_provider_register);

/**
 * vmxcore_provider_unregister() - lend no more
 * @p: as registered
 *
 * In the exit function of the module, after its last client has put what it held. No client of
 * another module holds anything, or the module could not be unloaded; one that does
 * because it was unloaded by force, or failed to load, loses VMX, and is told by errors.
 *
 * Context: task, may sleep; takes cpus_read_lock().
 */
void vmxcore_provider_unregister(const struct vmxcore_provider *p)
{
	if (READ_ONCE(provider) != p)
		return;

	/* A get that comes from here on fails; one that has begun is over, and taken back below. */
	WRITE_ONCE(lending, false);
	synchronize_rcu();
	events->going();
	WRITE_ONCE(provider, NULL);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(vmxcore_provider_unregister);

/**
 * vmxcore_provider_emergency() - the kernel's emergency callback
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

const struct vmxcore_backend vmxcore_borrowed = {
	.name = "borrowed",
	.start = borrowed_start,
	.stop = borrowed_stop,
	.on = borrowed_on,
	.off = borrowed_off,
	.emergency_off = borrowed_emergency_off,
	.available = borrowed_available,
	.ibpb = borrowed_ibpb,
	.pins = borrowed_pins,
	.pin = borrowed_pin,
	.unpin = borrowed_unpin,
	.provider = borrowed_provider,
};
