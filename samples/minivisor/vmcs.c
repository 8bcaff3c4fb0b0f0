// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCS: what is written once, and what vmxcore_vmcs_load() asks for.
 *
 * SDM volume 3, "Virtual Machine Control Structures", and appendix A for the controls.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <asm/cpufeature.h>
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "minivisor.h"

/*
 * The guest may touch nothing that is not in the VMCS: each MSR, port, debug register and
 * CR8 is an exit, and the end of it. So the host's MSRs, those included in which KVM left
 * another guest's values, are what they were. No interrupt is acknowledged by the exit: it
 * stays pending, and the host takes it when interrupts are enabled.
 */
#define PINBASED	(PIN_BASED_EXT_INTR_MASK | PIN_BASED_NMI_EXITING)
#define PROCBASED	(CPU_BASED_HLT_EXITING | CPU_BASED_MWAIT_EXITING | \
			 CPU_BASED_MONITOR_EXITING | CPU_BASED_RDPMC_EXITING | \
			 CPU_BASED_CR8_LOAD_EXITING | CPU_BASED_CR8_STORE_EXITING | \
			 CPU_BASED_MOV_DR_EXITING | CPU_BASED_UNCOND_IO_EXITING | \
			 CPU_BASED_ACTIVATE_SECONDARY_CONTROLS)
#define PROCBASED2	SECONDARY_EXEC_ENABLE_EPT
#define EXIT		VM_EXIT_HOST_ADDR_SPACE_SIZE
#define ENTRY		(VM_ENTRY_IA32E_MODE | VM_ENTRY_LOAD_DEBUG_CONTROLS)

/* Access rights, SDM, "Guest Register State": CS for 64-bit code, and a busy TSS. */
#define AR_CODE64	(VMX_AR_P_MASK | VMX_AR_S_MASK | VMX_AR_L_MASK | VMX_AR_G_MASK | \
			 VMX_AR_TYPE_CODE_MASK | VMX_AR_TYPE_READABLE_MASK | \
			 VMX_AR_TYPE_ACCESSES_MASK)
#define AR_TSS		(VMX_AR_P_MASK | VMX_AR_TYPE_BUSY_64_TSS)

#define DR7_FIXED	0x400
#define ALL_ONES	(~0ULL)

struct field {
	unsigned long name;
	u64 value;
};

static const struct field constant_fields[] = {
	/* Every exception is an exit: the guest has no IDT. */
	{ EXCEPTION_BITMAP, U32_MAX },
	{ PAGE_FAULT_ERROR_CODE_MASK, 0 },
	{ PAGE_FAULT_ERROR_CODE_MATCH, 0 },
	{ CR3_TARGET_COUNT, 0 },
	{ VM_EXIT_MSR_STORE_COUNT, 0 },
	{ VM_EXIT_MSR_LOAD_COUNT, 0 },
	{ VM_ENTRY_MSR_LOAD_COUNT, 0 },
	{ VM_ENTRY_INTR_INFO_FIELD, 0 },
	{ VMCS_LINK_POINTER, ALL_ONES },
	{ CR0_GUEST_HOST_MASK, ALL_ONES },
	{ CR4_GUEST_HOST_MASK, ALL_ONES },
	{ CR0_READ_SHADOW, 0 },
	{ CR4_READ_SHADOW, 0 },

	{ GUEST_CR3, GUEST_PML4 },
	{ GUEST_DR7, DR7_FIXED },
	{ GUEST_RSP, 0 },
	/* IF: it halts, and a kernel that does so without would never go on. */
	{ GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_IF },
	{ GUEST_IA32_DEBUGCTL, 0 },
	{ GUEST_SYSENTER_CS, 0 },
	{ GUEST_SYSENTER_ESP, 0 },
	{ GUEST_SYSENTER_EIP, 0 },
	{ GUEST_ACTIVITY_STATE, GUEST_ACTIVITY_ACTIVE },
	{ GUEST_INTERRUPTIBILITY_INFO, 0 },
	{ GUEST_PENDING_DBG_EXCEPTIONS, 0 },
	{ GUEST_GDTR_BASE, 0 },
	{ GUEST_GDTR_LIMIT, 0 },
	{ GUEST_IDTR_BASE, 0 },
	{ GUEST_IDTR_LIMIT, 0 },
};

