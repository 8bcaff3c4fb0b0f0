// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch state of VMCSs. Where it is in memory, and how it is encoded, is not architectural:
 * it is set by a VM entry, and the CPU is asked for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>
#include <vmxcore/vmxcore.h>

#include "cpus.h"
#include "test.h"

/* Another VMCS, to have none of those that are tested current. */
static DEFINE_PER_CPU(u32 *, other);

/* To ask a CPU where VMX is off. */
static DEFINE_PER_CPU(u32 *, root);

/**
 * test_vmcs_page - a page that can be a VMCS of this machine's CPUs
 *
 * Return: the page, or NULL.
 */
u32 *test_vmcs_page(void)
{
	u32 *page = (u32 *)get_zeroed_page(GFP_KERNEL);

	if (page)
		*page = vmxcore_caps()->basic & GENMASK(30, 0);
	return page;
}

/* From no current VMCS, or from any, to @pa or none. Interrupts are off. */
static int make_current(u64 pa)
{
	u64 away = virt_to_phys(this_cpu_read(other));

	if (pa != NO_CURRENT_VMCS)
		return vmxcore_vmptrld(pa);
	return vmxcore_vmclear(away) ?: vmxcore_vmptrld(away) ?: vmxcore_vmclear(away);
}

/* VMLAUNCH fails where a guest has run already, and where the VMCS was never VMCLEARed. */
static int enter(void)
{
	int error = test_vm_entry(false);

	if (error == VMXERR_VMLAUNCH_NONCLEAR_VMCS)
		error = test_vm_entry(true);
	if (error <= 0)
		return error;
	pr_err("VM entry failed, VM-instruction error %d\n", error);
	return -EPROTO;
}

static int launch(u64 pa)
{
	u64 before;
	int err;

	err = vmxcore_vmptrst(&before) ?: make_current(pa) ?: enter();
	return err ?: make_current(before);
}

/**
 * test_launch - run a guest on a VMCS, which is launched from then on
 * @page: the VMCS: active on this CPU
 *
 * Context: any but NMI.
 * Return: 0; -EPROTO: there was no VM entry; -EFAULT: this CPU is not in VMX operation.
 */
int test_launch(u32 *page)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = launch(virt_to_phys(page));
	local_irq_restore(flags);
	return err;
}

/*
 * VMRESUME fails whatever the launch state is, at which it looks first: some of these controls
 * must be set (SDM volume 3, "Basic VM-Entry Checks"). No guest runs, of whatever hypervisor the
 * VMCS is.
 */
static int failed_resume(unsigned long *error)
{
	unsigned long controls;
	int err;

	err = vmxcore_vmread(PIN_BASED_VM_EXEC_CONTROL, &controls) ?:
	      vmxcore_vmwrite(PIN_BASED_VM_EXEC_CONTROL, 0);
	if (err)
		return err;
	asm volatile("vmresume" : : : "cc", "memory");
	return vmxcore_vmread(VM_INSTRUCTION_ERROR, error) ?:
	       vmxcore_vmwrite(PIN_BASED_VM_EXEC_CONTROL, controls);
}

/* One that was clear is left so: not active on this CPU. */
static int ask(u64 pa)
{
	unsigned long error;
	u64 before;
	int err;

	err = vmxcore_vmptrst(&before) ?: make_current(pa) ?: failed_resume(&error);
	if (!err && error == VMXERR_VMRESUME_NONLAUNCHED_VMCS && pa != before)
		err = vmxcore_vmclear(pa);
	err = err ?: make_current(before);
	return err ?: error;
}

/**
 * test_vmresume_error - why a VMRESUME of a VMCS fails on this CPU
 * @pa: the VMCS: active here, or clear
 *
 * Context: any but NMI.
 * Return: the VM-instruction error; -EFAULT: this CPU is not in VMX operation.
 */
int test_vmresume_error(u64 pa)
{
	unsigned long flags;
	int error;

	local_irq_save(flags);
	error = ask(pa);
	local_irq_restore(flags);
	return error;
}

/* Where VMX is off it is turned on for that: before interrupts are on again, so no one sees it. */
static int ask_anywhere(u64 pa)
{
	int err, error;

	if (test_vmx_on())
		return ask(pa);
	err = test_vmx_enter(this_cpu_read(root));
	if (err)
		return err;
	error = ask(pa);
	err = test_vmx_leave();
	return err ? err : error;
}

/**
 * test_vmcs_cleared - has a VMCS been VMCLEARed?
 * @pa: the VMCS; of this kernel, or of one that has crashed
 *
 * Asked on this CPU, wherever it was active. A CPU may keep to itself what it knows of an active
 * VMCS until VMCLEAR: on one that does, this sees what was there before. So it proves that a
 * VMCLEAR is missing, and that none is missing only where all is in memory, as in emulators.
 *
 * Context: any but NMI.
 * Return: 0; -EPROTO: it is launched; another negative errno: this CPU can't be asked.
 */
int test_vmcs_cleared(u64 pa)
{
	unsigned long flags;
	int error;

	local_irq_save(flags);
	error = ask_anywhere(pa);
	local_irq_restore(flags);
	if (error < 0)
		return error;
	return error == VMXERR_VMRESUME_NONLAUNCHED_VMCS ? 0 : -EPROTO;
}

/**
 * test_launch_exit - free what test_launch_init() has allocated
 */
void test_launch_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		free_page((unsigned long)per_cpu(other, cpu));
		free_page((unsigned long)per_cpu(root, cpu));
	}
}

/**
 * test_launch_init - for each CPU a VMCS to turn to, and a root VMCS
 *
 * Return: 0 or -ENOMEM.
 */
int test_launch_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(other, cpu) = test_vmcs_page();
		per_cpu(root, cpu) = test_vmcs_page();
		if (!per_cpu(other, cpu) || !per_cpu(root, cpu)) {
			test_launch_exit();
			return -ENOMEM;
		}
	}
	return 0;
}
