// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMX capability MSRs: read at load, and compared on every CPU where VMX is turned on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitfield.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/vmx.h>

#include "caps.h"
#include "compat.h"

/* IA32_VMX_BASIC, SDM volume 3, appendix A.1 */
#define BASIC_REVISION		GENMASK_ULL(30, 0)
#define BASIC_TRUE_CTLS		BIT_ULL(55)
#define BASIC_MUST_AGREE	(BASIC_REVISION | VMXCORE_BASIC_SIZE | \
				 VMXCORE_BASIC_MEM_TYPE | BASIC_TRUE_CTLS)
/* IA32_VMX_MISC, appendix A.6: the rate of the VMX-preemption timer */
#define MISC_MUST_AGREE		GENMASK_ULL(4, 0)
#define MEM_TYPE_WB		6

/*
 * The controls in use: those that KVM requires, and those that it uses where they exist. A CPU
 * that differs only in a control that is not listed here runs every guest that the rest of the
 * machine runs, and stock KVM accepts it, so vmxcore does, too.
 */
#define PINBASED_USED \
	(PIN_BASED_EXT_INTR_MASK | PIN_BASED_NMI_EXITING | \
	 PIN_BASED_VIRTUAL_NMIS | PIN_BASED_VMX_PREEMPTION_TIMER | \
	 PIN_BASED_POSTED_INTR)
#define PROCBASED_USED \
	(CPU_BASED_INTR_WINDOW_EXITING | CPU_BASED_USE_TSC_OFFSETTING | \
	 CPU_BASED_HLT_EXITING | CPU_BASED_INVLPG_EXITING | \
	 CPU_BASED_MWAIT_EXITING | CPU_BASED_RDPMC_EXITING | \
	 CPU_BASED_RDTSC_EXITING | CPU_BASED_CR3_LOAD_EXITING | \
	 CPU_BASED_CR3_STORE_EXITING | CPU_BASED_CR8_LOAD_EXITING | \
	 CPU_BASED_CR8_STORE_EXITING | CPU_BASED_TPR_SHADOW | \
	 CPU_BASED_NMI_WINDOW_EXITING | CPU_BASED_MOV_DR_EXITING | \
	 CPU_BASED_UNCOND_IO_EXITING | CPU_BASED_USE_IO_BITMAPS | \
	 CPU_BASED_MONITOR_TRAP_FLAG | CPU_BASED_USE_MSR_BITMAPS | \
	 CPU_BASED_MONITOR_EXITING | CPU_BASED_PAUSE_EXITING | \
	 CPU_BASED_ACTIVATE_SECONDARY_CONTROLS | \
	 CPU_BASED_ACTIVATE_TERTIARY_CONTROLS)
#define PROCBASED2_USED \
	(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES | SECONDARY_EXEC_ENABLE_EPT | \
	 SECONDARY_EXEC_DESC | SECONDARY_EXEC_ENABLE_RDTSCP | \
	 SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE | SECONDARY_EXEC_ENABLE_VPID | \
	 SECONDARY_EXEC_WBINVD_EXITING | SECONDARY_EXEC_UNRESTRICTED_GUEST | \
	 SECONDARY_EXEC_APIC_REGISTER_VIRT | \
	 SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY | \
	 SECONDARY_EXEC_PAUSE_LOOP_EXITING | SECONDARY_EXEC_RDRAND_EXITING | \
	 SECONDARY_EXEC_ENABLE_INVPCID | SECONDARY_EXEC_ENABLE_VMFUNC | \
	 SECONDARY_EXEC_SHADOW_VMCS | SECONDARY_EXEC_ENCLS_EXITING | \
	 SECONDARY_EXEC_RDSEED_EXITING | SECONDARY_EXEC_ENABLE_PML | \
	 SECONDARY_EXEC_EPT_VIOLATION_VE | SECONDARY_EXEC_PT_CONCEAL_VMX | \
	 SECONDARY_EXEC_ENABLE_XSAVES | SECONDARY_EXEC_PT_USE_GPA | \
	 SECONDARY_EXEC_TSC_SCALING | SECONDARY_EXEC_ENABLE_USR_WAIT_PAUSE | \
	 SECONDARY_EXEC_BUS_LOCK_DETECTION | SECONDARY_EXEC_NOTIFY_VM_EXITING | \
	 VMXCORE_KVM_PROCBASED2)
