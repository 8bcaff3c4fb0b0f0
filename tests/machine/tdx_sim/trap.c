// SPDX-License-Identifier: GPL-2.0-only
/*
 * Implements SEAMCALL on a CPU without it. The instruction raises #UD, and the
 * kernel calls the die notifiers before it looks for an exception table entry.
 * The notifier in this file does what the instruction would have done. Rules:
 * CPU, "SEAMCALL"; SDM volume 3, "Conventions" of the VMX instruction
 * reference, for the flags.
 */
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/extable.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include <vmxcore/insn.h>

#include "sim.h"

#define FLAGS_ARITHMETIC (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			  X86_EFLAGS_SF | X86_EFLAGS_OF)

static const u8 opcode[] = { 0x66, 0x0f, 0x01, 0xcf };

/* The kernel declares fixup_exception() but does not export it. */
static int (*kernel_fixup)(struct pt_regs *regs, int trapnr, unsigned long error_code,
			   unsigned long fault_addr);
static_assert(__same_type(*kernel_fixup, fixup_exception));

/*
 * This check also ignores the #UD of the VMPTRST below while VMX is off, which
 * would recurse otherwise.
 */
static bool is_seamcall(const struct pt_regs *regs)
{
	u8 bytes[sizeof(opcode)];

	return !copy_from_kernel_nofault(bytes, (void *)regs->ip, sizeof(bytes)) &&
	       !memcmp(bytes, opcode, sizeof(opcode));
}

/* Asks the hardware and not vmxcore, whose own records may be what is wrong. */
static bool post_vmxon(void)
{
	u64 pa;

	return !vmxcore_vmptrst(&pa);
}

static void read_regs(struct sim_regs *to, const struct pt_regs *from)
{
	to->rax = from->ax;
	to->rcx = from->cx;
	to->rdx = from->dx;
	to->r8 = from->r8;
	to->r9 = from->r9;
	to->r10 = from->r10;
	to->r11 = from->r11;
}

static void write_regs(struct pt_regs *to, const struct sim_regs *from)
{
	to->ax = from->rax;
	to->cx = from->rcx;
	to->dx = from->rdx;
	to->r8 = from->r8;
	to->r9 = from->r9;
	to->r10 = from->r10;
	to->r11 = from->r11;
}

static int done(struct pt_regs *regs, unsigned long set)
{
	regs->flags = (regs->flags & ~FLAGS_ARITHMETIC) | set;
	regs->ip += sizeof(opcode);
	return NOTIFY_STOP;
}

/*
 * A caller without an exception table entry gets the original #UD instead of
 * #GP.
 */
static int raise_gp(struct pt_regs *regs)
{
	return kernel_fixup(regs, X86_TRAP_GP, 0, 0) ? NOTIFY_STOP : NOTIFY_DONE;
}

static int seamcall(struct pt_regs *regs)
{
	enum sim_outcome outcome = SIM_UD;
	struct sim_regs in, out;

	read_regs(&in, regs);
	out = in;
	if (post_vmxon())
		outcome = sim_execute(&out);
	if (outcome != SIM_DONE)
		out = in;
	sim_log(&in, &out, outcome);

	switch (outcome) {
	case SIM_DONE:
		write_regs(regs, &out);
		return done(regs, 0);
	case SIM_VMFAILINVALID:
		return done(regs, X86_EFLAGS_CF);
	case SIM_GP:
		return raise_gp(regs);
	default:
		return NOTIFY_DONE;
	}
}

static int on_die(struct notifier_block *block, unsigned long event, void *data)
{
	struct die_args *args = data;

	if (event != DIE_TRAP || args->trapnr != X86_TRAP_UD || user_mode(args->regs) ||
	    !is_seamcall(args->regs))
		return NOTIFY_DONE;
	return seamcall(args->regs);
}

static struct notifier_block die_block = {
	.notifier_call = on_die,
};

static int find_fixup(void)
{
	struct kprobe probe = { .symbol_name = "fixup_exception" };
	int err = register_kprobe(&probe);

	if (err)
		return err;
	kernel_fixup = (void *)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

int sim_trap_init(void)
{
	return find_fixup() ?: register_die_notifier(&die_block);
}

/* When this returns, no call is in progress. */
void sim_trap_exit(void)
{
	unregister_die_notifier(&die_block);
}
