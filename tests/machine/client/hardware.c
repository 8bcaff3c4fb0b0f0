// SPDX-License-Identifier: GPL-2.0-only
/* Change a CPU's VMX state without the kernel's and vmxcore's knowledge. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/smp.h>
#include <asm/asm.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>

#include <vmxcore/vmxcore.h>

#include "compat.h"
#include "cpus.h"
#include "test.h"

/* A foreign owner has root VMCSs of its own, one for each CPU. */
static unsigned long foreign_root[NR_CPUS];

struct bend {
	unsigned long root;
	bool on;
	int err;
};

static int bend_on(unsigned int cpu, void (*how)(void *data), struct bend *bend)
{
	return smp_call_function_single(cpu, how, bend, 1) ?: bend->err;
}

static unsigned long with_bit(unsigned long value, unsigned long bit, bool set)
{
	return set ? value | bit : value & ~bit;
}

/* In VMX operation these bits are fixed: a write that changes them faults. */
static void set_vmxe(void *data)
{
	struct bend *bend = data;

	if (test_vmx_on())
		bend->err = -EBUSY;
	else
		write_raw_cr4(with_bit(read_raw_cr4(), X86_CR4_VMXE, bend->on));
}

static void set_ne(void *data)
{
	struct bend *bend = data;

	if (test_vmx_on())
		bend->err = -EBUSY;
	else
		write_raw_cr0(with_bit(read_raw_cr0(), X86_CR0_NE, bend->on));
}

/*
 * Sets or clears CR4.VMXE without the kernel's knowledge, and without VMXON.
 * Returns -EBUSY if the CPU is in VMX operation, -ENXIO if it is offline.
 */
int test_set_vmxe(unsigned int cpu, bool set)
{
	struct bend bend = { .on = set };

	return bend_on(cpu, set_vmxe, &bend);
}

/*
 * Sets or clears CR0.NE, which VMXON requires to be 1. Returns as
 * test_set_vmxe().
 */
int test_set_ne(unsigned int cpu, bool set)
{
	struct bend bend = { .on = set };

	return bend_on(cpu, set_ne, &bend);
}

static int enter_vmx(unsigned long root)
{
	u64 pa = virt_to_phys((void *)root);

	asm goto("1: vmxon %0\n\t"
		 "jbe %l[fault]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (pa) : "cc", "memory" : fault);
	return 0;
fault:
	return -EIO;
}

static int leave_vmx(void)
{
	asm goto("1: vmxoff\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : : "cc", "memory" : fault);
	return 0;
fault:
	return -EIO;
}

/*
 * Executes VMXON without vmxcore. Interrupts and VMX are off. Returns -EIO
 * after VMfail or a fault.
 */
int test_vmx_enter(void *root)
{
	int err;

	write_raw_cr4(read_raw_cr4() | X86_CR4_VMXE);
	err = enter_vmx((unsigned long)root);
	if (err)
		write_raw_cr4(read_raw_cr4() & ~X86_CR4_VMXE);
	return err;
}

/*
 * Executes VMXOFF without vmxcore. Interrupts are off. Returns -EIO if VMX was
 * off.
 */
int test_vmx_leave(void)
{
	int err = leave_vmx();

	write_raw_cr4(read_raw_cr4() & ~X86_CR4_VMXE);
	return err;
}

static void set_foreign(void *data)
{
	struct bend *bend = data;

	bend->err = bend->on ? test_vmx_enter((void *)bend->root) : test_vmx_leave();
}

static int make_root(unsigned int cpu)
{
	u64 basic;

	if (foreign_root[cpu])
		return 0;
	foreign_root[cpu] = get_zeroed_page(GFP_KERNEL);
	if (!foreign_root[cpu])
		return -ENOMEM;
	rdmsrq(MSR_IA32_VMX_BASIC, basic);
	*(u32 *)foreign_root[cpu] = basic & GENMASK(30, 0);
	return 0;
}

static void free_root(unsigned int cpu)
{
	free_page(foreign_root[cpu]);
	foreign_root[cpu] = 0;
}

/*
 * Acts as a hypervisor that does not know vmxcore: VMXON or VMXOFF on a CPU.
 * Returns -EIO if the instruction failed, -ENXIO if the CPU is offline.
 */
int test_foreign(unsigned int cpu, bool on)
{
	struct bend bend = { .on = on };
	int err;

	if (cpu >= nr_cpu_ids)
		return -ENXIO;
	err = make_root(cpu);
	if (err)
		return err;

	bend.root = foreign_root[cpu];
	err = bend_on(cpu, set_foreign, &bend);
	/* Keep the page while a CPU uses it as root VMCS. */
	if ((on && err) || (!on && !err))
		free_root(cpu);
	return err;
}

/* Returns -EPROTO if vmxcore_caps() differs from the capability MSRs. */
int test_compare_caps(void)
{
	const struct vmxcore_caps *caps = vmxcore_caps();
	u64 basic, misc, enumeration;

	rdmsrq(MSR_IA32_VMX_BASIC, basic);
	rdmsrq(MSR_IA32_VMX_MISC, misc);
	rdmsrq(MSR_IA32_VMX_VMCS_ENUM, enumeration);
	if (caps->basic == basic && caps->misc == misc && caps->vmcs_enum == enumeration)
		return 0;
	return -EPROTO;
}
