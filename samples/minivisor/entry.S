/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switch between the host's and the guest's general-purpose registers. VMX
 * switches only RSP, RIP, RFLAGS and what the VMCS has fields for.
 *
 * A hypervisor whose guests are not its own code needs more here: SPEC_CTRL,
 * the return stack buffer, the L1 data cache and the CPU's buffers. KVM's
 * vmenter.S and vmx_vcpu_enter_exit() handle all of them.
 */
#include <linux/errno.h>
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

#include "regs.h"

/* <asm/vmx.h> has it as an enum, which assembly code cannot use. */
#define HOST_RSP	0x6c14

#define GUEST_REG(name)	(GUEST_##name * 8)

.text

/*
 * minivisor_enter(regs, launched) - run the guest of the current VMCS until its
 * next VM exit
 *
 * RDI: the guest's registers, indexed by regs.h. SIL: execute VMRESUME, else
 * VMLAUNCH.
 *
 * Returns 0 after a VM exit, -EIO after VMfail, -EFAULT if VMX is off, which is
 * expected while the machine goes down.
 */
SYM_FUNC_START(minivisor_enter)
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdi

	mov $HOST_RSP, %eax
.Lset_rsp:
	vmwrite %rsp, %rax
	jbe .Lvmfail

	/* The jz below needs ZF, so only MOV, which changes no flag, may follow. */
	test %sil, %sil
	mov %rdi, %rax
	mov GUEST_REG(RCX)(%rax), %rcx
	mov GUEST_REG(RDX)(%rax), %rdx
	mov GUEST_REG(RBX)(%rax), %rbx
	mov GUEST_REG(RBP)(%rax), %rbp
	mov GUEST_REG(RSI)(%rax), %rsi
	mov GUEST_REG(RDI)(%rax), %rdi
	mov GUEST_REG(R8)(%rax), %r8
	mov GUEST_REG(R9)(%rax), %r9
	mov GUEST_REG(R10)(%rax), %r10
	mov GUEST_REG(R11)(%rax), %r11
	mov GUEST_REG(R12)(%rax), %r12
	mov GUEST_REG(R13)(%rax), %r13
	mov GUEST_REG(R14)(%rax), %r14
	mov GUEST_REG(R15)(%rax), %r15
	mov GUEST_REG(RAX)(%rax), %rax
	jz .Llaunch

	/*
	 * objtool cannot see that execution continues at minivisor_exit, by way
	 * of HOST_RIP.
	 */
	UNWIND_HINT_SAVE
.Lresume:
	vmresume
	jmp .Lvmfail
.Llaunch:
	vmlaunch
	jmp .Lvmfail

	_ASM_EXTABLE(.Lset_rsp, .Lfault)
	_ASM_EXTABLE(.Lresume, .Lfault)
	_ASM_EXTABLE(.Llaunch, .Lfault)

SYM_INNER_LABEL_ALIGN(minivisor_exit, SYM_L_GLOBAL)
	UNWIND_HINT_RESTORE
	ENDBR

	push %rax
	mov 8(%rsp), %rax
	pop GUEST_REG(RAX)(%rax)
	mov %rcx, GUEST_REG(RCX)(%rax)
	mov %rdx, GUEST_REG(RDX)(%rax)
	mov %rbx, GUEST_REG(RBX)(%rax)
	mov %rbp, GUEST_REG(RBP)(%rax)
	mov %rsi, GUEST_REG(RSI)(%rax)
	mov %rdi, GUEST_REG(RDI)(%rax)
	mov %r8, GUEST_REG(R8)(%rax)
	mov %r9, GUEST_REG(R9)(%rax)
	mov %r10, GUEST_REG(R10)(%rax)
	mov %r11, GUEST_REG(R11)(%rax)
	mov %r12, GUEST_REG(R12)(%rax)
	mov %r13, GUEST_REG(R13)(%rax)
	mov %r14, GUEST_REG(R14)(%rax)
	mov %r15, GUEST_REG(R15)(%rax)
	xor %eax, %eax

.Lreturn:
	pop %rdi
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	RET

.Lvmfail:
	mov $-EIO, %eax
	jmp .Lreturn
.Lfault:
	mov $-EFAULT, %eax
	jmp .Lreturn
SYM_FUNC_END(minivisor_enter)
