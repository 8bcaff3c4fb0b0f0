/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts that main.c sets up at load and tears down at unload. No other file calls them, so
 * they have no headers of their own.
 */
#ifndef _VMXCORE_INIT_H
#define _VMXCORE_INIT_H

#include <linux/types.h>

int vmxcore_modules_init(void);
void vmxcore_modules_exit(void);

int vmxcore_hotplug_init(void);
void vmxcore_hotplug_exit(void);

void vmxcore_power_init(void);
void vmxcore_power_exit(void);
void vmxcore_power_emergency(void);

int vmxcore_sysfs_init(bool at_load);
void vmxcore_sysfs_exit(void);

#endif /* _VMXCORE_INIT_H */
