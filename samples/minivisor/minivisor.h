/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * minivisor: struct minivisor_vm, and the functions that its files call in each
 * other.
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
 * @tables: one page for each of the four levels, the root first; the last maps 2 MiB
 * @eptp: the EPT pointer, as the VMCS holds it
 * @stale: an INVEPT is due before the next VM entry on this CPU
 */
struct minivisor_ept {
	u64 *tables[4];
	u64 eptp;
	bool stale;
};

/**
 * struct minivisor_host - host state that a VM exit does not restore
 * @cr2: no field of the VMCS holds it
 * @dr7: a VM exit sets it to 0x400
 * @debugctl: a VM exit sets it to 0
 * @pebs_enable: minivisor sets it to 0 before each VM entry
 * @fs_base: reloading FS changes it
 * @gs_base: the task's GS base, in MSR_KERNEL_GS_BASE; reloading GS changes it
 * @gdt: a VM exit sets the limit to 0xffff
 * @idt: a VM exit sets the limit to 0xffff
 * @ldt: a VM exit makes LDTR unusable
 * @ds: host selectors of a VMCS must have RPL 0 and TI 0
 * @es: as @ds
 * @fs: as @ds
 * @gs: as @ds
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
 * struct minivisor_exit_info - the last VM exit, as read from the VMCS
 * @reason: the basic exit reason
 * @entry_failed: bit 31 of the exit reason: a VM entry has failed after the
 *	checks of controls and host state, and @reason says why
 * @intr_info: VM_EXIT_INTR_INFO, which names an exception or an NMI
 * @length: length of the instruction that caused the exit
 * @gpa: GUEST_PHYSICAL_ADDRESS, valid for an EPT violation
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
 * @lock: held while the VM runs
 * @vmcs: the VMCS
 * @vpid: the VPID, or 0 if the VM runs without one
 * @switches_perf: VM entry and exit load IA32_PERF_GLOBAL_CTRL
 * @launched: the VMCS's launch state: the next VM entry is a VMRESUME. No
 *	instruction reads it, so each client keeps a copy.
 * @reload_pending: vmxcore_vmcs_load() has asked for work that is not done yet
 * @dead: the guest caused an exit that ends it; it is not entered any more
 * @regs: the guest's general-purpose registers; RSP is in the VMCS
 * @rip: the guest's RIP
 * @exit: the last VM exit
 * @ept: the EPT page tables
 * @memory: the guest's memory
 * @run: the result of the last round, and the counts
 */
struct minivisor_vm {
	/* serializes MINIVISOR_RUN: one vCPU, one thread */
	struct mutex lock;
	struct vmxcore_vmcs *vmcs;
	int vpid;
	bool switches_perf;
	bool launched;
	bool reload_pending;
	bool dead;
	unsigned long regs[NR_REGS];
	unsigned long rip;
	struct minivisor_exit_info exit;
	struct minivisor_ept ept;
	struct page *memory[GUEST_PAGES];
	struct minivisor_run run;
};

/* vm.c */
extern struct vmxcore_client *minivisor_client;

struct minivisor_vm *minivisor_vm_create(void);
int minivisor_vm_start(struct minivisor_vm *vm, u64 seed, u64 steps);
void minivisor_vm_destroy(struct minivisor_vm *vm);

/* vmcs.c */
int minivisor_vmcs_supported(void);
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
int minivisor_host_init_cpu(void);
int minivisor_host_save(struct minivisor_host *host, bool switches_perf);
void minivisor_host_restore(const struct minivisor_host *host);

/* run.c */
int minivisor_run(struct minivisor_vm *vm);

/* entry.S */
int minivisor_enter(unsigned long *regs, bool launched);
extern const char minivisor_exit[];

#endif /* _MINIVISOR_H */