struct segment {
	unsigned long selector;
	unsigned long base;
	unsigned long limit;
	unsigned long rights;
	u32 limit_value;
	u32 rights_value;
};

#define SEGMENT(name, limit, rights) \
	{ GUEST_##name##_SELECTOR, GUEST_##name##_BASE, GUEST_##name##_LIMIT, \
	  GUEST_##name##_AR_BYTES, limit, rights }

static const struct segment segments[] = {
	SEGMENT(CS, U32_MAX, AR_CODE64),
	SEGMENT(TR, 0x67, AR_TSS),
	SEGMENT(SS, 0, VMX_AR_UNUSABLE_MASK),
	SEGMENT(DS, 0, VMX_AR_UNUSABLE_MASK),
	SEGMENT(ES, 0, VMX_AR_UNUSABLE_MASK),
	SEGMENT(FS, 0, VMX_AR_UNUSABLE_MASK),
	SEGMENT(GS, 0, VMX_AR_UNUSABLE_MASK),
	SEGMENT(LDTR, 0, VMX_AR_UNUSABLE_MASK),
};

static int write_fields(const struct field *fields, size_t count)
{
	size_t i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = vmxcore_vmwrite(fields[i].name, fields[i].value);
	return err;
}

static int write_segments(void)
{
	size_t i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(segments) && !err; i++) {
		const struct segment *s = &segments[i];

		err = vmxcore_vmwrite(s->selector, 0) ?:
		      vmxcore_vmwrite(s->base, 0) ?:
		      vmxcore_vmwrite(s->limit, s->limit_value) ?:
		      vmxcore_vmwrite(s->rights, s->rights_value);
	}
	return err;
}

/* The TRUE MSR of a kind of controls says which of the default1 ones need not be set. */
static u64 allowed(u64 true_ctls, u64 ctls)
{
	return true_ctls ?: ctls;
}

static bool can(u64 allowed, u32 wanted)
{
	return (upper_32_bits(allowed) & wanted) == wanted;
}

static u32 with_fixed(u64 allowed, u32 wanted)
{
	return wanted | lower_32_bits(allowed);
}

static u64 pinbased(void)
{
	return allowed(vmxcore_caps()->true_pinbased, vmxcore_caps()->pinbased);
}

static u64 procbased(void)
{
	return allowed(vmxcore_caps()->true_procbased, vmxcore_caps()->procbased);
}

static u64 exit_ctls(void)
{
	return allowed(vmxcore_caps()->true_exit, vmxcore_caps()->exit);
}

static u64 entry_ctls(void)
{
	return allowed(vmxcore_caps()->true_entry, vmxcore_caps()->entry);
}

/**
 * minivisor_vmcs_supported - has this machine all controls that are needed?
 *
 * Context: any.
 * Return: 0 or -EOPNOTSUPP.
 */
int minivisor_vmcs_supported(void)
{
	if (can(pinbased(), PINBASED) && can(procbased(), PROCBASED) &&
	    can(vmxcore_caps()->procbased2, PROCBASED2) &&
	    can(exit_ctls(), EXIT) && can(entry_ctls(), ENTRY))
		return 0;
	return -EOPNOTSUPP;
}

/**
 * minivisor_vmcs_switches_perf - can entry and exit switch the performance counters?
 *
 * The controls alone do not say that there is the MSR: in a VM without a virtual PMU KVM offers
 * them all the same.
 *
 * Context: any.
 * Return: true when VMCSs have IA32_PERF_GLOBAL_CTRL, and the CPU has it.
 */
bool minivisor_vmcs_switches_perf(void)
{
	return boot_cpu_has(X86_FEATURE_ARCH_PERFMON) &&
	       can(exit_ctls(), VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL) &&
	       can(entry_ctls(), VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL);
}

