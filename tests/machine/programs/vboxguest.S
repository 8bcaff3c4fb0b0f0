/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot sector of VirtualBox's guest. It computes in rounds, as the guest of
 * vmrun does, in real mode, and prints a line with the number of each round, its
 * last state and its sum to the serial port, for vboxticks.
 *
 * Its timer interrupts have a handler of its own, as no BIOS promises to keep
 * the upper halves of the registers.
 */
#include "vboxguest.h"

#define COM1		0x3f8
#define COM1_ENABLE	(COM1 + 1)
#define COM1_LINE	(COM1 + 3)
#define COM1_STATUS	(COM1 + 5)
#define CAN_SEND	0x20
#define TIMER_VECTOR	(8 * 4)
#define PIC_COMMAND	0x20
#define PIC_MASK	0x21
#define ALL_BUT_TIMER	0xfe
#define END_OF_INTERRUPT 0x20

	.code16
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7c00, %sp
	movw	$tick, TIMER_VECTOR
	movw	%ax, TIMER_VECTOR + 2
	movb	$ALL_BUT_TIMER, %al
	outb	%al, $PIC_MASK
	/* 115200 baud, 8 bits, no interrupt */
	movw	$COM1_LINE, %dx
	movb	$0x83, %al
	outb	%al, %dx
	movw	$COM1, %dx
	movb	$1, %al
	outb	%al, %dx
	movw	$COM1_ENABLE, %dx
	movb	$0, %al
	outb	%al, %dx
	movw	$COM1_LINE, %dx
	movb	$3, %al
	outb	%al, %dx
	movw	$COM1_ENABLE, %dx
	movb	$0, %al
	outb	%al, %dx
	movw	$DATA_SEGMENT, %ax
	movw	%ax, %ds
	sti
	/* eax is the state, ebp the number of the round. */
	movl	$FIRST_STATE, %eax
	xorl	%ebp, %ebp
round:
	xorl	%ebx, %ebx
	movl	$(1 << LOG_STEPS), %ecx
step:
	imull	$FACTOR, %eax, %eax
	addl	$ADDEND, %eax
	movw	%cx, %si
	andw	$0xfffc, %si
	movl	%eax, (%si)
	addl	(%si), %ebx
	decl	%ecx
	jnz	step

	pushl	%eax
	movl	%ebp, %eax
	movb	$' ', %cl
	call	print
	popl	%eax
	pushl	%eax
	call	print
	movl	%ebx, %eax
	movb	$'\n', %cl
	call	print
	popl	%eax
	incl	%ebp
	jmp	round

/* Prints eax as 8 hexadecimal digits, and the character in cl. */
print:
	movb	$8, %ch
digit:
	roll	$4, %eax
	pushl	%eax
	andb	$0xf, %al
	cmpb	$10, %al
	jb	small
	addb	$('a' - '0' - 10), %al
small:
	addb	$'0', %al
	call	send
	popl	%eax
	decb	%ch
	jnz	digit
	movb	%cl, %al
/* Sends the character in al. */
send:
	movb	%al, %ah
	movw	$COM1_STATUS, %dx
wait:
	inb	%dx, %al
	testb	$CAN_SEND, %al
	jz	wait
	movw	$COM1, %dx
	movb	%ah, %al
	outb	%al, %dx
	ret

tick:
	pushw	%ax
	movb	$END_OF_INTERRUPT, %al
	outb	%al, $PIC_COMMAND
	popw	%ax
	iretw

	.org	510
	.word	0xaa55
