/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX instructions that do not take the kernel down when VMX is off: a fault is
 * an error code, by an exception table entry. Only vmxcore.ko has VMXON and
 * VMXOFF, and they are not here.
 */
#ifndef _VMXCORE_INSN_H
#define _VMXCORE_INSN_H

#include <linux/errno.h>
#include <linux/types.h>
#include <asm/asm.h>

/* INVEPT and INVVPID types: SDM volume 3, chapter "VMX Instruction Reference" */
#define VMXCORE_INVEPT_ALL	2
#define VMXCORE_INVVPID_ALL	2

/* One descriptor serves both: what is not used is reserved and must be 0. */
struct vmxcore_inv_desc {
	u64 what;
	u64 address;
};

/**
 * vmxcore_vmptrst - the physical address of this CPU's current VMCS
 * @pa: where to store it; all ones when there is no current VMCS
 *
 * The one VMX instruction that changes nothing: it tells whether this CPU is in
 * VMX operation without disturbing whoever put it there.
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
 * vmxcore_invept_all - flush the guest-physical mappings of all EPT roots here
 *
 * Context: preemption off, post-VMXON, IA32_VMX_EPT_VPID_CAP has the type.
 * Return: 0; -EFAULT: it faulted; -EIO: VMfail.
 */
static inline int vmxcore_invept_all(void)
{
	struct vmxcore_inv_desc desc = { };

	asm goto("1: invept %0, %1\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (desc), "r" (VMXCORE_INVEPT_ALL + 0UL)
		 : "cc", "memory" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

/**
 * vmxcore_invvpid_all - flush the mappings of all VPIDs but 0 on this CPU
 *
 * Context: preemption off, post-VMXON, IA32_VMX_EPT_VPID_CAP has the type.
 * Return: 0; -EFAULT: it faulted; -EIO: VMfail.
 */
static inline int vmxcore_invvpid_all(void)
{
	struct vmxcore_inv_desc desc = { };

	asm goto("1: invvpid %0, %1\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (desc), "r" (VMXCORE_INVVPID_ALL + 0UL)
		 : "cc", "memory" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

#endif /* _VMXCORE_INSN_H */