static int write_controls(const struct minivisor_vm *vm)
{
	bool perf = minivisor_vmcs_switches_perf();
	bool vpid = vm->vpid && can(vmxcore_caps()->procbased2, SECONDARY_EXEC_ENABLE_VPID);
	const struct field fields[] = {
		{ PIN_BASED_VM_EXEC_CONTROL, with_fixed(pinbased(), PINBASED) },
		{ CPU_BASED_VM_EXEC_CONTROL, with_fixed(procbased(), PROCBASED) },
		{ SECONDARY_VM_EXEC_CONTROL,
		  with_fixed(vmxcore_caps()->procbased2,
			     PROCBASED2 | (vpid ? SECONDARY_EXEC_ENABLE_VPID : 0)) },
		{ VM_EXIT_CONTROLS,
		  with_fixed(exit_ctls(),
			     EXIT | (perf ? VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL : 0)) },
		{ VM_ENTRY_CONTROLS,
		  with_fixed(entry_ctls(),
			     ENTRY | (perf ? VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL : 0)) },
		{ EPT_POINTER, vm->ept.eptp },
	};
	int err = write_fields(fields, ARRAY_SIZE(fields));

	/* These two exist only where their controls do. */
	if (!err && vpid)
		err = vmxcore_vmwrite(VIRTUAL_PROCESSOR_ID, vm->vpid);
	if (!err && perf)
		err = vmxcore_vmwrite(GUEST_IA32_PERF_GLOBAL_CTRL, 0);
	return err;
}

/*
 * EFER is not among them: without the control that loads it an entry sets LMA and LME for a
 * 64-bit guest and changes nothing else, and an exit to a 64-bit host the same.
 */
static int write_control_registers(void)
{
	const struct vmxcore_caps *caps = vmxcore_caps();
	u64 cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_NE | X86_CR0_ET | X86_CR0_WP;
	u64 cr4 = X86_CR4_PAE;

	return vmxcore_vmwrite(GUEST_CR0, (cr0 | caps->cr0_fixed0) & caps->cr0_fixed1) ?:
	       vmxcore_vmwrite(GUEST_CR4, (cr4 | caps->cr4_fixed0) & caps->cr4_fixed1);
}

/**
 * minivisor_vmcs_init - write all that stays as it is from the first entry to the end
 * @vm: whose VMCS
 *
 * Context: task.
 * Return: 0 or an error of vmxcore_vmcs_load() or vmxcore_vmwrite().
 */
int minivisor_vmcs_init(struct minivisor_vm *vm)
{
	int err;

	preempt_disable();
	err = minivisor_vmcs_load(vm) ?:
	      write_controls(vm) ?:
	      write_fields(constant_fields, ARRAY_SIZE(constant_fields)) ?:
	      write_segments() ?:
	      write_control_registers() ?:
	      minivisor_host_init();
	preempt_enable();
	return err;
}

/*
 * A flag, and not the deed at once: what fails half-way is done again at the next load, which
 * will not say a second time that it is due.
 */
static int catch_up(struct minivisor_vm *vm)
{
	int err;

	if (!vm->behind)
		return 0;
	err = vmxcore_ept_activate(vm->ept.eptp);
	if (!err)
		err = minivisor_host_moved();
	if (!err)
		vm->behind = false;
	return err;
}

/**
 * minivisor_vmcs_load - make the VMCS current, and fit for this CPU
 * @vm: whose
 *
 * On the CPU where it is current already, which is the usual case, vmxcore_vmcs_load() is one
 * comparison. Preemption stays off until the last VMREAD: after that somebody else's VMCS
 * may be current.
 *
 * Context: task, preemption off.
 * Return: 0; an error of vmxcore_vmcs_load() or vmxcore_ept_activate().
 */
int minivisor_vmcs_load(struct minivisor_vm *vm)
{
	int todo = vmxcore_vmcs_load(vm->vmcs);

	if (todo < 0)
		return todo;
	/*
	 * Cleared here, by a suspend or on the CPU that it left: the next entry is a VMLAUNCH.
	 * The fields are still there, VMCLEAR wrote them to memory.
	 */
	if (todo & VMXCORE_VMCS_CLEAR)
		vm->launched = false;
	if (todo & VMXCORE_VMCS_MOVED)
		vm->run.moves++;
	if (todo) {
		vm->behind = true;
		vm->ept.stale = true;
	}
	return catch_up(vm);
}
