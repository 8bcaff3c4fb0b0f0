/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * minivisor: a VM, and what its files do for each other.
 */
#ifndef _MINIVISOR_H
#define _MINIVISOR_H

#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <asm/desc_defs.h>
#include <asm/page_types.h>

#include <vmxcore/insn.h>
#include <vmxcore/vmxcore.h>

#include "guest.h"
#include "minivisor_ioctl.h"
#include "regs.h"

#define GUEST_PAGES	(GUEST_MEMORY / PAGE_SIZE)

/**
 * struct minivisor_ept - the guest's physical memory
 * @tables: one page for each of the four levels, the root first; the last one maps 2 MiB
 * @eptp: what goes into the VMCS
 * @stale: something has been taken out of @tables since this CPU was last told
 */
struct minivisor_ept {
	u64 *tables[4];
	u64 eptp;
	bool stale;
};

/**
 * struct minivisor_host - what a VM exit does not bring back as it was
 * @cr2: not part of the VMCS
 * @dr7: an exit sets it to 0x400
 * @debugctl: an exit sets it to 0
 * @pebs_enable: no exit's work: it is 0 while the guest runs
 * @fs_base: a reload of FS changes it
 * @gs_base: the user's, in MSR_KERNEL_GS_BASE: a reload of GS changes it
 * @gdt: an exit sets its limit to 0xffff
 * @idt: the same
 * @ldt: an exit makes LDTR unusable
 * @ds: host selectors of a VMCS must have RPL 0 and point into the GDT
 * @es: the same
 * @fs: the same
 * @gs: the same
 */
struct minivisor_host {
	unsigned long cr2;
	unsigned long dr7;
	u64 debugctl;
	u64 pebs_enable;
	u64 fs_base;
	u64 gs_base;
	struct desc_ptr gdt;
	struct desc_ptr idt;
	u16 ldt;
	u16 ds;
	u16 es;
	u16 fs;
	u16 gs;
};

/**
 * struct minivisor_exit_info - the last VM exit, out of the VMCS
 * @reason: the basic exit reason
 * @entry_failed: it is no exit, but the reason why an entry failed after the checks of the VMCS's
 *	controls and host state
 * @intr_info: VM_EXIT_INTR_INFO: which exception, or NMI
 * @length: of the instruction that caused the exit
 * @gpa: GUEST_PHYSICAL_ADDRESS, of an EPT violation
 */
struct minivisor_exit_info {
	u16 reason;
	bool entry_failed;
	unsigned long intr_info;
	unsigned long length;
	unsigned long gpa;
};

/**
 * struct minivisor_vm - a VM with one vCPU
 * @lock: held while it runs
 * @vmcs: its VMCS
 * @vpid: its VPID, 0 when it has none
 * @launched: VMRESUME, not VMLAUNCH. The hardware keeps this in the VMCS and tells nobody.
 * @behind: what vmxcore_vmcs_load() has asked for is yet to be done
 * @over: the guest has done what it must not
 * @regs: the guest's registers, without RSP: that one, as most of the guest, is in the VMCS
 * @rip: the guest's RIP
 * @exit: the last VM exit
 * @ept: its EPT page tables
 * @memory: its memory
 * @run: the result of the last round, and the counts
 */
struct minivisor_vm {
	/* One thread at a time runs it. */
	struct mutex lock;
	struct vmxcore_vmcs *vmcs;
	int vpid;
	bool launched;
	bool behind;
	bool over;
	unsigned long regs[NR_REGS];
	unsigned long rip;
	struct minivisor_exit_info exit;
	struct minivisor_ept ept;
	struct page *memory[GUEST_PAGES];
	struct minivisor_run run;
};

/* main.c */
extern struct vmxcore_client *minivisor_client;

/* vm.c */
struct minivisor_vm *minivisor_vm_create(void);
int minivisor_vm_start(struct minivisor_vm *vm, u64 seed, u64 steps);
void minivisor_vm_destroy(struct minivisor_vm *vm);

/* vmcs.c */
int minivisor_vmcs_supported(void);
bool minivisor_vmcs_switches_perf(void);
int minivisor_vmcs_init(struct minivisor_vm *vm);
int minivisor_vmcs_load(struct minivisor_vm *vm);

/* ept.c */
int minivisor_ept_supported(void);
int minivisor_ept_init(struct minivisor_ept *ept);
void minivisor_ept_free(struct minivisor_ept *ept);
void minivisor_ept_map(struct minivisor_ept *ept, u64 gpa, struct page *page);
void minivisor_ept_unmap(struct minivisor_ept *ept, u64 gpa);
int minivisor_ept_sync(struct minivisor_ept *ept);

/* host.c */
int minivisor_host_init(void);
int minivisor_host_moved(void);
int minivisor_host_save(struct minivisor_host *host);
void minivisor_host_restore(const struct minivisor_host *host);

/* run.c */
int minivisor_run(struct minivisor_vm *vm);

/* entry.S */
int minivisor_enter(unsigned long *regs, bool launched);
extern const char minivisor_exit[];

#endif /* _MINIVISOR_H */
