/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_DEBUGFS_H
#define _VMXCORE_DEBUGFS_H

void vmxcore_debugfs_init(void);
void vmxcore_debugfs_exit(void);

#endif /* _VMXCORE_DEBUGFS_H */