#define PROCBASED3_USED		TERTIARY_EXEC_IPI_VIRT
#define EXIT_USED \
	(VM_EXIT_SAVE_DEBUG_CONTROLS | VM_EXIT_HOST_ADDR_SPACE_SIZE | \
	 VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL | VM_EXIT_ACK_INTR_ON_EXIT | \
	 VM_EXIT_SAVE_IA32_PAT | VM_EXIT_LOAD_IA32_PAT | \
	 VM_EXIT_SAVE_IA32_EFER | VM_EXIT_LOAD_IA32_EFER | \
	 VM_EXIT_SAVE_VMX_PREEMPTION_TIMER | VM_EXIT_CLEAR_BNDCFGS | \
	 VM_EXIT_PT_CONCEAL_PIP | VM_EXIT_CLEAR_IA32_RTIT_CTL | \
	 VMXCORE_KVM_EXIT)
#define ENTRY_USED \
	(VM_ENTRY_LOAD_DEBUG_CONTROLS | VM_ENTRY_IA32E_MODE | \
	 VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL | VM_ENTRY_LOAD_IA32_PAT | \
	 VM_ENTRY_LOAD_IA32_EFER | VM_ENTRY_LOAD_BNDCFGS | \
	 VM_ENTRY_PT_CONCEAL_PIP | VM_ENTRY_LOAD_IA32_RTIT_CTL | \
	 VMXCORE_KVM_ENTRY)
/* A client reads IA32_VMX_EPT_VPID_CAP on one CPU, as KVM does, and relies on it on all CPUs. */
#define EPT_USED \
	(VMX_EPT_EXECUTE_ONLY_BIT | VMX_EPT_PAGE_WALK_4_BIT | VMX_EPT_PAGE_WALK_5_BIT | \
	 VMX_EPTP_WB_BIT | VMX_EPT_2MB_PAGE_BIT | VMX_EPT_1GB_PAGE_BIT | \
	 VMX_EPT_INVEPT_BIT | VMX_EPT_AD_BIT | VMX_EPT_EXTENT_CONTEXT_BIT | \
	 VMX_EPT_EXTENT_GLOBAL_BIT | VMXCORE_KVM_EPT)
#define VPID_USED \
	(VMX_VPID_INVVPID_BIT | VMX_VPID_EXTENT_INDIVIDUAL_ADDR_BIT | \
	 VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT | VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT | \
	 VMX_VPID_EXTENT_SINGLE_NON_GLOBAL_BIT)
#define EPT_VPID_USED		(VPID_USED << 32 | EPT_USED)

static struct vmxcore_caps caps __ro_after_init;

/**
 * vmxcore_caps() - get the VMX capability MSRs of this machine
 *
 * Context: any.
 * Return: the capabilities of the CPU that loaded vmxcore. VMX is never turned on for a CPU
 * that differs in VMCS revision, size or memory type, in the bits of CR0 and CR4 that must be
 * 1, in the rate of the VMX-preemption timer, in a control that must be 1, or in a control or a
 * form of EPT, INVEPT or INVVPID that KVM uses. In other fields a CPU may differ.
 */
const struct vmxcore_caps *vmxcore_caps(void)
{
	return &caps;
}
EXPORT_SYMBOL_GPL(vmxcore_caps);

static u64 read_cap(u32 msr)
{
	u64 value;

	rdmsrq(msr, value);
	return value;
}

