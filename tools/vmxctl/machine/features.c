// SPDX-License-Identifier: GPL-2.0-only
/* The tables of the VMX capability MSRs. */
#include "lib/files.h"
#include "machine/features.h"

const struct cap_register cap_registers[CAPS] = {
	[CAP_BASIC] = { "basic", "IA32_VMX_BASIC", 0x480 },
	[CAP_MISC] = { "misc", "IA32_VMX_MISC", 0x485 },
	[CAP_PINBASED] = { "pinbased", "IA32_VMX_PINBASED_CTLS", 0x481 },
	[CAP_PROCBASED] = { "procbased", "IA32_VMX_PROCBASED_CTLS", 0x482 },
	[CAP_EXIT] = { "exit", "IA32_VMX_EXIT_CTLS", 0x483 },
	[CAP_ENTRY] = { "entry", "IA32_VMX_ENTRY_CTLS", 0x484 },
	[CAP_TRUE_PINBASED] = { "true_pinbased", "IA32_VMX_TRUE_PINBASED_CTLS", 0x48d },
	[CAP_TRUE_PROCBASED] = { "true_procbased", "IA32_VMX_TRUE_PROCBASED_CTLS", 0x48e },
	[CAP_TRUE_EXIT] = { "true_exit", "IA32_VMX_TRUE_EXIT_CTLS", 0x48f },
	[CAP_TRUE_ENTRY] = { "true_entry", "IA32_VMX_TRUE_ENTRY_CTLS", 0x490 },
	[CAP_PROCBASED2] = { "procbased2", "IA32_VMX_PROCBASED_CTLS2", 0x48b },
	[CAP_PROCBASED3] = { "procbased3", "IA32_VMX_PROCBASED_CTLS3", 0x492 },
	[CAP_EPT_VPID] = { "ept_vpid", "IA32_VMX_EPT_VPID_CAP", 0x48c },
	[CAP_VMFUNC] = { "vmfunc", "IA32_VMX_VMFUNC", 0x491 },
	[CAP_CR0_FIXED0] = { "cr0_fixed0", "IA32_VMX_CR0_FIXED0", 0x486 },
	[CAP_CR0_FIXED1] = { "cr0_fixed1", "IA32_VMX_CR0_FIXED1", 0x487 },
	[CAP_CR4_FIXED0] = { "cr4_fixed0", "IA32_VMX_CR4_FIXED0", 0x488 },
	[CAP_CR4_FIXED1] = { "cr4_fixed1", "IA32_VMX_CR4_FIXED1", 0x489 },
	[CAP_VMCS_ENUM] = { "vmcs_enum", "IA32_VMX_VMCS_ENUM", 0x48a },
};

/* A control: the upper half of its MSR has the bits that may be 1. */
#define CONTROL(cap, bit, name, sdm)	{ CAP_##cap, 32 + (bit), name, sdm }
#define BIT_OF(cap, bit, name, sdm)	{ CAP_##cap, bit, name, sdm }

