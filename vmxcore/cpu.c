// SPDX-License-Identifier: GPL-2.0-only
/*
 * One CPU: its references, VMX on and off; and the broadcasts that
 * do it to all of them. Mechanism: who asks, and whether he may, is known above.
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
#include "current.h"
#include "trace.h"
#include "translation.h"

DEFINE_PER_CPU_ALIGNED(struct vmxcore_cpu, vmxcore_cpu);

static const struct vmxcore_backend *const backend = &VMXCORE_BACKEND;

/*
 * Somebody holds all CPUs: the next one that comes up is turned on before it is
 * online. Changes under cpus_read_lock() only, so never while one is on its way.
 */
static bool all_held;

atomic_t vmxcore_nr_failed = ATOMIC_INIT(0);

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
	/* VMXON comes with it set; it has been cleared again. */
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
		return "VMXON reported VMfail, it wants another root VMCS; update the microcode";
	case -EXDEV:
		return "VMX capabilities unlike the other CPUs'; update microcode and firmware";
	case -EOPNOTSUPP:
		return "no VMX, or locked off by the firmware; enable VT-x in its setup";
	case -ENODEV:
		return "the kernel lends VMX to kvm_intel alone, not loaded; modprobe kvm_intel";
	case -ESHUTDOWN:
		return "the machine or this CPU is going down";
	default:
		return "unexpected error";
	}
}

/**
 * vmxcore_cpu_strerror - what an error of VMX on one CPU means to an admin
 * @cpu: where
 * @error: negative errno
 * @text: what it is written to, of %VMXCORE_CPU_ERROR_LEN bytes
 *
 * Context: any but NMI; @cpu is this one where interrupts are off.
 * Return: @text: what happened and what can be done about it.
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
		 "VMXON faulted (CR0 0x%lx, CR4 0x%lx, IA32_FEATURE_CONTROL 0x%llx); in a VM see to the hypervisor that runs it, else update the firmware",
		 r.cr0, r.cr4, r.feature_control);
	return text;
}

/**
 * vmxcore_cpu_state_name - what VMX is doing on a CPU, for an admin
 * @cpu: any possible one
 *
 * Context: any.
 * Return: one word, as of a moment ago.
 */
const char *vmxcore_cpu_state_name(unsigned int cpu)
{
	static const char *const name[] = {
		[VMXCORE_CPU_DEAD] = "offline",
		[VMXCORE_CPU_OFF] = "off",
		[VMXCORE_CPU_ON] = "on",
		[VMXCORE_CPU_LEAVING] = "leaving",
		[VMXCORE_CPU_FAILED] = "failed",
		[VMXCORE_CPU_SUSPENDED] = "suspended",
		[VMXCORE_CPU_DOWN] = "down",
	};

	return name[READ_ONCE(per_cpu(vmxcore_cpu.state, cpu))];
}

static void look_for_foreign(void *data)
{
	bool *foreign = data;

	switch (this_cpu_read(vmxcore_cpu.state)) {
	case VMXCORE_CPU_ON:
	case VMXCORE_CPU_LEAVING:
		break;
	default:
		*foreign = vmxcore_cr4_vmxe();
	}
}

/**
 * vmxcore_cpu_foreign - does somebody else have VMX on a CPU?
 * @cpu: any possible one
 *
 * CR4.VMXE is all there is to tell it from: a hypervisor sets it before VMXON and
 * clears it after VMXOFF (SDM vol. 3, "Enabling and Entering VMX Operation"). VMPTRST
 * would tell more, but faults where VMXE alone is set.
 *
 * Context: task; interrupts that CPU.
 * Return: true where CR4.VMXE is set, and not by vmxcore nor by the kernel for it.
 */
bool vmxcore_cpu_foreign(unsigned int cpu)
{
	bool foreign = false;

	/* Fails for one that is offline, and has none then. */
	smp_call_function_single(cpu, look_for_foreign, &foreign, 1);
	return foreign;
}

