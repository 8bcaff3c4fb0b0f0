// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMX instructions of the simulated CPUs. The machine has none of them, and
 * each causes #UD. This file then does what the SDM says about the instruction
 * (volume 3, "VMX Instruction Reference"), before the kernel looks for an entry
 * in the exception table. If the instruction has to fault, the kernel goes on
 * with the exception.
 */
#include <linux/io.h>
#include <linux/kdebug.h>
#include <linux/notifier.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/insn.h>
#include <asm/insn-eval.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/traps.h>
#include <vmxcore/insn.h>

#include "hw.h"

#define FLAGS	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | \
		 X86_EFLAGS_OF)

/*
 * VMCLEAR writes this into a VMCS region. Software does not know the format of
 * this data, and must not expect that zeros do as well (SDM volume 3,
 * "Initializing a VMCS").
 */
#define INITIALIZED	0x52414c43

/* The outcome of an instruction */
enum outcome {
	SUCCEEDS,
	VMFAILS,
	FAULTS,
};

static bool is_vmcs(u64 pa, u32 revision)
{
	const struct vmxcore_vmcs_region *page = phys_to_virt(pa);

	return IS_ALIGNED(pa, PAGE_SIZE) && page->revision == revision;
}

/*
 * A VMCS region has the revision identifier, the VMX-abort indicator, and then
 * the CPU's data.
 */
static u32 *own_data(u64 pa)
{
	return (u32 *)phys_to_virt(pa) + 2;
}

static void rule_own_root(u64 pa)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (cpu != smp_processor_id() && hw_on(cpu))
			hw_rule(per_cpu(hw_cpu.root, cpu) != pa, "each CPU has its own root VMCS");
	}
}

static enum outcome vmxon(struct hw_cpu *c, u64 pa)
{
	hw_note("vmxon");
	hw_rule(c->pt_told, "Intel PT is told before VMXON");
	hw_rule(hw_slot_filled(), "the emergency slot is filled before VMXON");
	if (!hw_rule(c->vmxe, "CR4.VMXE is set before VMXON") || c->fails == -EFAULT)
		return FAULTS;
	if (!hw_rule(!c->on, "no VMXON where VMX is on") || c->fails == -EIO ||
	    !is_vmcs(pa, hw_revision()))
		return VMFAILS;
	rule_own_root(pa);
	c->root = pa;
	c->current_vmcs = HW_NO_VMCS;
	c->nr_active = 0;
	c->vmxons++;
	WRITE_ONCE(c->on, true);
	return SUCCEEDS;
}

static enum outcome vmxoff(struct hw_cpu *c)
{
	hw_note("vmxoff");
	if (!c->on)
		return FAULTS;
	hw_rule(!c->nr_active, "VMCLEAR before VMXOFF");
	WRITE_ONCE(c->on, false);
	return SUCCEEDS;
}

static unsigned int find_active(const struct hw_cpu *c, u64 pa)
{
	unsigned int i;

	for (i = 0; i < c->nr_active && c->active[i] != pa; i++)
		;
	return i;
}

static void rule_active_here(u64 pa)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct hw_cpu *c = per_cpu_ptr(&hw_cpu, cpu);

		if (cpu != smp_processor_id() && c->on)
			hw_rule(find_active(c, pa) == c->nr_active,
				"a VMCS is not loaded on two CPUs");
	}
}

static void (*when_loaded)(void);

/*
 * Calls @then right after the next VMPTRLD, on its CPU and with interrupts off.
 * It can be NULL.
 */
void hw_when_loaded(void (*then)(void))
{
	WRITE_ONCE(when_loaded, then);
}

static enum outcome vmptrld(struct hw_cpu *c, u64 pa)
{
	void (*then)(void);

	unsigned int i;

	hw_note("vmptrld");
	if (!c->on)
		return FAULTS;
	if (!is_vmcs(pa, HW_REVISION) || pa == c->root)
		return VMFAILS;
	rule_active_here(pa);
	hw_rule(*own_data(pa) == INITIALIZED, "VMCLEAR before the first VMPTRLD");
	i = find_active(c, pa);
	if (i == c->nr_active && hw_rule(i < HW_MAX_ACTIVE, "(not so many VMCSs)"))
		c->active[c->nr_active++] = pa;
	c->current_vmcs = pa;
	then = xchg(&when_loaded, NULL);
	if (then)
		then();
	return SUCCEEDS;
}

static enum outcome vmclear(struct hw_cpu *c, u64 pa)
{
	unsigned int i;

	hw_note("vmclear");
	if (!c->on)
		return FAULTS;
	if (!IS_ALIGNED(pa, PAGE_SIZE) || pa == c->root)
		return VMFAILS;
	*own_data(pa) = INITIALIZED;
	i = find_active(c, pa);
	if (i < c->nr_active)
		c->active[i] = c->active[--c->nr_active];
	if (c->current_vmcs == pa)
		c->current_vmcs = HW_NO_VMCS;
	return SUCCEEDS;
}

static enum outcome vmptrst(const struct hw_cpu *c, u64 *pa)
{
	if (!c->on)
		return FAULTS;
	*pa = c->current_vmcs;
	return SUCCEEDS;
}

/*
 * SDM, appendix A.10: @bit says whether there is the instruction, and the bits
 * from @type_bit on say which types it has.
 */
