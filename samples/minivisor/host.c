// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's state: what a VM exit loads from the VMCS, and what minivisor
 * restores after it. docs/host-state.md has the whole table.
 *
 * SDM volume 3, "VM Exits", "Loading Host State".
 */
#include <linux/errno.h>
#include <linux/smp.h>
#include <asm/cpu_entry_area.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/mmu_context.h>
#include <asm/msr.h>
#include <asm/segment.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/vmx.h>

#include "compat.h"
#include "minivisor.h"

#define DR7_AFTER_EXIT		0x400
#define LIMIT_AFTER_EXIT	0xffff

static u64 read_msr(u32 msr)
{
	u64 value;

	rdmsrq(msr, value);
	return value;
}

/*
 * Writes the host-state fields that are the same on all CPUs and never change.
 * The caller has loaded the VMCS.
 *
 * The data segments are null: a task's own selectors may have RPL 3 or point
 * into an LDT, which VM entry refuses. They are reloaded after each VM exit.
 */
int minivisor_host_init(void)
{
	struct desc_ptr idt;

	store_idt(&idt);
	return vmxcore_vmwrite(HOST_CR0, read_cr0()) ?:
	       vmxcore_vmwrite(HOST_CS_SELECTOR, __KERNEL_CS) ?:
	       vmxcore_vmwrite(HOST_SS_SELECTOR, __KERNEL_DS) ?:
	       vmxcore_vmwrite(HOST_DS_SELECTOR, 0) ?:
	       vmxcore_vmwrite(HOST_ES_SELECTOR, 0) ?:
	       vmxcore_vmwrite(HOST_FS_SELECTOR, 0) ?:
	       vmxcore_vmwrite(HOST_GS_SELECTOR, 0) ?:
	       vmxcore_vmwrite(HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8) ?:
	       vmxcore_vmwrite(HOST_IDTR_BASE, idt.address) ?:
	       vmxcore_vmwrite(HOST_RIP, (unsigned long)minivisor_exit);
}

/*
 * Writes the host-state fields that each CPU has its own values for, after the
 * VMCS has moved to this CPU. The caller has loaded the VMCS.
 */
int minivisor_host_init_cpu(void)
{
	unsigned int cpu = smp_processor_id();
	unsigned long tss = (unsigned long)&get_cpu_entry_area(cpu)->tss.x86_tss;

	return vmxcore_vmwrite(HOST_TR_BASE, tss) ?:
	       vmxcore_vmwrite(HOST_GDTR_BASE, (unsigned long)get_cpu_gdt_ro(cpu)) ?:
	       vmxcore_vmwrite(HOST_GS_BASE, read_msr(MSR_GS_BASE)) ?:
	       vmxcore_vmwrite(HOST_IA32_SYSENTER_CS, read_msr(MSR_IA32_SYSENTER_CS)) ?:
	       vmxcore_vmwrite(HOST_IA32_SYSENTER_ESP, read_msr(MSR_IA32_SYSENTER_ESP)) ?:
	       vmxcore_vmwrite(HOST_IA32_SYSENTER_EIP, read_msr(MSR_IA32_SYSENTER_EIP));
}

/*
 * CR3 changes with the task and, in its PCID, with each switch to the same task.
 * CR4 changes with the task's TSD and PCE. perf changes PERF_GLOBAL_CTRL at any
 * time; it is 0 in the guest, as PEBS would write its records to guest memory.
 */
static int write_current(const struct minivisor_host *host, bool switches_perf)
{
	int err;

	err = vmxcore_vmwrite(HOST_CR3, __read_cr3()) ?:
	      vmxcore_vmwrite(HOST_CR4, __read_cr4()) ?:
	      vmxcore_vmwrite(HOST_FS_BASE, host->fs_base);
	if (!err && switches_perf)
		err = vmxcore_vmwrite(HOST_IA32_PERF_GLOBAL_CTRL,
				      read_msr(MSR_CORE_PERF_GLOBAL_CTRL));
	return err;
}