/**
 * vmxcore_cpu_since - since when is a CPU in VMX operation?
 * @cpu: any possible one
 *
 * Context: any.
 * Return: CLOCK_BOOTTIME in ns, as of a moment ago; 0: VMX is off.
 */
u64 vmxcore_cpu_since(unsigned int cpu)
{
	const struct vmxcore_cpu *c = per_cpu_ptr(&vmxcore_cpu, cpu);

	/* Pairs with execute_on(). */
	switch (smp_load_acquire(&c->state)) {
	case VMXCORE_CPU_ON:
	case VMXCORE_CPU_LEAVING:
		return READ_ONCE(c->since);
	default:
		return 0;
	}
}

static bool referenced(const struct vmxcore_cpu *c)
{
	return c->refs || c->all;
}

/* Whatever belongs to it is in its latency, as whoever waits for it waits for all. */
static int execute_on(struct vmxcore_cpu *c, const char *client)
{
	/* The one clock that may be read while the machine resumes, and in any context. */
	u64 begin = ktime_get_boot_fast_ns();
	int err = backend->on();

	if (!err) {
		WRITE_ONCE(c->since, begin);
		/* A reader that finds it on finds since when. */
		smp_store_release(&c->state, VMXCORE_CPU_ON);
		vmxcore_vpids_flush_here();
	}
	c->latency = min_t(u64, ktime_get_boot_fast_ns() - begin, U32_MAX);
	c->untold = !cpu_online(smp_processor_id());
	trace_vmxcore_vmx_on(smp_processor_id(), client, c->latency, err);
	return err;
}

static int turn_on(struct vmxcore_cpu *c, const char *client)
{
	switch (c->state) {
	case VMXCORE_CPU_ON:
		return 0;
	case VMXCORE_CPU_FAILED:
		return c->error;
	case VMXCORE_CPU_OFF:
		break;
	case VMXCORE_CPU_DEAD:
	case VMXCORE_CPU_LEAVING:
	case VMXCORE_CPU_SUSPENDED:
	case VMXCORE_CPU_DOWN:
		return -ESHUTDOWN;
	}

	return execute_on(c, client);
}

static void execute_off(struct vmxcore_cpu *c)
{
	u64 begin = ktime_get_boot_fast_ns();
	int err;

	vmxcore_current_clear_all();
	err = backend->off();
	c->latency = min_t(u64, ktime_get_boot_fast_ns() - begin, U32_MAX);
	c->untold = !cpu_online(smp_processor_id());
	trace_vmxcore_vmx_off(smp_processor_id(), c->latency);
	if (err)
		pr_err("CPU %u: VMX was off already: something executed VMXOFF behind vmxcore's back; find and unload it, VMs on this CPU are lost\n",
		       smp_processor_id());
}

static void turn_off(struct vmxcore_cpu *c)
{
	if (c->state == VMXCORE_CPU_ON)
		execute_off(c);
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

/**
 * vmxcore_cpu_usable - can VMX be used on this CPU, by somebody who has a reference?
 *
 * Context: this CPU, preemption off.
 * Return: 0; -ESHUTDOWN: on its way down, or not up yet; -EPERM: VMX is off, no client has a
 * reference; or why it was lost: VMXON's error at resume, or -ENODEV.
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

/**
 * vmxcore_cpu_get - take a reference on this CPU; the first one turns VMX on
 * @client: whose, for who traces
 *
 * A failure on a CPU that is on its way up is kept: a callback of the STARTING
 * section, as KVM's in Linux 6.1, has no way to refuse the CPU, and would have its
 * users on it without VMX. The ONLINE section refuses it.
 *
 * Context: this CPU, interrupts off.
 * Return: 0 or one of the errors of vmxcore_get_cpu(); then nothing has changed.
 */
int vmxcore_cpu_get(const char *client)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);
	int err;

	lockdep_assert_irqs_disabled();

	err = turn_on(c, client);
	if (!err) {
		WRITE_ONCE(c->refs, c->refs + 1);
	} else if (!cpu_online(smp_processor_id())) {
		c->error = err;
		c->up_failed = true;
	}
	return err;
}

