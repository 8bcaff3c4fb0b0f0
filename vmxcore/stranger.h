/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_STRANGER_H
#define _VMXCORE_STRANGER_H

#include <linux/types.h>

/* VirtualBox's driver, and the client that stands for it. */
#define VMXCORE_VBOXDRV	"vboxdrv"

void vmxcore_stranger_added(void);
void vmxcore_stranger_removed(void);
void vmxcore_stranger_set_vboxdrv(bool loaded);
void vmxcore_stranger_client_changed(const char *name);

#endif /* _VMXCORE_STRANGER_H */
