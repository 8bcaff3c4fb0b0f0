// SPDX-License-Identifier: GPL-2.0-only
/* The run loop: enter the guest, handle its VM exit, enter again. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <asm/irq_vectors.h>
#include <asm/mce.h>
#include <asm/ptrace.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include "minivisor.h"

#define RETRY_MS	10

static bool is_event(unsigned long intr_info, unsigned long type, unsigned long vector)
{
	return (intr_info & (INTR_INFO_INTR_TYPE_MASK | INTR_INFO_VECTOR_MASK)) ==
	       (type | vector);
}

/*
 * NMIs and machine checks belong to the host and cannot wait: the exit has
 * removed them from the hardware, and NMIs stay blocked until an IRET, which
 * the handler of INT 2 executes.
 */
static void deliver_to_host(const struct minivisor_exit_info *exit)
{
	struct pt_regs regs = {
		/*
		 * Claim user mode, as KVM does: guest memory is affected, not
		 * the kernel's.
		 */
		.cs = 3,
		.flags = X86_EFLAGS_IF,
	};

	if (exit->reason == EXIT_REASON_MCE_DURING_VMENTRY)
		do_machine_check(&regs);
	if (exit->reason != EXIT_REASON_EXCEPTION_NMI)
		return;
	if (is_event(exit->intr_info, INTR_TYPE_NMI_INTR, NMI_VECTOR))
		asm volatile("int %0" : : "i" (NMI_VECTOR) : "memory");
	else if (is_event(exit->intr_info, INTR_TYPE_HARD_EXCEPTION, X86_TRAP_MC))
		do_machine_check(&regs);
}

/*
 * Read everything at once: when preemption is on again the VMCS may not be
 * current.
 */
static int read_exit(struct minivisor_vm *vm)
{
	struct minivisor_exit_info *exit = &vm->exit;
	unsigned long reason;
	int err;

	err = vmxcore_vmread(VM_EXIT_REASON, &reason) ?:
	      vmxcore_vmread(VM_EXIT_INTR_INFO, &exit->intr_info) ?:
	      vmxcore_vmread(VM_EXIT_INSTRUCTION_LEN, &exit->length) ?:
	      vmxcore_vmread(GUEST_PHYSICAL_ADDRESS, &exit->gpa) ?:
	      vmxcore_vmread(GUEST_RIP, &vm->rip);
	if (err)
		return err;
	/*
	 * Bits 15:0 are the basic reason, the bits above are independent flags.
	 */
	exit->reason = reason;
	exit->entry_failed = reason & VMX_EXIT_REASONS_FAILED_VMENTRY;
	return 0;
}

static int enter_guest(struct minivisor_vm *vm)
{
	struct minivisor_host host;
	unsigned long error = 0;
	int err;

	err = minivisor_host_save(&host, vm->switches_perf);
	if (err)
		return err;
	err = minivisor_enter(vm->regs, vm->launched);
	if (err == -EIO) {
		vmxcore_vmread(VM_INSTRUCTION_ERROR, &error);
		pr_warn_ratelimited("VM entry failed, VM-instruction error %lu\n", error);
	}
	if (!err)
		err = read_exit(vm);
	minivisor_host_restore(&host);
	if (!err)
		deliver_to_host(&vm->exit);
	return err;
}

static int enter_irqs_off(struct minivisor_vm *vm)
{
	int err;

	/*
	 * Check last, with interrupts off: an interrupt that arrives after this
	 * check causes a VM exit.
	 */
	if (need_resched() || signal_pending(current))
		return -EAGAIN;

	err = vmxcore_vmwrite(GUEST_RIP, vm->rip) ?:
	      minivisor_ept_sync(&vm->ept) ?:
	      enter_guest(vm);
	/* A failed VM entry does not make the VMCS launched. */
	if (err || vm->exit.entry_failed)
		return err;
	if (!vm->launched)
		vm->run.launches++;
	vm->launched = true;
	return 0;
}

/*
 * Preemption is off from the load to the last VMREAD, so the VMCS stays
 * current. Nothing else runs on this CPU before the host's state is restored.
 */
static int enter(struct minivisor_vm *vm)
{
	int err;

	preempt_disable();
	err = minivisor_vmcs_load(vm);
	if (!err) {
		local_irq_disable();
		err = enter_irqs_off(vm);
		/* Here the host takes the interrupt that caused the VM exit. */
		local_irq_enable();
	}
	if (static_branch_unlikely(&vmxcore_strangers))
		vmxcore_vmcs_leave(false);
	preempt_enable();
	return err;
}

