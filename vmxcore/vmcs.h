/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_VMCS_H
#define _VMXCORE_VMCS_H

struct vmxcore_client_entry;

unsigned int vmxcore_vmcss_take_back(struct vmxcore_client_entry *entry);
void vmxcore_vmcss_clear(void);
void vmxcore_vmcss_free(void);

#endif /* _VMXCORE_VMCS_H */
