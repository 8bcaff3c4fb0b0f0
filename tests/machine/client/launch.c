// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch state of VMCSs. Its place in memory and its encoding are not
 * architectural, so a VM entry sets it and the CPU is asked for it.
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

/* A VMCS to make current so that no tested VMCS is */
static DEFINE_PER_CPU(u32 *, other);

/* A root VMCS for a CPU that is asked while VMX is off */
static DEFINE_PER_CPU(u32 *, root);

/* Returns a page that can be a VMCS on this machine's CPUs, or NULL. */
u32 *test_vmcs_page(void)
{
	u32 *page = (u32 *)get_zeroed_page(GFP_KERNEL);

	if (page)
		*page = vmxcore_caps()->basic & GENMASK(30, 0);
	return page;
}

/* Makes the VMCS at @pa current, or none. Interrupts are off. */
static int make_current(u64 pa)
{
	u64 away = virt_to_phys(this_cpu_read(other));

	if (pa != NO_CURRENT_VMCS)
		return vmxcore_vmptrld(pa);
	return vmxcore_vmclear(away) ?: vmxcore_vmptrld(away) ?: vmxcore_vmclear(away);
}

/* VMLAUNCH fails if the VMCS is launched or was never VMCLEARed. */
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

/*
 * Runs a guest on a VMCS that is active on this CPU, which makes it launched.
 * Callable in any context but NMI. Returns -EPROTO if the VM entry failed,
 * -EFAULT if VMX is off.
 */
int test_launch(u32 *page)
{
	unsigned long flags;
	u64 before;
	int err;

	local_irq_save(flags);
	err = vmxcore_vmptrst(&before) ?: make_current(virt_to_phys(page)) ?: enter();
	if (!err)
		err = make_current(before);
	local_irq_restore(flags);
	return err;
}

/*
 * VMRESUME checks the launch state first, and then fails in any case, because
 * some of these controls must be 1 (SDM volume 3, "Basic VM-Entry Checks"). So
 * no guest runs, whichever hypervisor the VMCS belongs to.
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

/* A VMCS that was clear is left clear, not active on this CPU. */
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

/*
 * Returns the VM-instruction error of a VMRESUME on a VMCS that is active on
 * this CPU or clear. Callable in any context but NMI. Returns -EFAULT if VMX is
 * off.
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

/*
 * If VMX is off, turn it on for the question. Interrupts are off, so nothing
 * sees it.
 */
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

/*
 * Has the VMCS at @pa been VMCLEARed? It may belong to this kernel or to one
 * that has crashed. Callable in any context but NMI.
 *
 * This CPU is asked, wherever the VMCS was active. A CPU may keep an active
 * VMCS's data to itself until VMCLEAR; then the answer is about what was in
 * memory before. So this always proves that a VMCLEAR is missing, but proves
 * that none is missing only where all data is in memory, as in emulators.
 *
 * Returns 0, -EPROTO if the VMCS is launched, or another negative errno if this
 * CPU cannot be asked.
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

void test_launch_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		free_page((unsigned long)per_cpu(other, cpu));
		free_page((unsigned long)per_cpu(root, cpu));
	}
}

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
