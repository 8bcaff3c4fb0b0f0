// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's state: what a VM exit loads from the VMCS, and what it leaves behind for us to
 * repair. docs/host-state.md has the whole table.
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

/**
 * minivisor_host_init - the host's state that is the same on all CPUs, for ever
 *
 * The data segments are null here. What a task has in them is loaded again after the exit:
 * its selectors may have RPL 3 or point into an LDT, which no VMCS accepts.
 *
 * Context: preemption off, the VMCS is loaded.
 * Return: 0 or an error of vmxcore_vmwrite().
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

/**
 * minivisor_host_moved - the host's state that each CPU has of its own
 *
 * Context: preemption off, the VMCS is loaded.
 * Return: 0 or an error of vmxcore_vmwrite().
 */
int minivisor_host_moved(void)
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
 * CR3 changes with the task and, by its PCID, with each switch to it; CR4 with what tasks
 * may do (TSD, PCE). perf changes PERF_GLOBAL_CTRL at any time: in the guest it is 0, as
 * PEBS would write its records to addresses of the guest's.
 */
static int write_current(const struct minivisor_host *host)
{
	int err;

	err = vmxcore_vmwrite(HOST_CR3, __read_cr3()) ?:
	      vmxcore_vmwrite(HOST_CR4, __read_cr4()) ?:
	      vmxcore_vmwrite(HOST_FS_BASE, host->fs_base);
	if (!err && minivisor_vmcs_switches_perf())
		err = vmxcore_vmwrite(HOST_IA32_PERF_GLOBAL_CTRL,
				      read_msr(MSR_CORE_PERF_GLOBAL_CTRL));
	return err;
}

/*
 * That does not suffice where PEBS is not isolated from VMX: a record that has begun is written
 * after the counters have stopped. Which CPUs do that only perf knows, so it is done for all, and
 * costs something only while perf uses PEBS. Here, and not by the entry: the record needs the time.
 */
static void stop_pebs(struct minivisor_host *host)
{
	host->pebs_enable = boot_cpu_has(X86_FEATURE_PEBS) ? read_msr(MSR_IA32_PEBS_ENABLE) : 0;
	if (host->pebs_enable)
		wrmsrq(MSR_IA32_PEBS_ENABLE, 0);
}

/**
 * minivisor_host_save - before an entry
 * @host: filled in
 *
 * Context: interrupts off, the VMCS is loaded.
 * Return: 0: minivisor_host_restore() has to follow; or an error of vmxcore_vmwrite().
 */
int minivisor_host_save(struct minivisor_host *host)
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
	/* A reload of GS is all that could change this one. */
	host->gs_base = host->gs ? read_msr(MSR_KERNEL_GS_BASE) : 0;
	err = write_current(host);
	if (!err)
		stop_pebs(host);
	return err;
}

/* Most tasks have null in all of them, and so has the CPU after an exit. */
static void restore_segments(const struct minivisor_host *host)
{
	/* First, as the others may point into it. */
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

/* As found: after a VM of KVM's the IDT's limit is 0xffff, which KVM lets be. */
static void restore_tables(const struct minivisor_host *host)
{
	if (host->gdt.size != LIMIT_AFTER_EXIT)
		native_load_gdt(&host->gdt);
	if (host->idt.size != LIMIT_AFTER_EXIT)
		native_load_idt(&host->idt);
	/* TR's limit ends before the I/O bitmap now: the kernel loads it when a task has one. */
	invalidate_tss_limit();
}

/**
 * minivisor_host_restore - after an exit, or an entry that failed
 * @host: what minivisor_host_save() found
 *
 * Context: interrupts still off.
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
