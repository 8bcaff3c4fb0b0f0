// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run loop: enter, see why the guest came back, do it, enter again.
 */
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
 * These two are the host's and cannot wait: the exit has taken them out of the hardware, and
 * NMIs are blocked until an IRET. The handler's own is that.
 */
static void deliver_to_host(const struct minivisor_exit_info *exit)
{
	struct pt_regs regs = {
		/* As if from user mode, as in KVM: the guest's memory is hit, not the kernel's. */
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

/* All that is wanted of the VMCS: when preemption is on again it may not be current. */
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
	/* Bits 15:0 are the reason. The others say more about it, each for itself. */
	exit->reason = reason;
	exit->entry_failed = reason & VMX_EXIT_REASONS_FAILED_VMENTRY;
	return 0;
}

static int write_guest(struct minivisor_vm *vm)
{
	return vmxcore_vmwrite(GUEST_RIP, vm->rip) ?: minivisor_ept_sync(&vm->ept);
}

static int switch_worlds(struct minivisor_vm *vm)
{
	struct minivisor_host host;
	unsigned long error = 0;
	int err;

	err = minivisor_host_save(&host);
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

	/* Not before this: what comes from here on is an interrupt, and ends the guest. */
	if (need_resched() || signal_pending(current))
		return -EAGAIN;

	err = write_guest(vm) ?: switch_worlds(vm);
	/* An entry that fails does not make the VMCS launched. */
	if (err || vm->exit.entry_failed)
		return err;
	if (!vm->launched)
		vm->run.launches++;
	vm->launched = true;
	return 0;
}

/*
 * From the load to the last VMREAD nobody else runs on this CPU, so the VMCS stays current
 * and the host's state is whole again before anybody can see it.
 */
static int enter(struct minivisor_vm *vm)
{
	int err;

	preempt_disable();
	err = minivisor_vmcs_load(vm);
	if (!err) {
		local_irq_disable();
		err = enter_irqs_off(vm);
		/* The interrupt that ended the guest is taken here. */
		local_irq_enable();
	}
	preempt_enable();
	return err;
}

static void skip_instruction(struct minivisor_vm *vm)
{
	vm->rip += vm->exit.length;
}

static void answer_cpuid(struct minivisor_vm *vm)
{
	vm->regs[GUEST_RAX] = MINIVISOR_LEAF;
	vm->regs[GUEST_RBX] = MINIVISOR_LEAF_EBX;
	vm->regs[GUEST_RCX] = MINIVISOR_LEAF_ECX;
	vm->regs[GUEST_RDX] = MINIVISOR_LEAF_EDX;
}

static int end_of_round(struct minivisor_vm *vm)
{
	vm->run.sum = (u32)vm->regs[GUEST_RAX];
	vm->run.rounds++;
	minivisor_ept_unmap(&vm->ept, GUEST_LAZY);
	return 1;
}

static int end_of_guest(struct minivisor_vm *vm)
{
	pr_warn_ratelimited("the guest is over: %s, reason %u, event 0x%lx, at 0x%lx\n",
			    vm->exit.entry_failed ? "its VM entry failed" : "VM exit",
			    vm->exit.reason, vm->exit.intr_info, vm->rip);
	vm->over = true;
	return -EIO;
}

static int on_exception_or_nmi(struct minivisor_vm *vm)
{
	/* The host has had both already. */
	if (is_event(vm->exit.intr_info, INTR_TYPE_NMI_INTR, NMI_VECTOR)) {
		vm->run.nmis++;
		return 0;
	}
	if (is_event(vm->exit.intr_info, INTR_TYPE_HARD_EXCEPTION, X86_TRAP_MC))
		return 0;
	return end_of_guest(vm);
}

static int on_ept_violation(struct minivisor_vm *vm)
{
	u64 page = vm->exit.gpa & PAGE_MASK;

	if (page != GUEST_LAZY)
		return end_of_guest(vm);
	vm->run.ept_violations++;
	minivisor_ept_map(&vm->ept, page, vm->memory[page >> PAGE_SHIFT]);
	return 0;
}

/* 0: on with the guest. 1: it has reported. Otherwise it is over. */
static int handle_exit(struct minivisor_vm *vm)
{
	if (vm->exit.entry_failed)
		return end_of_guest(vm);

	switch (vm->exit.reason) {
	case EXIT_REASON_EXTERNAL_INTERRUPT:
		vm->run.interrupts++;
		return 0;
	case EXIT_REASON_EXCEPTION_NMI:
		return on_exception_or_nmi(vm);
	case EXIT_REASON_CPUID:
		vm->run.cpuid++;
		answer_cpuid(vm);
		skip_instruction(vm);
		return 0;
	case EXIT_REASON_HLT:
		vm->run.hlt++;
		skip_instruction(vm);
		return 0;
	case EXIT_REASON_EPT_VIOLATION:
		return on_ept_violation(vm);
	case EXIT_REASON_VMCALL:
		skip_instruction(vm);
		return end_of_round(vm);
	default:
		return end_of_guest(vm);
	}
}

/* Interrupts and preemption are on, no VMCS is needed. */
static int before_entry(void)
{
	if (signal_pending(current))
		return -EINTR;
	cond_resched();
	return 0;
}

/*
 * A CPU on its way down refuses the VMCS. Then this task is about to be moved away from it,
 * and sleeping lets that happen. When the whole machine goes down, there is nowhere to go.
 */
static int after_refusal(int err)
{
	if (err == -EAGAIN)
		return 0;
	/* Whatever the error: an instruction that finds VMX gone faults. */
	if (vmxcore_rebooting)
		return -ESHUTDOWN;
	if (err != -ESHUTDOWN)
		return err;
	msleep_interruptible(RETRY_MS);
	return 0;
}

/**
 * minivisor_run - run the guest until it reports
 * @vm: which; its lock is held
 *
 * Context: task, may sleep.
 * Return: 0: @vm->run is filled in; -EINTR: a signal came, and the guest stands between two
 * instructions; -EIO: the guest is over; or an error of vmxcore_vmcs_load().
 */
int minivisor_run(struct minivisor_vm *vm)
{
	int err;

	if (vm->over)
		return -EIO;
	do {
		err = before_entry();
		if (err)
			return err;
		err = enter(vm);
		err = err ? after_refusal(err) : handle_exit(vm);
	} while (!err);
	return err < 0 ? err : 0;
}