static enum outcome flush(const struct hw_cpu *c, unsigned int bit, unsigned int type_bit,
			  unsigned long type, const struct vmxcore_inv_desc *desc)
{
	u64 cap = hw_msr_exists(MSR_IA32_VMX_EPT_VPID_CAP) ? hw_msr(MSR_IA32_VMX_EPT_VPID_CAP) : 0;

	if (!c->on || !hw_rule(cap & BIT_ULL(bit), "no INVEPT or INVVPID that is not there"))
		return FAULTS;
	if (type > 3 || desc->address ||
	    !hw_rule(cap & BIT_ULL(type_bit + type), "no type of it that is not there"))
		return VMFAILS;
	return SUCCEEDS;
}

static enum outcome invept(const struct hw_cpu *c, unsigned long type,
			   const struct vmxcore_inv_desc *desc)
{
	hw_note("invept");
	return flush(c, 20, 24, type, desc);
}

static enum outcome invvpid(const struct hw_cpu *c, unsigned long type,
			    const struct vmxcore_inv_desc *desc)
{
	enum outcome outcome = flush(c, 32, 40, type, desc);

	hw_note("invvpid");
	if (outcome == SUCCEEDS && type == VMXCORE_INVVPID_ALL)
		hw_forget_guests();
	if (outcome == SUCCEEDS && type == VMXCORE_INVVPID_SINGLE &&
	    hw_rule(desc->what && desc->what < HW_NR_VPIDS, "INVVPID is given a VPID"))
		hw_forget_guest(desc->what);
	return outcome;
}

static bool has_prefix(const struct insn *insn, u8 prefix)
{
	unsigned int i;

	for (i = 0; i < insn->prefixes.nbytes; i++) {
		if (insn->prefixes.bytes[i] == prefix)
			return true;
	}
	return false;
}

static unsigned long register_operand(struct insn *insn, struct pt_regs *regs)
{
	int offset = insn_get_modrm_reg_off(insn, regs);

	return offset < 0 ? ~0UL : *(unsigned long *)((char *)regs + offset);
}

/* Emulates 0F C7 /6 and /7. Returns false if it is no VMX instruction. */
static bool group_9(struct insn *insn, void *operand, enum outcome *outcome)
{
	struct hw_cpu *c = this_cpu_ptr(&hw_cpu);
	u64 *pa = operand;

	if (X86_MODRM_MOD(insn->modrm.value) == 3)
		return false;
	if (X86_MODRM_REG(insn->modrm.value) == 7)
		*outcome = vmptrst(c, pa);
	else if (X86_MODRM_REG(insn->modrm.value) != 6)
		return false;
	else if (has_prefix(insn, 0xf3))
		*outcome = vmxon(c, *pa);
	else if (has_prefix(insn, 0x66))
		*outcome = vmclear(c, *pa);
	else
		*outcome = vmptrld(c, *pa);
	return true;
}

static bool execute(struct insn *insn, struct pt_regs *regs, enum outcome *outcome)
{
	void *operand = (void __force *)insn_get_addr_ref(insn, regs);
	const u8 *opcode = insn->opcode.bytes;
	struct hw_cpu *c = this_cpu_ptr(&hw_cpu);

	if (opcode[0] != 0x0f)
		return false;
	if (opcode[1] == 0xc7)
		return group_9(insn, operand, outcome);
	if (opcode[1] == 0x01 && insn->modrm.value == 0xc4)
		*outcome = vmxoff(c);
	else if (opcode[1] == 0x38 && opcode[2] == 0x80)
		*outcome = invept(c, register_operand(insn, regs), operand);
	else if (opcode[1] == 0x38 && opcode[2] == 0x81)
		*outcome = invvpid(c, register_operand(insn, regs), operand);
	else
		return false;
	return true;
}

/*
 * SDM, "Conventions": VMfailInvalid sets CF. VMfailValid, if a VMCS is current,
 * sets ZF.
 */
static unsigned long flags_of(enum outcome outcome)
{
	if (outcome == SUCCEEDS)
		return 0;
	return this_cpu_read(hw_cpu.current_vmcs) == HW_NO_VMCS ? X86_EFLAGS_CF : X86_EFLAGS_ZF;
}

static int on_trap(struct notifier_block *nb, unsigned long event, void *data)
{
	struct die_args *args = data;
	struct pt_regs *regs = args->regs;
	enum outcome outcome;
	struct insn insn;

	if (event != DIE_TRAP || args->trapnr != X86_TRAP_UD || user_mode(regs) ||
	    insn_decode_kernel(&insn, (void *)regs->ip) || !execute(&insn, regs, &outcome))
		return NOTIFY_DONE;
	hw_rule(!(regs->flags & X86_EFLAGS_IF), "VMX instructions with interrupts off");
	if (outcome == FAULTS)
		return NOTIFY_DONE;
	regs->flags = (regs->flags & ~FLAGS) | flags_of(outcome);
	regs->ip += insn.length;
	return NOTIFY_STOP;
}

static struct notifier_block trap_nb = {
	.notifier_call = on_trap,
};

/* From here on VMX instructions are emulated. */
int hw_listen(void)
{
	return register_die_notifier(&trap_nb);
}

/* Undoes hw_listen(). */
void hw_deafen(void)
{
	unregister_die_notifier(&trap_nb);
}
