// SPDX-License-Identifier: GPL-2.0-only
/*
 * One VM entry on the current VMCS. Only a VM entry makes a VMCS launched; one
 * that fails for the guest's state does not.
 *
 * The guest runs with the host's page tables and registers. Its only
 * instruction is CPUID, which always causes a VM exit.
 *
 * SDM volume 3, "VM Entries", "Loading Host State"; appendix A for the
 * controls.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/smp.h>
#include <asm/cpu_entry_area.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/irq_vectors.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>
#include <vmxcore/vmxcore.h>

#include "compat.h"
#include "cpus.h"
#include "test.h"

#define DR7_AFTER_RESET	0x400

/* Host state that a VM exit destroys and that no field of the VMCS restores */
struct host {
	struct desc_ptr gdt;
	struct desc_ptr idt;
	unsigned long dr7;
	u64 debugctl;
	u16 ds;
	u16 es;
};

struct field {
	unsigned long name;
	unsigned long value;
};

static u64 read_msr(u32 msr)
{
	u64 value;

	rdmsrq(msr, value);
	return value;
}

static int write_fields(const struct field *fields, size_t count)
{
	int err = 0;

	for (; count && !err; count--, fields++)
		err = vmxcore_vmwrite(fields->name, fields->value);
	return err;
}

/* The default1 controls, and what a 64-bit guest on a 64-bit host needs. */
static int write_controls(void)
{
	const struct vmxcore_caps *caps = vmxcore_caps();
	const struct field controls[] = {
		{ PIN_BASED_VM_EXEC_CONTROL,
		  lower_32_bits(caps->pinbased) | PIN_BASED_NMI_EXITING },
		{ CPU_BASED_VM_EXEC_CONTROL, lower_32_bits(caps->procbased) },
		{ VM_EXIT_CONTROLS, lower_32_bits(caps->exit) | VM_EXIT_HOST_ADDR_SPACE_SIZE },
		{ VM_ENTRY_CONTROLS, lower_32_bits(caps->entry) | VM_ENTRY_IA32E_MODE },
		{ EXCEPTION_BITMAP, U32_MAX },
		{ PAGE_FAULT_ERROR_CODE_MASK, 0 },
		{ PAGE_FAULT_ERROR_CODE_MATCH, 0 },
		{ CR3_TARGET_COUNT, 0 },
		{ VM_EXIT_MSR_STORE_COUNT, 0 },
		{ VM_EXIT_MSR_LOAD_COUNT, 0 },
		{ VM_ENTRY_MSR_LOAD_COUNT, 0 },
		{ VM_ENTRY_INTR_INFO_FIELD, 0 },
		{ VMCS_LINK_POINTER, ~0UL },
	};

	return write_fields(controls, ARRAY_SIZE(controls));
}

/* Only CS and TR are usable, as VM entry requires them. Interrupts are off. */
static int write_guest(void)
{
	const struct field guest[] = {
		{ GUEST_CR0, read_raw_cr0() },
		{ GUEST_CR3, __read_cr3() },
		{ GUEST_CR4, read_raw_cr4() },
		{ GUEST_DR7, DR7_AFTER_RESET },
		{ GUEST_RSP, 0 },
		{ GUEST_RFLAGS, X86_EFLAGS_FIXED },
		{ GUEST_IA32_DEBUGCTL, 0 },
		{ GUEST_ACTIVITY_STATE, GUEST_ACTIVITY_ACTIVE },
		{ GUEST_INTERRUPTIBILITY_INFO, 0 },
		{ GUEST_PENDING_DBG_EXCEPTIONS, 0 },
		{ GUEST_CS_LIMIT, U32_MAX },
		{ GUEST_CS_AR_BYTES, VMX_AR_P_MASK | VMX_AR_S_MASK | VMX_AR_L_MASK | VMX_AR_G_MASK |
				     VMX_AR_TYPE_CODE_MASK | VMX_AR_TYPE_READABLE_MASK |
				     VMX_AR_TYPE_ACCESSES_MASK },
		{ GUEST_TR_LIMIT, __KERNEL_TSS_LIMIT },
		{ GUEST_TR_AR_BYTES, VMX_AR_P_MASK | VMX_AR_TYPE_BUSY_64_TSS },
		{ GUEST_SS_AR_BYTES, VMX_AR_UNUSABLE_MASK },
		{ GUEST_DS_AR_BYTES, VMX_AR_UNUSABLE_MASK },
		{ GUEST_ES_AR_BYTES, VMX_AR_UNUSABLE_MASK },
		{ GUEST_FS_AR_BYTES, VMX_AR_UNUSABLE_MASK },
		{ GUEST_GS_AR_BYTES, VMX_AR_UNUSABLE_MASK },
		{ GUEST_LDTR_AR_BYTES, VMX_AR_UNUSABLE_MASK },
		/* VM entry loads these in any case. */
		{ GUEST_FS_BASE, read_msr(MSR_FS_BASE) },
		{ GUEST_GS_BASE, read_msr(MSR_GS_BASE) },
		{ GUEST_SYSENTER_CS, 0 },
		{ GUEST_SYSENTER_ESP, 0 },
		{ GUEST_SYSENTER_EIP, 0 },
	};
	static const unsigned long zeros[] = {
		GUEST_CS_SELECTOR, GUEST_SS_SELECTOR, GUEST_DS_SELECTOR, GUEST_ES_SELECTOR,
		GUEST_FS_SELECTOR, GUEST_GS_SELECTOR, GUEST_TR_SELECTOR, GUEST_LDTR_SELECTOR,
		GUEST_CS_BASE, GUEST_SS_BASE, GUEST_DS_BASE, GUEST_ES_BASE, GUEST_TR_BASE,
		GUEST_LDTR_BASE, GUEST_GDTR_BASE, GUEST_GDTR_LIMIT, GUEST_IDTR_BASE,
		GUEST_IDTR_LIMIT, GUEST_SS_LIMIT, GUEST_DS_LIMIT, GUEST_ES_LIMIT, GUEST_FS_LIMIT,
		GUEST_GS_LIMIT, GUEST_LDTR_LIMIT,
	};
	int err = write_fields(guest, ARRAY_SIZE(guest));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(zeros) && !err; i++)
		err = vmxcore_vmwrite(zeros[i], 0);
	return err;
}

