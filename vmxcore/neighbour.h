/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_NEIGHBOUR_H
#define _VMXCORE_NEIGHBOUR_H

int vmxcore_neighbour_init(void);
void vmxcore_neighbour_exit(void);

#endif /* _VMXCORE_NEIGHBOUR_H */
