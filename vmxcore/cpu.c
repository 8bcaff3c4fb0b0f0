// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMX on one CPU: its references, VMX on and off, and the broadcasts that turn it on or off
 * on all CPUs. Files of the upper floors (ARCHITECTURE.md) decide which client may ask for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include "compat.h"
#include "cpu.h"
#include "tlb.h"
#include "trace.h"
#include "vmcs_cpu.h"

DEFINE_PER_CPU_ALIGNED(struct vmxcore_cpu, vmxcore_cpu);

/*
 * VMX is enabled on all CPUs: a CPU that comes up turns VMX on before it is online. It is
 * written under cpus_read_lock() only, so never while a CPU goes online or offline.
 */
static bool all_enabled;

atomic_t vmxcore_nr_failed = ATOMIC_INIT(0);

bool vmxcore_rebooting __read_mostly;
EXPORT_SYMBOL_GPL(vmxcore_rebooting);

/* What decides whether VMXON faults (SDM volume 3, "VMXON"). */
struct vmxon_registers {
	unsigned long cr0;
	unsigned long cr4;
	u64 feature_control;
};

static void read_registers(void *registers)
{
	struct vmxon_registers *r = registers;

	r->cr0 = read_cr0();
	/* CR4.VMXE was set at VMXON, and has been cleared since. Report it as set. */
	r->cr4 = __read_cr4() | X86_CR4_VMXE;
	if (rdmsrq_safe(MSR_IA32_FEAT_CTL, &r->feature_control))
		r->feature_control = 0;
}

static const char *error_text(int error)
{
	switch (error) {
	case -EBUSY:
		return "foreign owner, unload that hypervisor (vboxdrv, vmmon, ...)";
	case -EAGAIN:
		return "the kernel turns VMX on there now, or VMXON reported VMfail; try again";
	case -EIO:
		return "VMXON reported VMfail, the CPU rejects the root VMCS; update the microcode";
	case -EXDEV:
		return "VMX capabilities unlike the other CPUs'; update microcode and firmware";
	case -EOPNOTSUPP:
		return "no VMX, or locked off by the firmware; enable VT-x in its setup";
	case -ENODEV:
		return "the kernel lends VMX to kvm_intel, which is not loaded; modprobe kvm_intel";
	case -ESHUTDOWN:
		return "the machine or this CPU is going down";
	default:
		return "unexpected error";
	}
}

/*
 * What an error of VMX on a CPU means to an admin, and what can be done about it. @text has
 * VMXCORE_CPU_ERROR_LEN bytes, and is returned. Any context but NMI. If interrupts are off,
 * @cpu must be this CPU.
 */
const char *vmxcore_cpu_strerror(unsigned int cpu, int error, char *text)
{
	struct vmxon_registers r = { };

	if (error != -EFAULT) {
		strscpy(text, error_text(error), VMXCORE_CPU_ERROR_LEN);
		return text;
	}
	if (irqs_disabled())
		read_registers(&r);
	else
		smp_call_function_single(cpu, read_registers, &r, 1);
	snprintf(text, VMXCORE_CPU_ERROR_LEN,
		 "VMXON faulted (CR0 0x%lx, CR4 0x%lx, IA32_FEATURE_CONTROL 0x%llx); if this is a VM, check the hypervisor that runs it, else update the firmware",
		 r.cr0, r.cr4, r.feature_control);
	return text;
}

const char *vmxcore_cpu_state_name(unsigned int cpu)
{
	static const char *const name[] = {
		[VMXCORE_CPU_OFFLINE] = "offline",
		[VMXCORE_CPU_OFF] = "off",
		[VMXCORE_CPU_ON] = "on",
		[VMXCORE_CPU_DYING] = "dying",
		[VMXCORE_CPU_FAILED] = "failed",
		[VMXCORE_CPU_SUSPENDED] = "suspended",
		[VMXCORE_CPU_SHUTDOWN] = "shutdown",
	};

	return name[READ_ONCE(per_cpu(vmxcore_cpu.state, cpu))];
}

static void look_for_foreign(void *data)
{
	bool *foreign = data;

	switch (this_cpu_read(vmxcore_cpu.state)) {
	case VMXCORE_CPU_ON:
	case VMXCORE_CPU_DYING:
		break;
	default:
		*foreign = vmxcore_cr4_vmxe();
	}
}