static bool allowed_1(u64 ctls, u32 control)
{
	return upper_32_bits(ctls) & control;
}

/*
 * Read the capability MSRs of this CPU, with preemption off. An MSR that does not exist is
 * read as 0.
 * Return: 0, or -EOPNOTSUPP: this CPU has no VMX, or its firmware has locked
 * IA32_FEATURE_CONTROL without it.
 */
int vmxcore_caps_read(struct vmxcore_caps *c)
{
	memset(c, 0, sizeof(*c));

	/*
	 * The kernel clears X86_FEATURE_VMX where the firmware has not enabled VMX
	 * (init_ia32_feat_ctl()), and sets X86_FEATURE_MSR_IA32_FEAT_CTL where it could read
	 * IA32_FEATURE_CONTROL.
	 */
	if (!this_cpu_has(X86_FEATURE_MSR_IA32_FEAT_CTL) ||
	    !this_cpu_has(X86_FEATURE_VMX))
		return -EOPNOTSUPP;

	c->basic = read_cap(MSR_IA32_VMX_BASIC);
	c->misc = read_cap(MSR_IA32_VMX_MISC);
	c->pinbased = read_cap(MSR_IA32_VMX_PINBASED_CTLS);
	c->procbased = read_cap(MSR_IA32_VMX_PROCBASED_CTLS);
	c->exit = read_cap(MSR_IA32_VMX_EXIT_CTLS);
	c->entry = read_cap(MSR_IA32_VMX_ENTRY_CTLS);
	c->cr0_fixed0 = read_cap(MSR_IA32_VMX_CR0_FIXED0);
	c->cr0_fixed1 = read_cap(MSR_IA32_VMX_CR0_FIXED1);
	c->cr4_fixed0 = read_cap(MSR_IA32_VMX_CR4_FIXED0);
	c->cr4_fixed1 = read_cap(MSR_IA32_VMX_CR4_FIXED1);
	c->vmcs_enum = read_cap(MSR_IA32_VMX_VMCS_ENUM);

	if (c->basic & BASIC_TRUE_CTLS) {
		c->true_pinbased = read_cap(MSR_IA32_VMX_TRUE_PINBASED_CTLS);
		c->true_procbased = read_cap(MSR_IA32_VMX_TRUE_PROCBASED_CTLS);
		c->true_exit = read_cap(MSR_IA32_VMX_TRUE_EXIT_CTLS);
		c->true_entry = read_cap(MSR_IA32_VMX_TRUE_ENTRY_CTLS);
	}
	if (allowed_1(c->procbased, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS))
		c->procbased2 = read_cap(MSR_IA32_VMX_PROCBASED_CTLS2);
	if (allowed_1(c->procbased, CPU_BASED_ACTIVATE_TERTIARY_CONTROLS))
		c->procbased3 = read_cap(MSR_IA32_VMX_PROCBASED_CTLS3);
	if (allowed_1(c->procbased2, SECONDARY_EXEC_ENABLE_EPT |
				     SECONDARY_EXEC_ENABLE_VPID))
		c->ept_vpid = read_cap(MSR_IA32_VMX_EPT_VPID_CAP);
	if (allowed_1(c->procbased2, SECONDARY_EXEC_ENABLE_VMFUNC))
		c->vmfunc = read_cap(MSR_IA32_VMX_VMFUNC);
	return 0;
}

/* The bits of a control field that must be 1, and those bits of @used that may be 1. */
static u32 in_use(u64 ctls, u32 used)
{
	return (upper_32_bits(ctls) & used) | lower_32_bits(ctls);
}

