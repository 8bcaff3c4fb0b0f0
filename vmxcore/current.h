/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CURRENT_H
#define _VMXCORE_CURRENT_H

#include <linux/list.h>
#include <linux/types.h>

#include <vmxcore/vmxcore.h>

struct vmxcore_slot;

/**
 * struct vmxcore_vmcs - a VMCS of a client
 * @page: the VMCS itself; %VMXCORE_NO_PAGE when it has been taken back
 * @slot: whose; NULL when it has been taken back
 * @of_slot: in the slot's list, under vmcs.c's lock
 * @here: in the list of the CPU where it is active
 * @cpu: that CPU, or -1: it is clear
 * @last_cpu: the CPU that loaded it last; -1: no CPU has loaded it, and it has not been VMCLEARed
 * @adopted: the page is the client's own
 *
 * @here and @cpu are written with interrupts off on the CPU that has it, or by the
 * client that loads it while it is clear: a VMCS is used by one task at a time.
 */
struct vmxcore_vmcs {
	void *page;
	struct vmxcore_slot *slot;
	struct list_head of_slot;
	struct hlist_node here;
	int cpu;
	int last_cpu;
	bool adopted;
};

/* What no CPU has current, not even one that has nothing. */
#define VMXCORE_NO_PAGE	((void *)-1L)

int vmxcore_current_load(struct vmxcore_vmcs *vmcs);
int vmxcore_current_borrow(struct vmxcore_vmcs *vmcs, u64 *interrupted);
void vmxcore_current_return(u64 interrupted);
void vmxcore_current_clear(struct vmxcore_vmcs *vmcs);
void vmxcore_current_clear_all(void);
void vmxcore_current_emergency(void);

#endif /* _VMXCORE_CURRENT_H */