/*
 * Is CR4.VMXE set on a CPU although neither vmxcore nor the kernel on behalf of vmxcore has set
 * it? A hypervisor sets the flag before VMXON and clears it after VMXOFF (SDM volume 3, "Enabling
 * and Entering VMX Operation"). VMPTRST would not find a hypervisor before its VMXON or after its
 * VMXOFF, because VMPTRST faults there. This function interrupts the CPU.
 */
bool vmxcore_cpu_foreign(unsigned int cpu)
{
	bool foreign = false;

	/* It fails for a CPU that is offline, which has no foreign owner. */
	smp_call_function_single(cpu, look_for_foreign, &foreign, 1);
	return foreign;
}

/* Since when a CPU has been in VMX operation, CLOCK_BOOTTIME in ns, or 0. */
u64 vmxcore_cpu_since(unsigned int cpu)
{
	const struct vmxcore_cpu *c = per_cpu_ptr(&vmxcore_cpu, cpu);

	/* Pairs with cpu_vmxon(). */
	switch (smp_load_acquire(&c->state)) {
	case VMXCORE_CPU_ON:
	case VMXCORE_CPU_DYING:
		return READ_ONCE(c->since);
	default:
		return 0;
	}
}

static bool referenced(const struct vmxcore_cpu *c)
{
	return c->refs || c->system_ref;
}

/* The clock that is used may be read while the machine resumes, and in any context. */
static void set_latency(struct vmxcore_cpu *c, u64 begin)
{
	c->latency = min_t(u64, ktime_get_boot_fast_ns() - begin, U32_MAX);
	c->trace_pending = !cpu_online(smp_processor_id());
}

/* The latency includes all that a caller waits for: VMXON, the checks and the flushes. */
static int cpu_vmxon(struct vmxcore_cpu *c, const char *client)
{
	u64 begin = ktime_get_boot_fast_ns();
	int err = VMXCORE_BACKEND.on();

	if (!err) {
		WRITE_ONCE(c->since, begin);
		/* A reader that sees the state ON sees the time in @since. */
		smp_store_release(&c->state, VMXCORE_CPU_ON);
		vmxcore_vpids_flush_here();
	}
	set_latency(c, begin);
	trace_vmxcore_vmx_on(smp_processor_id(), client, c->latency, err);
	return err;
}

static void cpu_vmxoff(struct vmxcore_cpu *c)
{
	u64 begin = ktime_get_boot_fast_ns();
	int err;

	vmxcore_vmcs_cpu_clear_all();
	err = VMXCORE_BACKEND.off();
	set_latency(c, begin);
	trace_vmxcore_vmx_off(smp_processor_id(), c->latency);
	if (err)
		pr_err("CPU %u: VMX was off already: something executed VMXOFF behind vmxcore's back; find and unload it, VMs on this CPU are lost\n",
		       smp_processor_id());
}

static int cpu_enable(struct vmxcore_cpu *c, const char *client)
{
	switch (c->state) {
	case VMXCORE_CPU_ON:
		return 0;
	case VMXCORE_CPU_FAILED:
		return c->error;
	case VMXCORE_CPU_OFF:
		return cpu_vmxon(c, client);
	case VMXCORE_CPU_OFFLINE:
	case VMXCORE_CPU_DYING:
	case VMXCORE_CPU_SUSPENDED:
	case VMXCORE_CPU_SHUTDOWN:
		break;
	}
	return -ESHUTDOWN;
}

static void cpu_disable(struct vmxcore_cpu *c)
{
	if (c->state == VMXCORE_CPU_ON)
		cpu_vmxoff(c);
	else if (c->state == VMXCORE_CPU_FAILED)
		atomic_dec(&vmxcore_nr_failed);
	else
		return;
	WRITE_ONCE(c->state, VMXCORE_CPU_OFF);
}

static void fail(struct vmxcore_cpu *c, int error)
{
	c->error = error;
	WRITE_ONCE(c->state, VMXCORE_CPU_FAILED);
	atomic_inc(&vmxcore_nr_failed);
}

