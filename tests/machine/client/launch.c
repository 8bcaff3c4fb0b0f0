// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch state of VMCSs on which no guest runs: set as the emulators store it, asked for as
 * the SDM says. Where it is in memory is not architectural.
 */
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
#include "witness.h"

/* Another VMCS, to have none of those that are tested current. */
static DEFINE_PER_CPU(u32 *, other);

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

static u32 *launch_state(u32 *page)
{
	return &page[WITNESS_LAUNCH_STATE / sizeof(*page)];
}

/**
 * test_launched - is a VMCS launched, as the emulator stores it?
 * @page: the VMCS; of one that is current there need be nothing in memory
 *
 * Context: any.
 * Return: true or false.
 */
bool test_launched(u32 *page)
{
	return READ_ONCE(*launch_state(page));
}

/* From no current VMCS, or from any, to @pa or none. Interrupts are off. */
static int make_current(u64 pa)
{
	u64 away = virt_to_phys(this_cpu_read(other));

	if (pa != NO_CURRENT_VMCS)
		return vmxcore_vmptrld(pa);
	return vmxcore_vmptrld(away) ?: vmxcore_vmclear(away);
}

static int set(u32 *page)
{
	u64 before;
	int err;

	err = vmxcore_vmptrst(&before) ?: make_current(NO_CURRENT_VMCS);
	if (err)
		return err;
	WRITE_ONCE(*launch_state(page), 1);
	return make_current(before);
}

/**
 * test_launch - as if a guest had run on a VMCS that is active on this CPU
 * @page: the VMCS
 *
 * It is not current meanwhile. KVM, as the CPU of a VM, keeps what it knows of the current VMCS
 * to itself, and would write it back over what is written here.
 *
 * Context: any but NMI.
 * Return: 0, or -EFAULT: this CPU is not in VMX operation.
 */
int test_launch(u32 *page)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = set(page);
	local_irq_restore(flags);
	return err;
}

/*
 * VMRESUME fails whatever the launch state is, at which it looks first: of these VMCSs no control
 * is set, not even those that must be (SDM volume 3, "Basic VM-Entry Checks").
 */
static int failed_resume(unsigned long *error)
{
	asm goto("1: vmresume\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : : "cc", "memory" : fault);
	return vmxcore_vmread(VM_INSTRUCTION_ERROR, error);
fault:
	return -EFAULT;
}

/* One that is not launched is left clear, as it was: not active on this CPU. */
static int ask(u64 pa)
{
	unsigned long error;
	u64 before;
	int err;

	err = vmxcore_vmptrst(&before) ?: vmxcore_vmptrld(pa) ?: failed_resume(&error);
	if (!err && error == VMXERR_VMRESUME_NONLAUNCHED_VMCS)
		err = vmxcore_vmclear(pa);
	err = err ?: make_current(before);
	return err ?: error;
}

/**
 * test_vmresume_error - why a VMRESUME of a VMCS fails on this CPU
 * @page: the VMCS: active here, or clear
 *
 * Context: any but NMI.
 * Return: the VM-instruction error; -EFAULT: this CPU is not in VMX operation.
 */
int test_vmresume_error(const u32 *page)
{
	unsigned long flags;
	int error;

	local_irq_save(flags);
	error = ask(virt_to_phys((void *)page));
	local_irq_restore(flags);
	return error;
}

/**
 * test_launch_exit - free what test_launch_init() has allocated
 */
void test_launch_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu(other, cpu));
}

/**
 * test_launch_init - a VMCS for each CPU to turn to
 *
 * Return: 0 or -ENOMEM.
 */
int test_launch_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(other, cpu) = test_vmcs_page();
		if (!per_cpu(other, cpu)) {
			test_launch_exit();
			return -ENOMEM;
		}
	}
	return 0;
}
