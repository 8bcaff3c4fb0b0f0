/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_HOTPLUG_H
#define _VMXCORE_HOTPLUG_H

int vmxcore_hotplug_init(void);
void vmxcore_hotplug_exit(void);

#endif /* _VMXCORE_HOTPLUG_H */