/*
 * Can a client that has a reference use VMX on this CPU? Preemption is off.
 * Return: 0; -ESHUTDOWN: the CPU is on its way down or not up yet, or the machine suspends or goes
 * down; -EPERM: VMX is off, no client has a reference; or why VMX was lost: VMXON's error at
 * resume, or -ENODEV.
 */
int vmxcore_cpu_usable(void)
{
	const struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	switch (c->state) {
	case VMXCORE_CPU_ON:
		return 0;
	case VMXCORE_CPU_OFF:
		return -EPERM;
	case VMXCORE_CPU_FAILED:
		return c->error;
	default:
		return -ESHUTDOWN;
	}
}

/*
 * Take a reference on this CPU; the first one turns VMX on. @client: for the trace.
 *
 * A failure on a CPU that is on its way up is kept: a callback of the STARTING section, as
 * KVM's in Linux 6.1, has no way to refuse the CPU, and KVM would use it without VMX. The
 * ONLINE section refuses it.
 *
 * Return: 0 or one of the errors of vmxcore_get_cpu(). After an error VMX and the references
 * are as before.
 */
int vmxcore_cpu_get(const char *client)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);
	int err;

	lockdep_assert_irqs_disabled();

	err = cpu_enable(c, client);
	if (!err) {
		WRITE_ONCE(c->refs, c->refs + 1);
	} else if (!cpu_online(smp_processor_id())) {
		c->error = err;
		c->up_failed = true;
	}
	return err;
}

/* Put @refs references on this CPU; the last one turns VMX off. */
void vmxcore_cpu_put(u32 refs)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	lockdep_assert_irqs_disabled();

	WRITE_ONCE(c->refs, c->refs - refs);
	if (!referenced(c))
		cpu_disable(c);
}

/*
 * Enable VMX on this CPU for the clients that hold all CPUs. @client: for the trace.
 * Return: 0 or one of the errors of vmxcore_get(). After an error VMX and the references are
 * as before.
 */
int vmxcore_cpu_enable(const char *client)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);
	int err;

	lockdep_assert_irqs_disabled();

	err = cpu_enable(c, client);
	if (err)
		c->error = err;
	else
		WRITE_ONCE(c->system_ref, true);
	return err;
}

/* Undoes vmxcore_cpu_enable(); does nothing where that failed. */
void vmxcore_cpu_disable(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	lockdep_assert_irqs_disabled();

	if (!c->system_ref)
		return;
	WRITE_ONCE(c->system_ref, false);
	if (!referenced(c))
		cpu_disable(c);
}

/*
 * This CPU comes up; interrupts are off. It cannot be refused in the STARTING section, so
 * where VMX cannot be turned on the error is kept for the ONLINE section, which refuses it.
 * The state does not become FAILED, because that would make vmxcore_get() fail for all clients
 * until then, although none of their tasks can run here.
 */
void vmxcore_cpu_starting(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	c->error = 0;
	c->up_failed = false;
	c->trace_pending = false;
	if (READ_ONCE(vmxcore_rebooting)) {
		WRITE_ONCE(c->state, VMXCORE_CPU_SHUTDOWN);
		return;
	}
	WRITE_ONCE(c->state, VMXCORE_CPU_OFF);
	if (all_enabled)
		c->up_failed = vmxcore_cpu_enable("") != 0;
}

/*
 * This CPU goes offline; the last task has left it and interrupts are off. From here on no
 * reference can be taken on it. This comes before the cpu_gone callbacks: a client that took a
 * reference in its callback would have it on a CPU that is offline. VMX stays on until the
 * clients have executed VMCLEAR in their callbacks.
 */
void vmxcore_cpu_dying(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	if (c->state == VMXCORE_CPU_ON) {
		WRITE_ONCE(c->state, VMXCORE_CPU_DYING);
		return;
	}
	cpu_disable(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_OFFLINE);
}

/* After vmxcore_cpu_dying() and the clients' last VMCLEAR: references end, VMX goes off. */
void vmxcore_cpu_offline(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	WRITE_ONCE(c->refs, 0);
	WRITE_ONCE(c->system_ref, false);
	if (c->state == VMXCORE_CPU_DYING)
		cpu_vmxoff(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_OFFLINE);
}

/*
 * Trace what happened on a CPU while it was not online, because the kernel drops the events
 * of such a CPU. By now the CPU is online or dead. Its latency and error are those of its way up
 * or down.
 */
