/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_VMCS_CPU_H
#define _VMXCORE_VMCS_CPU_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <vmxcore/vmxcore.h>

struct vmxcore_client_entry;

/* SDM volume 3, "Format of the VMCS Region": above the revision identifier */
#define VMXCORE_SHADOW_VMCS	BIT(31)

/**
 * enum vmxcore_vmcs_life - the life of a VMCS that vmxcore knows
 * @VMXCORE_VMCS_FREE: no handle refers to this structure
 * @VMXCORE_VMCS_LIVE: its client uses it
 * @VMXCORE_VMCS_DYING: its client has freed it, or is unregistered: it can be cleared, but not
 *	loaded any more
 */
enum vmxcore_vmcs_life {
	VMXCORE_VMCS_FREE,
	VMXCORE_VMCS_LIVE,
	VMXCORE_VMCS_DYING,
};

/**
 * struct vmxcore_known_vmcs - a VMCS of a client
 * @lock: protects all that follows but @of_client; taken with interrupts off
 * @life: see &enum vmxcore_vmcs_life; written under @lock and the mutex of vmcs.c, read under
 *	one of them
 * @cpu: the CPU where it is active, or -1 if it is clear
 * @last_cpu: the CPU that loaded it last; -1 if none has yet: the first load VMCLEARs it
 * @adopted: its client has allocated the page, and frees it
 * @handle: the handle of this VMCS; that of the last VMCS if the structure is free
 * @page: the VMCS itself
 * @entry: its client
 * @here: in the list of the CPU where it is active; written with interrupts off on that CPU
 * @of_client: in the list of its client's VMCSs, or of the free structures, under the mutex
 *	of vmcs.c
 *
 * A structure is reused, and freed only at unload: the emergency path follows pointers to it
 * without a lock, and finds a structure of this type in any case.
 */
struct vmxcore_known_vmcs {
	raw_spinlock_t lock;
	enum vmxcore_vmcs_life life;
	int cpu;
	int last_cpu;
	bool adopted;
	struct vmxcore_vmcs *handle;
	void *page;
	struct vmxcore_client_entry *entry;
	struct hlist_node here;
	struct list_head of_client;
};

u32 vmxcore_vmcs_page_revision(const void *page);

int vmxcore_vmcs_cpu_load(struct vmxcore_known_vmcs *vmcs);
int vmxcore_vmcs_cpu_borrow(struct vmxcore_known_vmcs *vmcs, u64 *interrupted);
void vmxcore_vmcs_cpu_return(u64 interrupted);
void vmxcore_vmcs_cpu_clear(struct vmxcore_known_vmcs *vmcs);
void vmxcore_vmcs_cpu_clear_all(void);
void vmxcore_vmcs_cpu_emergency(void);

#endif /* _VMXCORE_VMCS_CPU_H */