static void skip_instruction(struct minivisor_vm *vm)
{
	vm->rip += vm->exit.length;
}

static int handle_cpuid(struct minivisor_vm *vm)
{
	vm->run.cpuid++;
	vm->regs[GUEST_RAX] = MINIVISOR_LEAF;
	vm->regs[GUEST_RBX] = MINIVISOR_LEAF_EBX;
	vm->regs[GUEST_RCX] = MINIVISOR_LEAF_ECX;
	vm->regs[GUEST_RDX] = MINIVISOR_LEAF_EDX;
	skip_instruction(vm);
	return 0;
}

static int handle_vmcall(struct minivisor_vm *vm)
{
	vm->run.sum = (u32)vm->regs[GUEST_RAX];
	vm->run.rounds++;
	minivisor_ept_unmap(&vm->ept, GUEST_LAZY);
	skip_instruction(vm);
	return 1;
}

static int end_guest(struct minivisor_vm *vm)
{
	pr_warn_ratelimited("the guest is over: %s, reason %u, event 0x%lx, at 0x%lx\n",
			    vm->exit.entry_failed ? "its VM entry failed" : "VM exit",
			    vm->exit.reason, vm->exit.intr_info, vm->rip);
	vm->dead = true;
	return -EIO;
}

static int handle_exception_nmi(struct minivisor_vm *vm)
{
	/* deliver_to_host() has handled NMIs and machine checks already. */
	if (is_event(vm->exit.intr_info, INTR_TYPE_NMI_INTR, NMI_VECTOR)) {
		vm->run.nmis++;
		return 0;
	}
	if (is_event(vm->exit.intr_info, INTR_TYPE_HARD_EXCEPTION, X86_TRAP_MC))
		return 0;
	return end_guest(vm);
}

static int handle_ept_violation(struct minivisor_vm *vm)
{
	u64 page = vm->exit.gpa & PAGE_MASK;

	if (page != GUEST_LAZY)
		return end_guest(vm);
	vm->run.ept_violations++;
	minivisor_ept_map(&vm->ept, page, vm->memory[page >> PAGE_SHIFT]);
	return 0;
}

/* Returns 0 to enter the guest again, 1 after a round, or a negative errno. */
static int handle_exit(struct minivisor_vm *vm)
{
	if (vm->exit.entry_failed)
		return end_guest(vm);

	switch (vm->exit.reason) {
	case EXIT_REASON_EXTERNAL_INTERRUPT:
		vm->run.interrupts++;
		return 0;
	case EXIT_REASON_EXCEPTION_NMI:
		return handle_exception_nmi(vm);
	case EXIT_REASON_CPUID:
		return handle_cpuid(vm);
	case EXIT_REASON_HLT:
		vm->run.hlt++;
		skip_instruction(vm);
		return 0;
	case EXIT_REASON_EPT_VIOLATION:
		return handle_ept_violation(vm);
	case EXIT_REASON_VMCALL:
		return handle_vmcall(vm);
	default:
		return end_guest(vm);
	}
}

/*
 * A CPU that is going offline refuses to load a VMCS. This task is about to be
 * migrated away from it, and sleeping lets that happen. When the whole machine
 * goes down there is no other CPU to wait for.
 */
static int handle_entry_error(int err)
{
	if (err == -EAGAIN)
		return 0;
	/*
	 * This holds for any error: a VMX instruction faults when a reboot has
	 * turned VMX off.
	 */
	if (vmxcore_rebooting)
		return -ESHUTDOWN;
	if (err != -ESHUTDOWN)
		return err;
	msleep_interruptible(RETRY_MS);
	return 0;
}

/*
 * Runs the guest until the end of a round. The caller holds vm->lock.
 *
 * Returns 0 with vm->run filled in, -EINTR if a signal is pending, -EIO if the
 * guest has ended, or an error of vmxcore_vmcs_load().
 */
int minivisor_run(struct minivisor_vm *vm)
{
	int err;

	if (vm->dead)
		return -EIO;
	do {
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
		err = enter(vm);
		err = err ? handle_entry_error(err) : handle_exit(vm);
	} while (!err);
	return err < 0 ? err : 0;
}