/*
 * Stopping the counters is not enough on CPUs where PEBS is not isolated from
 * VMX: PEBS writes a started record even after the counters have stopped. Only
 * perf knows which CPUs these are, so this is done on all of them; it costs
 * little unless perf uses PEBS. It is not done by the MSR-load list of the VM
 * entry because PEBS needs time to write the record.
 */
static void stop_pebs(struct minivisor_host *host)
{
	host->pebs_enable = boot_cpu_has(X86_FEATURE_PEBS) ? read_msr(MSR_IA32_PEBS_ENABLE) : 0;
	if (host->pebs_enable)
		wrmsrq(MSR_IA32_PEBS_ENABLE, 0);
}

/*
 * Saves the host state before a VM entry, and writes the host-state fields that
 * change with the task. Interrupts are off and the VMCS is loaded.
 *
 * After 0 the caller must call minivisor_host_restore(), after an error it must
 * not.
 */
int minivisor_host_save(struct minivisor_host *host, bool switches_perf)
{
	int err;

	host->cr2 = native_read_cr2();
	get_debugreg(host->dr7, 7);
	host->debugctl = read_msr(MSR_IA32_DEBUGCTLMSR);
	native_store_gdt(&host->gdt);
	store_idt(&host->idt);
	store_ldt(host->ldt);
	savesegment(ds, host->ds);
	savesegment(es, host->es);
	savesegment(fs, host->fs);
	savesegment(gs, host->gs);
	host->fs_base = read_msr(MSR_FS_BASE);
	/*
	 * Only a reload of GS could change KERNEL_GS_BASE, so a null GS needs
	 * no MSR read.
	 */
	host->gs_base = host->gs ? read_msr(MSR_KERNEL_GS_BASE) : 0;
	err = write_current(host, switches_perf);
	if (!err)
		stop_pebs(host);
	return err;
}

/*
 * Most tasks have null selectors, and so has the CPU after a VM exit: skip
 * those.
 */
static void restore_segments(const struct minivisor_host *host)
{
	/* The other selectors may point into the LDT. */
	if (host->ldt)
		asm volatile("lldt %0" : : "m" (host->ldt));
	if (host->ds)
		loadsegment(ds, host->ds);
	if (host->es)
		loadsegment(es, host->es);
	if (host->fs) {
		loadsegment(fs, host->fs);
		wrmsrq(MSR_FS_BASE, host->fs_base);
	}
	if (host->gs) {
		load_gs_index(host->gs);
		wrmsrq(MSR_KERNEL_GS_BASE, host->gs_base);
	}
}

/*
 * Restore the limits as found, not as the kernel sets them: KVM leaves an IDT
 * limit of 0xffff after its VM exits.
 */
static void restore_tables(const struct minivisor_host *host)
{
	if (host->gdt.size != LIMIT_AFTER_EXIT)
		native_load_gdt(&host->gdt);
	if (host->idt.size != LIMIT_AFTER_EXIT)
		native_load_idt(&host->idt);
	/*
	 * The VM exit has set TR's limit to end before the I/O bitmap. The
	 * kernel reloads TR when it switches to a task that has a bitmap.
	 */
	invalidate_tss_limit();
}

/*
 * Restores the host state after a VM exit or a failed VM entry. Interrupts are
 * still off.
 */
void minivisor_host_restore(const struct minivisor_host *host)
{
	restore_tables(host);
	restore_segments(host);
	if (host->dr7 != DR7_AFTER_EXIT)
		set_debugreg(host->dr7, 7);
	if (host->debugctl)
		wrmsrq(MSR_IA32_DEBUGCTLMSR, host->debugctl);
	if (host->pebs_enable)
		wrmsrq(MSR_IA32_PEBS_ENABLE, host->pebs_enable);
	if (native_read_cr2() != host->cr2)
		native_write_cr2(host->cr2);
}
