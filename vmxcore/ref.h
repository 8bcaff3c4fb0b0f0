/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_REF_H
#define _VMXCORE_REF_H

struct vmxcore_client_entry;

void vmxcore_refs_take_back(struct vmxcore_client_entry *entry, unsigned int vmcss,
			    unsigned int vpids);
void vmxcore_refs_quiesce(void);

#endif /* _VMXCORE_REF_H */
