/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot sector of VirtualBox's guest. Each CPU computes in rounds, as the
 * guest of vmrun does, in real mode, and prints a line for each to the serial
 * port: its own number, the number of the round, its last state and its sum.
 * vboxticks checks them.
 *
 * The first CPU has a handler of its own for timer interrupts, as no BIOS
 * promises to keep the upper halves of the registers.
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

#define APIC_BASE	0x1b
#define APIC_X2		0x400
#define APIC_COMMAND	0x830
#define INIT_OTHERS	0xc4500
#define START_OTHERS	0xc4607
/* Where START_OTHERS makes them start */
#define OTHERS		0x7000
#define FAR_JUMP	0xea
#define CPUID_1_X2APIC	21
/* Each CPU has a stack of 512 bytes below this, and 64 KB from 0x10000 on. */
#define STACK		0x7000
#define STACK_SHIFT	9
#define DATA_SHIFT	12

	.code16
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$STACK, %sp
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
	movb	$FAR_JUMP, OTHERS
	movl	$others, OTHERS + 1
	movl	$1, %eax
	cpuid
	btl	$CPUID_1_X2APIC, %ecx
	jnc	alone
	movl	$APIC_BASE, %ecx
	rdmsr
	orw	$APIC_X2, %ax
	wrmsr
	movl	$APIC_COMMAND, %ecx
	xorl	%edx, %edx
	movl	$INIT_OTHERS, %eax
	wrmsr
	movl	$START_OTHERS, %eax
	wrmsr
alone:
	sti
others:
	/* edi is the number of the CPU, eax the state, ebp the round. */
	movl	$1, %edi
	lock xaddl %edi, %cs:cpus
	xorw	%ax, %ax
	movw	%ax, %ss
	movw	%di, %ax
	shlw	$STACK_SHIFT, %ax
	movw	$STACK, %sp
	subw	%ax, %sp
	movw	%di, %ax
	incw	%ax
	shlw	$DATA_SHIFT, %ax
	movw	%ax, %ds
	leal	FIRST_STATE(%edi), %eax
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
busy:
	pause
	lock btsw $0, %cs:printing
	jc	busy
	movl	%edi, %eax
	movb	$' ', %cl
	call	print
	movl	%ebp, %eax
	call	print
	popl	%eax
	pushl	%eax
	call	print
	movl	%ebx, %eax
	movb	$'\n', %cl
	call	print
	movw	$0, %cs:printing
	popl	%eax
	incl	%ebp
	jmp	round

cpus:
	.long	0
printing:
	.word	0

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
