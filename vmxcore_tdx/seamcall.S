/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEAMCALL with its full register interface: "Intel TDX CPU Architectural
 * Extensions" (343754), SEAMCALL. The ABI of the TDX module says which
 * registers a leaf uses.
 *
 * This is not inline assembly, because SEAMCALL uses all general purpose
 * registers but two, and none would be left for the address of the arguments.
 */
#include <linux/linkage.h>
#include <linux/stringify.h>
#include <asm/asm.h>

#include "args.h"

/* VMXCORE_TDX_SW_ERROR and VMXCORE_TDX_VMFAILINVALID for the assembler */
#define SW_ERROR	0x8000ff0000000000
#define VMFAILINVALID	0x8000ff00ffff0000

.text

/*
 * u64 tdx_seamcall_raw(u64 leaf, struct vmxcore_tdx_args *args)
 *
 * RDI has the value for RAX, RSI the address of the other registers. Returns
 * RAX. If the instruction faulted, it returns SW_ERROR with the number of the
 * exception, and if it set CF, VMFAILINVALID; *@args is unchanged in both
 * cases.
 */
SYM_FUNC_START(tdx_seamcall_raw)
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	push %rsi

	mov %rdi, %rax
	mov ARG(RCX)(%rsi), %rcx
	mov ARG(RDX)(%rsi), %rdx
	mov ARG(R8)(%rsi), %r8
	mov ARG(R9)(%rsi), %r9
	mov ARG(R10)(%rsi), %r10
	mov ARG(R11)(%rsi), %r11
	mov ARG(R12)(%rsi), %r12
	mov ARG(R13)(%rsi), %r13
	mov ARG(R14)(%rsi), %r14
	mov ARG(R15)(%rsi), %r15
	mov ARG(RBX)(%rsi), %rbx
	mov ARG(RDI)(%rsi), %rdi
	mov ARG(RSI)(%rsi), %rsi

.Lseamcall:
	/* SEAMCALL, which the assembler of Debian 12 does not support */
	.byte 0x66, 0x0f, 0x01, 0xcf
	jc .Lvmfail

	push %rsi
	mov 8(%rsp), %rsi
	pop ARG(RSI)(%rsi)
	mov %rcx, ARG(RCX)(%rsi)
	mov %rdx, ARG(RDX)(%rsi)
	mov %r8, ARG(R8)(%rsi)
	mov %r9, ARG(R9)(%rsi)
	mov %r10, ARG(R10)(%rsi)
	mov %r11, ARG(R11)(%rsi)
	mov %r12, ARG(R12)(%rsi)
	mov %r13, ARG(R13)(%rsi)
	mov %r14, ARG(R14)(%rsi)
	mov %r15, ARG(R15)(%rsi)
	mov %rbx, ARG(RBX)(%rsi)
	mov %rdi, ARG(RDI)(%rsi)

.Lreturn:
	pop %rsi
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	RET

.Lvmfail:
	mov $VMFAILINVALID, %rax
	jmp .Lreturn

	/* The exception table handler has put the vector into RAX. */
.Lfault:
	mov $SW_ERROR, %rdi
	or %rdi, %rax
	jmp .Lreturn

	_ASM_EXTABLE_FAULT(.Lseamcall, .Lfault)
SYM_FUNC_END(tdx_seamcall_raw)
