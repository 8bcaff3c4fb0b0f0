/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest: 64-bit code at CPL 0, which the module copies to GUEST_CODE as
 * data. It has no stack and no IDT. It ends by an exception if it finds any
 * value wrong.
 *
 * R8D is the state x, R9D the sum. CPUID overwrites RBX and RCX; every other
 * register keeps a copy of x across the exits of CPUID and HLT.
 */
#include <linux/linkage.h>

#include "guest.h"
#include "minivisor_ioctl.h"

.section .rodata, "a"

SYM_DATA_START(minivisor_guest)
.Lround:
	xor %r9d, %r9d
	mov GUEST_STEPS, %ecx
.Lstep:
	imul $MINIVISOR_FACTOR, %r8d, %r8d
	add $MINIVISOR_ADDEND, %r8d
	/*
	 * The stride is odd, so many steps reach every cell, but few steps
	 * reach the page that minivisor unmaps.
	 */
	imul $MINIVISOR_STRIDE, %ecx, %esi
	and $(GUEST_DATA_SIZE - 4), %esi
	mov %r8d, GUEST_DATA(%rsi)
	add GUEST_DATA(%rsi), %r9d
	dec %ecx
	jnz .Lstep

	.irp reg, rsp, rbp, rsi, rdi, r10, r11, r12, r13, r14, r15
	mov %r8, %\reg
	.endr

	mov $MINIVISOR_LEAF, %eax
	cpuid
	cmp $MINIVISOR_LEAF_EBX, %ebx
	jne .Lwrong
	cmp $MINIVISOR_LEAF_ECX, %ecx
	jne .Lwrong
	cmp $MINIVISOR_LEAF_EDX, %edx
	jne .Lwrong
	hlt
	add %ebx, %r9d
	add %ecx, %r9d
	add %edx, %r9d

	.irp reg, rsp, rbp, rsi, rdi, r10, r11, r12, r13, r14, r15
	cmp %r8, %\reg
	jne .Lwrong
	.endr

	mov %r9, %rax
	vmcall
	jmp .Lround
.Lwrong:
	ud2
SYM_DATA_END_LABEL(minivisor_guest, SYM_L_GLOBAL, minivisor_guest_end)