/**
 * vmxcore_cpu_put - give references on this CPU back; the last turns VMX off
 * @refs: how many, no more than have been taken
 *
 * Context: this CPU, interrupts off.
 */
void vmxcore_cpu_put(u32 refs)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	lockdep_assert_irqs_disabled();

	WRITE_ONCE(c->refs, c->refs - refs);
	if (!referenced(c))
		turn_off(c);
}

/**
 * vmxcore_cpu_hold - hold this CPU for those who hold all
 * @client: the first of them, for who traces; "" when that is no matter
 *
 * Context: this CPU, interrupts off.
 * Return: 0 or one of the errors of vmxcore_get(); then nothing has changed.
 */
int vmxcore_cpu_hold(const char *client)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);
	int err;

	lockdep_assert_irqs_disabled();

	err = turn_on(c, client);
	if (err)
		c->error = err;
	else
		WRITE_ONCE(c->all, true);
	return err;
}

/**
 * vmxcore_cpu_release - nobody holds all CPUs any more, this one included
 *
 * Context: this CPU, interrupts off. Does nothing where it is not held.
 */
void vmxcore_cpu_release(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	lockdep_assert_irqs_disabled();

	if (!c->all)
		return;
	WRITE_ONCE(c->all, false);
	if (!referenced(c))
		turn_off(c);
}

/**
 * vmxcore_cpu_up - this CPU comes online
 *
 * It may not refuse yet. A CPU that should be held and is not stays off, with its
 * error kept, for the caller to find in the ONLINE section, where it can be sent
 * back. It is not FAILED: no task can run here, so nobody else's get needs to fail.
 *
 * Context: this CPU, interrupts off, before it is marked online.
 */
void vmxcore_cpu_up(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	c->error = 0;
	c->up_failed = false;
	c->untold = false;
	if (READ_ONCE(vmxcore_rebooting)) {
		WRITE_ONCE(c->state, VMXCORE_CPU_DOWN);
		return;
	}
	WRITE_ONCE(c->state, VMXCORE_CPU_OFF);
	if (all_held)
		c->up_failed = vmxcore_cpu_hold("") != 0;
}

/**
 * vmxcore_cpu_leave - this CPU goes offline: no more references
 *
 * Closed before the clients are told, or one that takes a reference when it is told
 * would have it on a CPU that is gone. VMX stays on for their VMCLEARs.
 *
 * Context: this CPU, interrupts off, after the last task has left it.
 */
void vmxcore_cpu_leave(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	if (c->state == VMXCORE_CPU_ON) {
		WRITE_ONCE(c->state, VMXCORE_CPU_LEAVING);
		return;
	}
	turn_off(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_DEAD);
}

/**
 * vmxcore_cpu_down - this CPU goes offline: every reference dies, VMX goes off
 *
 * Context: this CPU, interrupts off, after vmxcore_cpu_leave() and the last VMCLEAR.
 */
void vmxcore_cpu_down(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	WRITE_ONCE(c->refs, 0);
	WRITE_ONCE(c->all, false);
	if (c->state == VMXCORE_CPU_LEAVING)
		execute_off(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_DEAD);
}

/**
 * vmxcore_cpu_tell - tell who traces what happened on a CPU while it was not online
 * @cpu: online by now, or dead
 *
 * The kernel drops the events of a CPU that is not online.
 *
 * Context: task; @cpu comes or has gone, and cannot do anything else meanwhile.
 */
void vmxcore_cpu_tell(unsigned int cpu)
{
	struct vmxcore_cpu *c = per_cpu_ptr(&vmxcore_cpu, cpu);

	if (!c->untold)
		return;
	c->untold = false;
	if (c->state == VMXCORE_CPU_DEAD)
		trace_vmxcore_vmx_off(cpu, c->latency);
	else
		trace_vmxcore_vmx_on(cpu, "", c->latency, c->error);
}

/**
 * vmxcore_cpu_suspend - VMX off, references kept
 *
 * Context: the last CPU that runs, interrupts off.
 */
