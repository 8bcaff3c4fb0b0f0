/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_POWER_H
#define _VMXCORE_POWER_H

void vmxcore_power_init(void);
void vmxcore_power_exit(void);
void vmxcore_power_emergency(void);

#endif /* _VMXCORE_POWER_H */