static bool agrees(const struct vmxcore_caps *here)
{
	return !((here->basic ^ caps.basic) & BASIC_MUST_AGREE) &&
	       !((here->misc ^ caps.misc) & MISC_MUST_AGREE) &&
	       here->cr0_fixed0 == caps.cr0_fixed0 && here->cr4_fixed0 == caps.cr4_fixed0 &&
	       !((here->procbased3 ^ caps.procbased3) & PROCBASED3_USED) &&
	       !((here->ept_vpid ^ caps.ept_vpid) & EPT_VPID_USED) &&
	       in_use(here->pinbased, PINBASED_USED) ==
			in_use(caps.pinbased, PINBASED_USED) &&
	       in_use(here->procbased, PROCBASED_USED) ==
			in_use(caps.procbased, PROCBASED_USED) &&
	       in_use(here->procbased2, PROCBASED2_USED) ==
			in_use(caps.procbased2, PROCBASED2_USED) &&
	       in_use(here->exit, EXIT_USED) == in_use(caps.exit, EXIT_USED) &&
	       in_use(here->entry, ENTRY_USED) == in_use(caps.entry, ENTRY_USED) &&
	       in_use(here->true_pinbased, PINBASED_USED) ==
			in_use(caps.true_pinbased, PINBASED_USED) &&
	       in_use(here->true_procbased, PROCBASED_USED) ==
			in_use(caps.true_procbased, PROCBASED_USED) &&
	       in_use(here->true_exit, EXIT_USED) == in_use(caps.true_exit, EXIT_USED) &&
	       in_use(here->true_entry, ENTRY_USED) == in_use(caps.true_entry, ENTRY_USED);
}

/*
 * Compare the capabilities of this CPU with those of the CPU that loaded vmxcore. Preemption
 * is off. Not inlined: the machine tests make a CPU look different by a kprobe here, because
 * no emulator has two kinds of CPU in one machine.
 * Return: 0, also for a difference that does not matter, which is logged; or -EXDEV.
 */
noinline int vmxcore_caps_compare(const struct vmxcore_caps *here)
{
	static cpumask_t logged;
	unsigned int cpu = smp_processor_id();

	if (!memcmp(here, &caps, sizeof(caps)))
		return 0;
	if (!agrees(here))
		return -EXDEV;

	if (!cpumask_test_and_set_cpu(cpu, &logged))
		pr_notice("CPU %u: its VMX capability MSRs differ from the other CPUs' in something that Linux does not use; nothing to do, but firmware or microcode may be of mixed versions\n",
			  cpu);
	return 0;
}

/* CPUID.1:ECX.VMX, which the firmware cannot change (SDM, "Discovering Support for VMX"). */
static bool cpu_announces_vmx(void)
{
	return cpuid_ecx(1) & BIT(5);
}

/* Return: 0, or -EOPNOTSUPP with a line in the log that says why. */
int __init vmxcore_caps_init(void)
{
	int err;

	preempt_disable();
	err = vmxcore_caps_read(&caps);
	preempt_enable();

	if (err && !cpu_announces_vmx()) {
		pr_err("this CPU has no VMX (Intel VT-x): not loaded\n");
		return err;
	}
	if (err) {
		pr_err("VMX is disabled by the firmware (IA32_FEATURE_CONTROL): not loaded; enable VT-x in the firmware setup\n");
		return err;
	}
	if (FIELD_GET(VMXCORE_BASIC_SIZE, caps.basic) > PAGE_SIZE ||
	    FIELD_GET(VMXCORE_BASIC_MEM_TYPE, caps.basic) != MEM_TYPE_WB) {
		pr_err("IA32_VMX_BASIC is 0x%llx: a VMCS here is larger than 4 KiB, or must not be in write-back memory, which no known CPU has: not loaded\n",
		       caps.basic);
		return -EOPNOTSUPP;
	}
	return 0;
}

/*
 * The revision identifier for a VMCS or a root VMCS: bits 30:0 of IA32_VMX_BASIC, under
 * Hyper-V, too. There an enlightened VMCS has another identifier, but VMXON takes this one.
 */
u32 vmxcore_caps_revision(void)
{
	return FIELD_GET(BASIC_REVISION, caps.basic);
}