const struct feature features[] = {
	CONTROL(PROCBASED2, 1, "EPT", "enable EPT"),
	CONTROL(PROCBASED2, 5, "VPID", "enable VPID"),
	CONTROL(PROCBASED2, 7, "unrestricted guest", "unrestricted guest"),
	CONTROL(PROCBASED2, 13, "VMFUNC", "enable VM functions"),
	CONTROL(PROCBASED2, 14, "shadow VMCS", "VMCS shadowing"),
	CONTROL(PROCBASED2, 17, "PML", "enable PML"),
	CONTROL(PROCBASED2, 0, "APIC access page", "virtualize APIC accesses"),
	CONTROL(PROCBASED2, 4, "virtual x2APIC", "virtualize x2APIC mode"),
	CONTROL(PROCBASED2, 8, "APICv registers", "APIC-register virtualization"),
	CONTROL(PROCBASED2, 9, "virtual interrupts", "virtual-interrupt delivery"),
	CONTROL(PROCBASED2, 18, "#VE", "EPT-violation #VE"),
	CONTROL(PROCBASED2, 22, "MBEC", "mode-based execute control for EPT"),
	CONTROL(PROCBASED2, 23, "SPP", "sub-page write permissions for EPT"),
	CONTROL(PROCBASED2, 25, "TSC scaling", "use TSC scaling"),
	CONTROL(PROCBASED2, 10, "PLE", "PAUSE-loop exiting"),
	CONTROL(PROCBASED2, 2, "UMIP emulation", "descriptor-table exiting"),
	CONTROL(PROCBASED2, 3, "RDTSCP", "enable RDTSCP"),
	CONTROL(PROCBASED2, 6, "WBINVD exits", "WBINVD exiting"),
	CONTROL(PROCBASED2, 11, "RDRAND exits", "RDRAND exiting"),
	CONTROL(PROCBASED2, 12, "INVPCID", "enable INVPCID"),
	CONTROL(PROCBASED2, 15, "ENCLS exits", "enable ENCLS exiting"),
	CONTROL(PROCBASED2, 16, "RDSEED exits", "RDSEED exiting"),
	CONTROL(PROCBASED2, 19, "PT conceals VMX", "conceal VMX from PT"),
	CONTROL(PROCBASED2, 20, "XSAVES", "enable XSAVES/XRSTORS"),
	CONTROL(PROCBASED2, 21, "PASID translation", "PASID translation"),
	CONTROL(PROCBASED2, 24, "PT in guests", "Intel PT uses guest physical addresses"),
	CONTROL(PROCBASED2, 26, "user wait", "enable user wait and pause"),
	CONTROL(PROCBASED2, 27, "PCONFIG", "enable PCONFIG"),
	CONTROL(PROCBASED2, 28, "ENCLV exits", "enable ENCLV exiting"),
	CONTROL(PROCBASED2, 30, "bus-lock exits", "VMM bus-lock detection"),
	CONTROL(PROCBASED2, 31, "notify exits", "instruction timeout"),
	CONTROL(PINBASED, 7, "posted interrupts", "process posted interrupts"),
	CONTROL(PINBASED, 6, "preemption timer", "activate VMX-preemption timer"),
	CONTROL(PINBASED, 5, "virtual NMIs", "virtual NMIs"),
	CONTROL(PINBASED, 3, "NMI exits", "NMI exiting"),
	CONTROL(PINBASED, 0, "interrupt exits", "external-interrupt exiting"),
	BIT_OF(PROCBASED3, 4, "IPI virtualization", "IPI virtualization"),
	BIT_OF(PROCBASED3, 0, "LOADIWKEY exits", "LOADIWKEY exiting"),
	BIT_OF(PROCBASED3, 1, "HLAT", "enable HLAT"),
	BIT_OF(PROCBASED3, 2, "paging-write control", "EPT paging-write control"),
	BIT_OF(PROCBASED3, 3, "guest-paging verification", "guest-paging verification"),
	BIT_OF(PROCBASED3, 6, "MSR lists", "enable MSR-list instructions"),
	BIT_OF(PROCBASED3, 7, "virtual SPEC_CTRL", "virtualize IA32_SPEC_CTRL"),
	BIT_OF(EPT_VPID, 0, "EPT execute-only", "execute-only translations"),
	BIT_OF(EPT_VPID, 6, "EPT 4 levels", "page-walk length of 4"),
	BIT_OF(EPT_VPID, 7, "EPT 5 levels", "page-walk length of 5"),
	BIT_OF(EPT_VPID, 8, "EPT UC", "EPT memory type UC"),
	BIT_OF(EPT_VPID, 14, "EPT WB", "EPT memory type WB"),
	BIT_OF(EPT_VPID, 16, "EPT 2M pages", "2-MByte pages in EPT"),
	BIT_OF(EPT_VPID, 17, "EPT 1G pages", "1-GByte pages in EPT"),
	BIT_OF(EPT_VPID, 21, "EPT A/D bits", "accessed and dirty flags for EPT"),
	BIT_OF(EPT_VPID, 22, "EPT violation details", "advanced VM-exit information for EPT violations"),
	BIT_OF(EPT_VPID, 23, "EPT shadow stacks", "supervisor shadow-stack control"),
	BIT_OF(EPT_VPID, 20, "INVEPT", "INVEPT instruction"),
	BIT_OF(EPT_VPID, 25, "INVEPT one context", "single-context INVEPT type"),
	BIT_OF(EPT_VPID, 26, "INVEPT all contexts", "all-context INVEPT type"),
	BIT_OF(EPT_VPID, 32, "INVVPID", "INVVPID instruction"),
	BIT_OF(EPT_VPID, 40, "INVVPID one address", "individual-address INVVPID type"),
	BIT_OF(EPT_VPID, 41, "INVVPID one context", "single-context INVVPID type"),
	BIT_OF(EPT_VPID, 42, "INVVPID all contexts", "all-context INVVPID type"),
	BIT_OF(EPT_VPID, 43, "INVVPID but globals", "single-context-retaining-globals INVVPID type"),
	BIT_OF(VMFUNC, 0, "EPTP switching", "EPTP switching"),
	CONTROL(PROCBASED, 31, "secondary controls", "activate secondary controls"),
	CONTROL(PROCBASED, 17, "tertiary controls", "activate tertiary controls"),
	CONTROL(PROCBASED, 21, "TPR shadow", "use TPR shadow"),
	CONTROL(PROCBASED, 28, "MSR bitmaps", "use MSR bitmaps"),
	CONTROL(PROCBASED, 25, "I/O bitmaps", "use I/O bitmaps"),
	CONTROL(PROCBASED, 27, "monitor trap flag", "monitor trap flag"),
	CONTROL(PROCBASED, 3, "TSC offsetting", "use TSC offsetting"),
	CONTROL(PROCBASED, 2, "interrupt window", "interrupt-window exiting"),
	CONTROL(PROCBASED, 22, "NMI window", "NMI-window exiting"),
	CONTROL(PROCBASED, 7, "HLT exits", "HLT exiting"),
	CONTROL(PROCBASED, 9, "INVLPG exits", "INVLPG exiting"),
	CONTROL(PROCBASED, 10, "MWAIT exits", "MWAIT exiting"),
	CONTROL(PROCBASED, 11, "RDPMC exits", "RDPMC exiting"),
	CONTROL(PROCBASED, 12, "RDTSC exits", "RDTSC exiting"),
	CONTROL(PROCBASED, 15, "CR3 load exits", "CR3-load exiting"),
	CONTROL(PROCBASED, 16, "CR3 store exits", "CR3-store exiting"),
	CONTROL(PROCBASED, 19, "CR8 load exits", "CR8-load exiting"),
	CONTROL(PROCBASED, 20, "CR8 store exits", "CR8-store exiting"),
	CONTROL(PROCBASED, 23, "MOV DR exits", "MOV-DR exiting"),
	CONTROL(PROCBASED, 24, "I/O exits", "unconditional I/O exiting"),
	CONTROL(PROCBASED, 29, "MONITOR exits", "MONITOR exiting"),
	CONTROL(PROCBASED, 30, "PAUSE exits", "PAUSE exiting"),
	CONTROL(EXIT, 9, "64-bit host", "host address-space size"),
	CONTROL(EXIT, 2, "save debug controls", "save debug controls"),
	CONTROL(EXIT, 12, "load host PERF_GLOBAL_CTRL", "load IA32_PERF_GLOBAL_CTRL"),
	CONTROL(EXIT, 15, "acknowledge interrupt", "acknowledge interrupt on exit"),
	CONTROL(EXIT, 18, "save PAT", "save IA32_PAT"),
	CONTROL(EXIT, 19, "load host PAT", "load IA32_PAT"),
	CONTROL(EXIT, 20, "save EFER", "save IA32_EFER"),
	CONTROL(EXIT, 21, "load host EFER", "load IA32_EFER"),
	CONTROL(EXIT, 22, "save preemption timer", "save VMX-preemption timer value"),
	CONTROL(EXIT, 23, "clear BNDCFGS", "clear IA32_BNDCFGS"),
	CONTROL(EXIT, 24, "PT conceals VM exits", "conceal VMX from PT"),
	CONTROL(EXIT, 25, "clear RTIT_CTL", "clear IA32_RTIT_CTL"),
	CONTROL(EXIT, 26, "clear LBR_CTL", "clear IA32_LBR_CTL"),
	CONTROL(EXIT, 27, "clear UINV", "clear UINV"),
	CONTROL(EXIT, 28, "load host CET", "load CET state"),
	CONTROL(EXIT, 29, "load host PKRS", "load PKRS"),
	CONTROL(EXIT, 30, "save PERF_GLOBAL_CTRL", "save IA32_PERF_GLOBAL_CTL"),
	CONTROL(EXIT, 31, "secondary exit controls", "activate secondary controls"),
	CONTROL(ENTRY, 9, "64-bit guest", "IA-32e mode guest"),
	CONTROL(ENTRY, 2, "load debug controls", "load debug controls"),
	CONTROL(ENTRY, 10, "SMM entry", "entry to SMM"),
	CONTROL(ENTRY, 11, "deactivate dual monitor", "deactivate dual-monitor treatment"),
	CONTROL(ENTRY, 13, "load guest PERF_GLOBAL_CTRL", "load IA32_PERF_GLOBAL_CTRL"),
	CONTROL(ENTRY, 14, "load guest PAT", "load IA32_PAT"),
	CONTROL(ENTRY, 15, "load guest EFER", "load IA32_EFER"),
	CONTROL(ENTRY, 16, "load guest BNDCFGS", "load IA32_BNDCFGS"),
	CONTROL(ENTRY, 17, "PT conceals VM entries", "conceal VMX from PT"),
	CONTROL(ENTRY, 18, "load guest RTIT_CTL", "load IA32_RTIT_CTL"),
	CONTROL(ENTRY, 19, "load guest UINV", "load UINV"),
	CONTROL(ENTRY, 20, "load guest CET", "load CET state"),
	CONTROL(ENTRY, 21, "load guest LBR_CTL", "load guest IA32_LBR_CTL"),
	CONTROL(ENTRY, 22, "load guest PKRS", "load PKRS"),
	BIT_OF(MISC, 5, "store EFER.LMA", "VM exits store EFER.LMA"),
	BIT_OF(MISC, 6, "HLT state", "activity state 1 (HLT)"),
	BIT_OF(MISC, 7, "shutdown state", "activity state 2 (shutdown)"),
	BIT_OF(MISC, 8, "wait-for-SIPI state", "activity state 3 (wait-for-SIPI)"),
	BIT_OF(MISC, 14, "PT in VMX operation", "Intel PT can be used in VMX operation"),
	BIT_OF(MISC, 15, "SMBASE", "RDMSR can be used in SMM to read IA32_SMBASE"),
	BIT_OF(MISC, 28, "SMM VMXOFF", "IA32_SMM_MONITOR_CTL bit 2 can be set"),
	BIT_OF(MISC, 29, "write any field", "VMWRITE to any supported field"),
	BIT_OF(MISC, 30, "zero-length injection", "injection with instruction length 0"),
	BIT_OF(BASIC, 48, "32-bit addresses only", "physical addresses limited to 32 bits"),
	BIT_OF(BASIC, 49, "dual-monitor SMM", "dual-monitor treatment of SMIs and SMM"),
	BIT_OF(BASIC, 54, "INS/OUTS details", "VM-exit instruction information for INS and OUTS"),
	BIT_OF(BASIC, 55, "true controls", "default1 controls may be cleared"),
	BIT_OF(BASIC, 56, "any error code", "hardware exceptions with or without an error code"),
	BIT_OF(BASIC, 58, "nested exceptions", "VMX nested exceptions"),
	BIT_OF(BASIC, 60, "SEAMRET keeps VMCS", "SEAMRET does not clear the current-VMCS pointer"),
};

const unsigned int n_features = ARRAY_SIZE(features);

/**
 * feature_register - which of two MSRs tells of a feature?
 * @feature: the feature
 * @caps: all of them
 *
 * Return: the "true" one where there is one. Which controls may be 1 is the same in both.
 */
enum cap feature_register(const struct feature *feature, const uint64_t caps[CAPS])
{
	static const enum cap true_one[CAPS] = {
		[CAP_PINBASED] = CAP_TRUE_PINBASED,
		[CAP_PROCBASED] = CAP_TRUE_PROCBASED,
		[CAP_EXIT] = CAP_TRUE_EXIT,
		[CAP_ENTRY] = CAP_TRUE_ENTRY,
	};
	enum cap other = true_one[feature->cap];

	return other && caps[other] ? other : feature->cap;
}

/**
 * feature_supported - does a CPU have a feature?
 * @feature: the feature
 * @caps: the CPU's capability MSRs, 0 where it has not got one
 *
 * Return: true if it has.
 */
bool feature_supported(const struct feature *feature, const uint64_t caps[CAPS])
{
	return caps[feature_register(feature, caps)] >> feature->bit & 1;
}