void vmxcore_cpu_trace_late(unsigned int cpu)
{
	struct vmxcore_cpu *c = per_cpu_ptr(&vmxcore_cpu, cpu);

	if (!c->trace_pending)
		return;
	c->trace_pending = false;
	if (c->state == VMXCORE_CPU_OFFLINE)
		trace_vmxcore_vmx_off(cpu, c->latency);
	else
		trace_vmxcore_vmx_on(cpu, "", c->latency, c->error);
}

/* Turn VMX off, and keep the references. Called on the last CPU that runs, interrupts off. */
void vmxcore_cpu_suspend(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	cpu_disable(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_SUSPENDED);
}

/*
 * Turn VMX on again if a client has a reference. Called on the CPU that suspended, interrupts
 * off.
 * The state from before says nothing about the hardware: firmware, or the kernel that loaded
 * the image of a hibernation, may have left any CR4. So the state becomes OFF, and VMX is turned
 * on as for a first reference.
 *
 * Return: 0, or why VMX is off although a client has a reference; the CPU is FAILED then.
 */
int vmxcore_cpu_resume(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);
	int err;

	WRITE_ONCE(c->state, VMXCORE_CPU_OFF);
	if (!referenced(c))
		return 0;
	err = cpu_enable(c, "");
	if (err)
		fail(c, err);
	return err;
}

/* Turn VMX off on this CPU for good: every later get fails here. Interrupts are off. */
void vmxcore_cpu_shutdown(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	cpu_disable(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_SHUTDOWN);
}

/* VMCLEAR, and turn VMX off unless the kernel does. Interrupts off, maybe in an NMI. */
void vmxcore_cpu_emergency(void)
{
	vmxcore_vmcs_cpu_emergency();
	if (VMXCORE_BACKEND.emergency_off)
		VMXCORE_BACKEND.emergency_off();
}

struct enable {
	const char *client;
	atomic_t nr_errors;
};

static void enable_ipi(void *arg)
{
	struct enable *enable = arg;

	if (vmxcore_cpu_enable(enable->client))
		atomic_inc(&enable->nr_errors);
}

static void disable_ipi(void *unused)
{
	vmxcore_cpu_disable();
}

/*
 * Enable VMX on all CPUs, and on those that come online later. One broadcast: it takes the
 * time of the slowest CPU, and not the sum. When one CPU fails, VMX is as before on all
 * others when this returns. The caller holds cpus_read_lock(). @client: for the trace.
 * @failed_cpu: the first CPU that failed.
 *
 * Return: 0 or one of the errors of vmxcore_get().
 */
int vmxcore_cpus_enable(const char *client, unsigned int *failed_cpu)
{
	struct enable enable = { .client = client, .nr_errors = ATOMIC_INIT(0) };
	unsigned int cpu;
	int err;

	on_each_cpu(enable_ipi, &enable, 1);
	if (!atomic_read(&enable.nr_errors)) {
		all_enabled = true;
		return 0;
	}

	for_each_online_cpu(cpu) {
		if (!per_cpu(vmxcore_cpu.system_ref, cpu))
			break;
	}
	*failed_cpu = cpu;
	err = per_cpu(vmxcore_cpu.error, cpu);
	on_each_cpu(disable_ipi, NULL, 1);
	return err;
}

/* Undoes vmxcore_cpus_enable(). The caller holds cpus_read_lock(). */
void vmxcore_cpus_disable(void)
{
	all_enabled = false;
	on_each_cpu(disable_ipi, NULL, 1);
}

static void force_off_ipi(void *error)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	/* VMX may have gone off since the condition was evaluated. */
	if (c->state != VMXCORE_CPU_ON)
		return;
	pr_err("CPU %u: VMX goes off while clients use it: %s\n", smp_processor_id(),
	       error_text(*(int *)error));
	cpu_vmxoff(c);
	fail(c, *(int *)error);
}

/*
 * Turn VMX off on all CPUs although clients have references. The clients keep their references
 * and put them as usual. From now on calls that need VMX on these CPUs return @error.
 */
void vmxcore_cpus_force_off(int error)
{
	cpus_read_lock();
	on_each_cpu_cond(vmxcore_cpu_is_on, force_off_ipi, &error, 1);
	cpus_read_unlock();
}
