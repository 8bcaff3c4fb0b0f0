/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_CURRENT_H
#define _VMXCORE_CURRENT_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <vmxcore/vmxcore.h>

struct vmxcore_slot;

/**
 * enum vmxcore_vmcs_life - what becomes of a VMCS that vmxcore knows
 * @VMXCORE_VMCS_FREE: there is none: no handle names this structure
 * @VMXCORE_VMCS_LIVE: its client uses it
 * @VMXCORE_VMCS_DYING: its client has freed it, or is unregistered: it can be cleared, and not be
 *	loaded any more
 */
enum vmxcore_vmcs_life {
	VMXCORE_VMCS_FREE,
	VMXCORE_VMCS_LIVE,
	VMXCORE_VMCS_DYING,
};

/**
 * struct vmxcore_known_vmcs - a VMCS of a client
 * @lock: of what follows but @of_slot; taken with interrupts off. A call with a handle that is
 *	being freed finds out under it
 * @life: see there
 * @cpu: the CPU where it is active, or -1: it is clear
 * @last_cpu: the CPU that loaded it last; -1: no CPU has loaded it, and it has not been VMCLEARed
 * @adopted: the page is the client's own
 * @handle: what its client knows it by; of a free one the last one
 * @page: the VMCS itself
 * @slot: its client
 * @here: in the list of the CPU where it is active, written with interrupts off on that CPU
 * @of_slot: in its client's list, or in that of the free ones, under the mutex of vmcs.c
 *
 * Never freed before unload, but used again: whatever follows a pointer to it without a lock, as
 * the emergency path does, finds a structure of this type.
 */
struct vmxcore_known_vmcs {
	raw_spinlock_t lock;
	enum vmxcore_vmcs_life life;
	int cpu;
	int last_cpu;
	bool adopted;
	struct vmxcore_vmcs *handle;
	void *page;
	struct vmxcore_slot *slot;
	struct hlist_node here;
	struct list_head of_slot;
};

int vmxcore_current_load(struct vmxcore_known_vmcs *vmcs);
int vmxcore_current_borrow(struct vmxcore_known_vmcs *vmcs, u64 *interrupted);
void vmxcore_current_return(u64 interrupted);
void vmxcore_current_clear(struct vmxcore_known_vmcs *vmcs);
void vmxcore_current_clear_all(void);
void vmxcore_current_emergency(void);

#endif /* _VMXCORE_CURRENT_H */