static int write_host(const struct host *host)
{
	struct x86_hw_tss *tss = &get_cpu_entry_area(smp_processor_id())->tss.x86_tss;
	const struct field fields[] = {
		{ HOST_CR0, read_raw_cr0() },
		{ HOST_CR3, __read_cr3() },
		{ HOST_CR4, read_raw_cr4() },
		{ HOST_CS_SELECTOR, __KERNEL_CS },
		{ HOST_SS_SELECTOR, __KERNEL_DS },
		{ HOST_DS_SELECTOR, 0 },
		{ HOST_ES_SELECTOR, 0 },
		{ HOST_FS_SELECTOR, 0 },
		{ HOST_GS_SELECTOR, 0 },
		{ HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8 },
		{ HOST_FS_BASE, read_msr(MSR_FS_BASE) },
		{ HOST_GS_BASE, read_msr(MSR_GS_BASE) },
		{ HOST_TR_BASE, (unsigned long)tss },
		{ HOST_GDTR_BASE, host->gdt.address },
		{ HOST_IDTR_BASE, host->idt.address },
		{ HOST_IA32_SYSENTER_CS, read_msr(MSR_IA32_SYSENTER_CS) },
		{ HOST_IA32_SYSENTER_ESP, read_msr(MSR_IA32_SYSENTER_ESP) },
		{ HOST_IA32_SYSENTER_EIP, read_msr(MSR_IA32_SYSENTER_EIP) },
	};

	return write_fields(fields, ARRAY_SIZE(fields));
}

static void save(struct host *host)
{
	native_store_gdt(&host->gdt);
	store_idt(&host->idt);
	get_debugreg(host->dr7, 7);
	host->debugctl = read_msr(MSR_IA32_DEBUGCTLMSR);
	savesegment(ds, host->ds);
	savesegment(es, host->es);
}

/*
 * The tasks of these tests are 64-bit, with no LDT and null selectors in FS and
 * GS.
 */
static void restore(const struct host *host)
{
	native_load_gdt(&host->gdt);
	native_load_idt(&host->idt);
	invalidate_tss_limit();
	loadsegment(ds, host->ds);
	loadsegment(es, host->es);
	set_debugreg(host->dr7, 7);
	wrmsrq(MSR_IA32_DEBUGCTLMSR, host->debugctl);
}

/*
 * The host executes the CPUID as well, on its way to the VM entry: otherwise
 * objtool would take it for unreachable code. After a VM exit the host continues
 * where it would after a failed entry; the exit clears the flags that tell the
 * two apart. Nothing here faults, as VMX is on.
 */
#define ENTER(instruction)						\
({									\
	bool failed;							\
									\
	asm volatile("vmwrite %%rsp, %[rsp]\n\t"			\
		     "lea 2f(%%rip), %%rax\n\t"				\
		     "vmwrite %%rax, %[rip]\n\t"			\
		     "lea 1f(%%rip), %%rax\n\t"				\
		     "vmwrite %%rax, %[guest_rip]\n\t"			\
		     "xor %%eax, %%eax\n\t"				\
		     "1: cpuid\n\t"					\
		     instruction "\n\t"					\
		     "2: setbe %[failed]"				\
		     : [failed] "=&r" (failed)				\
		     : [rsp] "r" (HOST_RSP + 0UL),			\
		       [rip] "r" (HOST_RIP + 0UL),			\
		       [guest_rip] "r" (GUEST_RIP + 0UL)		\
		     : "rax", "rbx", "rcx", "rdx", "cc", "memory");	\
	failed;								\
})

/*
 * An NMI that caused the exit belongs to the host, and NMIs stay blocked until
 * an IRET.
 */
static void deliver_nmi(unsigned long reason)
{
	unsigned long event;

	if ((u16)reason == EXIT_REASON_EXCEPTION_NMI &&
	    !vmxcore_vmread(VM_EXIT_INTR_INFO, &event) &&
	    (event & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR)
		asm volatile("int %0" : : "i" (NMI_VECTOR) : "memory");
}

/* Returns a VM-instruction error, 0 if the guest ran, or a negative errno. */
static int result_of(bool failed)
{
	unsigned long value;
	int err = vmxcore_vmread(failed ? VM_INSTRUCTION_ERROR : VM_EXIT_REASON, &value);

	if (err)
		return err;
	if (failed)
		return value;
	if (value & VMX_EXIT_REASONS_FAILED_VMENTRY)
		return -EPROTO;
	deliver_nmi(value);
	return 0;
}

/*
 * Enters a guest that exits at once, on the current VMCS, by VMLAUNCH or
 * VMRESUME. Overwrites the VMCS. Interrupts are off, and this is no NMI.
 *
 * Returns 0 after a VM entry and exit, the VM-instruction error if there was no
 * entry, -EPROTO if the entry failed for the guest's state, or -EIO or -EFAULT
 * if VMWRITE or VMREAD failed.
 */
int test_vm_entry(bool resume)
{
	struct host host;
	bool failed;
	int err;

	save(&host);
	err = write_controls() ?: write_guest() ?: write_host(&host);
	if (err)
		return err;
	failed = resume ? ENTER("vmresume") : ENTER("vmlaunch");
	restore(&host);
	return result_of(failed);
}
