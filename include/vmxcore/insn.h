/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * VMX instructions that return an error code if they fault, by an exception table entry, so
 * that they can be executed where VMX may be off. VMXON and VMXOFF are not among them, because
 * no client executes these.
 */
#ifndef _VMXCORE_INSN_H
#define _VMXCORE_INSN_H

#include <linux/errno.h>
#include <linux/types.h>
#include <asm/asm.h>

/* INVEPT and INVVPID types: SDM volume 3, chapter "VMX Instruction Reference" */
#define VMXCORE_INVEPT_SINGLE	1
#define VMXCORE_INVEPT_ALL	2
#define VMXCORE_INVVPID_SINGLE	1
#define VMXCORE_INVVPID_ALL	2

/* INVEPT and INVVPID use it. A field that an instruction does not use must be 0. */
struct vmxcore_inv_desc {
	u64 what;
	u64 address;
};

/**
 * vmxcore_vmptrst - the physical address of this CPU's current VMCS
 * @pa: where to store it; all ones when there is no current VMCS
 *
 * It changes nothing, so it tells whether this CPU is in VMX operation without disturbing the
 * hypervisor that has put it there.
 *
 * Context: preemption off.
 * Return: 0, or -EFAULT: this CPU is not in VMX operation (#UD).
 */
static inline int vmxcore_vmptrst(u64 *pa)
{
	asm goto("1: vmptrst %0\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (*pa) : "cc", "memory" : fault);
	return 0;
fault:
	return -EFAULT;
}

/**
 * vmxcore_vmptrld - make a VMCS current on this CPU
 * @pa: its physical address
 *
 * For vmxcore; clients call vmxcore_vmcs_load().
 *
 * Context: preemption off.
 * Return: 0; -EFAULT: this CPU is not in VMX operation; -EIO: VMfail, not a VMCS of
 * this CPU's revision.
 */
static inline int vmxcore_vmptrld(u64 pa)
{
	asm goto("1: vmptrld %0\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (pa) : "cc", "memory" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

/**
 * vmxcore_vmclear - write a VMCS back to memory and make it clear
 * @pa: its physical address
 *
 * For vmxcore; clients call vmxcore_vmcs_clear().
 *
 * Context: preemption off.
 * Return: as vmxcore_vmptrld(), but VMCLEAR does not look at the revision identifier.
 */
static inline int vmxcore_vmclear(u64 pa)
{
	asm goto("1: vmclear %0\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (pa) : "cc", "memory" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

/**
 * vmxcore_vmread - read a field of the current VMCS
 * @field: its encoding
 * @value: where to store it
 *
 * Context: preemption off.
 * Return: 0; -EFAULT: this CPU is not in VMX operation; -EIO: VMfail, no current VMCS or
 * no such field.
 */
static inline int vmxcore_vmread(unsigned long field, unsigned long *value)
{
	unsigned long read = 0;
	int err = -EFAULT;

	/* The oldest compiler that builds these kernels has no asm goto with outputs. */
	asm volatile("1: vmread %[field], %[read]\n\t"
		     "mov %[vmfail], %[err]\n\t"
		     "jbe 2f\n\t"
		     "xor %[err], %[err]\n\t"
		     "2:\n\t"
		     _ASM_EXTABLE(1b, 2b)
		     : [read] "+r" (read), [err] "+r" (err)
		     : [field] "r" (field), [vmfail] "i" (-EIO)
		     : "cc");
	*value = read;
	return err;
}

/**
 * vmxcore_vmwrite - write a field of the current VMCS
 * @field: its encoding
 * @value: what to write
 *
 * Context: preemption off.
 * Return: as vmxcore_vmread(); -EIO also for a field that may only be read.
 */
static inline int vmxcore_vmwrite(unsigned long field, unsigned long value)
{
	asm goto("1: vmwrite %1, %0\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "r" (field), "rm" (value) : "cc" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

static inline int __vmxcore_invept(unsigned long type, u64 eptp)
{
	struct vmxcore_inv_desc desc = { .what = eptp };

	asm goto("1: invept %0, %1\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (desc), "r" (type) : "cc", "memory" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

/**
 * vmxcore_invept_single - flush the guest-physical mappings of one EPT root here
 * @eptp: its EPT pointer
 *
 * Context: preemption off; this CPU is in VMX operation, and IA32_VMX_EPT_VPID_CAP reports it.
 * Return: 0; -EFAULT: it faulted; -EIO: VMfail.
 */
static inline int vmxcore_invept_single(u64 eptp)
{
	return __vmxcore_invept(VMXCORE_INVEPT_SINGLE, eptp);
}

/**
 * vmxcore_invept_all - flush the guest-physical mappings of all EPT roots here
 *
 * Context: preemption off; this CPU is in VMX operation, and IA32_VMX_EPT_VPID_CAP reports it.
 * Return: 0; -EFAULT: it faulted; -EIO: VMfail.
 */
static inline int vmxcore_invept_all(void)
{
	return __vmxcore_invept(VMXCORE_INVEPT_ALL, 0);
}

static inline int __vmxcore_invvpid(unsigned long type, u16 vpid)
{
	struct vmxcore_inv_desc desc = { .what = vpid };

	asm goto("1: invvpid %0, %1\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (desc), "r" (type) : "cc", "memory" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

/**
 * vmxcore_invvpid_single - flush the mappings of one VPID on this CPU
 * @vpid: not 0
 *
 * Context: preemption off; this CPU is in VMX operation, and IA32_VMX_EPT_VPID_CAP reports it.
 * Return: 0; -EFAULT: it faulted; -EIO: VMfail.
 */
static inline int vmxcore_invvpid_single(u16 vpid)
{
	return __vmxcore_invvpid(VMXCORE_INVVPID_SINGLE, vpid);
}

/**
 * vmxcore_invvpid_all - flush the mappings of all VPIDs but 0 on this CPU
 *
 * Context: preemption off; this CPU is in VMX operation, and IA32_VMX_EPT_VPID_CAP reports it.
 * Return: 0; -EFAULT: it faulted; -EIO: VMfail.
 */
static inline int vmxcore_invvpid_all(void)
{
	return __vmxcore_invvpid(VMXCORE_INVVPID_ALL, 0);
}

#endif /* _VMXCORE_INSN_H */