void vmxcore_cpu_suspend(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	turn_off(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_SUSPENDED);
}

/**
 * vmxcore_cpu_resume - VMX on again, if it was
 *
 * The saved state is not believed about the hardware: only the references count,
 * and firmware or the kernel that restored this image may have left any CR4.
 *
 * Context: the CPU that suspended, interrupts off.
 * Return: 0, or why VMX is off although somebody holds it: the CPU is FAILED.
 */
int vmxcore_cpu_resume(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);
	int err;

	WRITE_ONCE(c->state, VMXCORE_CPU_OFF);
	if (!referenced(c))
		return 0;
	err = turn_on(c, "");
	if (err)
		fail(c, err);
	return err;
}

/**
 * vmxcore_cpu_shutdown - VMX off for good; every later get fails here
 *
 * Context: this CPU, interrupts off.
 */
void vmxcore_cpu_shutdown(void)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	turn_off(c);
	WRITE_ONCE(c->state, VMXCORE_CPU_DOWN);
}

/**
 * vmxcore_cpu_emergency - VMX off whatever the books say
 *
 * Context: this CPU, interrupts off, maybe NMI.
 */
void vmxcore_cpu_emergency(void)
{
	vmxcore_current_emergency();
	backend->emergency_off();
}

struct hold {
	const char *client;
	atomic_t nr_errors;
};

static void hold_ipi(void *arg)
{
	struct hold *hold = arg;

	if (vmxcore_cpu_hold(hold->client))
		atomic_inc(&hold->nr_errors);
}

static void release_ipi(void *unused)
{
	vmxcore_cpu_release();
}

static unsigned int first_not_held(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (!per_cpu(vmxcore_cpu.all, cpu))
			return cpu;
	}
	return 0;
}

/**
 * vmxcore_cpus_hold - hold all CPUs, those that come later too
 * @client: for whom, for who traces
 * @failed_cpu: the first CPU that could not be turned on, on error
 *
 * One broadcast: the time is that of the slowest CPU, not the sum. When one CPU
 * fails, every other is given back before this returns.
 *
 * Context: task, cpus_read_lock() held, nobody holds them yet.
 * Return: 0 or one of the errors of vmxcore_get().
 */
int vmxcore_cpus_hold(const char *client, unsigned int *failed_cpu)
{
	struct hold hold = { .client = client, .nr_errors = ATOMIC_INIT(0) };
	int err;

	on_each_cpu(hold_ipi, &hold, 1);
	if (!atomic_read(&hold.nr_errors)) {
		all_held = true;
		return 0;
	}

	*failed_cpu = first_not_held();
	err = per_cpu(vmxcore_cpu.error, *failed_cpu);
	on_each_cpu(release_ipi, NULL, 1);
	return err;
}

/**
 * vmxcore_cpus_release - nobody holds all CPUs any more
 *
 * Context: task, cpus_read_lock() held.
 */
void vmxcore_cpus_release(void)
{
	all_held = false;
	on_each_cpu(release_ipi, NULL, 1);
}

static void lose_ipi(void *error)
{
	struct vmxcore_cpu *c = this_cpu_ptr(&vmxcore_cpu);

	/* It may have gone off since it was looked at. */
	if (c->state != VMXCORE_CPU_ON)
		return;
	pr_err("CPU %u: VMX goes off while clients use it: %s\n", smp_processor_id(),
	       error_text(*(int *)error));
	execute_off(c);
	fail(c, *(int *)error);
}

/**
 * vmxcore_cpus_lose - VMX goes off on all CPUs, whoever holds it
 * @error: what everybody who wants to use it there is told from now on
 *
 * Does nothing on a CPU where nobody holds it. References stay in the books, and are
 * put as always.
 *
 * Context: task; takes cpus_read_lock().
 */
void vmxcore_cpus_lose(int error)
{
	cpus_read_lock();
	on_each_cpu_cond(vmxcore_cpu_is_on, lose_ipi, &error, 1);
	cpus_read_unlock();
}
