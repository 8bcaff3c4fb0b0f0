/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_REF_H
#define _VMXCORE_REF_H

struct vmxcore_slot;

void vmxcore_refs_take_back(struct vmxcore_slot *slot, unsigned int vmcss,
			    unsigned int vpids);
void vmxcore_refs_settle(void);

#endif /* _VMXCORE_REF_H */
