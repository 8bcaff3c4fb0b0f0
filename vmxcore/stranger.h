/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_STRANGER_H
#define _VMXCORE_STRANGER_H

void vmxcore_stranger_added(void);
void vmxcore_stranger_removed(void);

#endif /* _VMXCORE_STRANGER_H */
