// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCS: the fields that are written once, and the work that
 * vmxcore_vmcs_load() asks for.
 *
 * SDM volume 3, "Virtual Machine Control Structures", and appendix A for the
 * controls.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <asm/cpufeature.h>
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "minivisor.h"

/*
 * The guest can reach no state outside of the VMCS: each access to an MSR, a
 * port, a debug register or CR8 causes a VM exit, which ends the guest. So all
 * MSRs of the host keep their values, also those that KVM has left with the
 * values of its own guests.
 *
 * VM exits do not acknowledge interrupts: an interrupt stays pending, and the
 * host takes it when it enables interrupts.
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

/*
 * Access rights: CS for 64-bit code, and a busy TSS (SDM, "Guest Register
 * State").
 */
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
	/* The guest has no IDT, so every exception has to be a VM exit. */
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
	/* The guest halts, and HLT with IF clear waits for no interrupt. */
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

/*
 * Prefer the TRUE capability MSR, if there is one: it says which of the
 * default1 controls may be 0.
 */
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

/*
 * Returns 0 if this machine has all VMX controls that minivisor needs, else
 * -EOPNOTSUPP.
 */
int minivisor_vmcs_supported(void)
{
	if (can(pinbased(), PINBASED) && can(procbased(), PROCBASED) &&
	    can(vmxcore_caps()->procbased2, PROCBASED2) &&
	    can(exit_ctls(), EXIT) && can(entry_ctls(), ENTRY))
		return 0;
	return -EOPNOTSUPP;
}

/*
 * The controls alone do not prove that IA32_PERF_GLOBAL_CTRL exists: in a VM
 * without a virtual PMU, KVM offers the controls all the same.
 */
static bool can_switch_perf(void)
{
	return boot_cpu_has(X86_FEATURE_ARCH_PERFMON) &&
	       can(exit_ctls(), VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL) &&
	       can(entry_ctls(), VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL);
}

static int write_controls(const struct minivisor_vm *vm)
{
	bool perf = vm->switches_perf;
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

	/* These fields exist only where their controls do. */
	if (!err && vpid)
		err = vmxcore_vmwrite(VIRTUAL_PROCESSOR_ID, vm->vpid);
	if (!err && perf)
		err = vmxcore_vmwrite(GUEST_IA32_PERF_GLOBAL_CTRL, 0);
	return err;
}

/*
 * EFER is not written: without "load IA32_EFER", a VM entry sets only LMA and
 * LME for a 64-bit guest, and a VM exit sets only these for a 64-bit host.
 */
static int write_control_registers(void)
{
	const struct vmxcore_caps *caps = vmxcore_caps();
	u64 cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_NE | X86_CR0_ET | X86_CR0_WP;
	u64 cr4 = X86_CR4_PAE;

	return vmxcore_vmwrite(GUEST_CR0, (cr0 | caps->cr0_fixed0) & caps->cr0_fixed1) ?:
	       vmxcore_vmwrite(GUEST_CR4, (cr4 | caps->cr4_fixed0) & caps->cr4_fixed1);
}

/*
 * Writes the VMCS fields that stay the same from the first VM entry to the
 * last.
 */
int minivisor_vmcs_init(struct minivisor_vm *vm)
{
	int err;

	vm->switches_perf = can_switch_perf();
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
 * Makes the VMCS current on this CPU, and does what vmxcore_vmcs_load() asks
 * for. If the VMCS is current already, vmxcore_vmcs_load() is one comparison.
 *
 * The caller keeps preemption off until its last VMREAD: after that, another
 * client's VMCS may be current.
 */
int minivisor_vmcs_load(struct minivisor_vm *vm)
{
	int reload = vmxcore_vmcs_load(vm->vmcs);
	int err;

	if (reload < 0)
		return reload;
	/*
	 * A suspend or the move to this CPU has VMCLEARed the VMCS, so the next
	 * VM entry is a VMLAUNCH. The fields are kept: VMCLEAR wrote them to memory.
	 */
	if (reload & VMXCORE_VMCS_CLEAR)
		vm->launched = false;
	if (reload & VMXCORE_VMCS_MOVED)
		vm->run.moves++;
	if (reload) {
		vm->reload_pending = true;
		vm->ept.stale = true;
	}
	/* vmxcore says this only once, so a failure must be remembered. */
	if (!vm->reload_pending)
		return 0;
	err = vmxcore_ept_activate(vm->ept.eptp) ?: minivisor_host_init_cpu();
	if (!err)
		vm->reload_pending = false;
	return err;
}
