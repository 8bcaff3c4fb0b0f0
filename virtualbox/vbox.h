/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_VBOX_H
#define _VMXCORE_VBOX_H

#include <linux/atomic.h>
#include <linux/types.h>

struct module;

/* vboxdrv, or NULL while nothing is redirected. */
extern const struct module *vbox_driver;

/*
 * How often VirtualBox has VMX turned on by vmxcore, or asks for it at this moment. Each holds a
 * reference to this module.
 */
extern atomic_t vbox_refs;

/* VirtualBox does not get VMX any more. */
extern bool vbox_going_down;

int vbox_shutdown_init(void);
void vbox_shutdown_exit(void);

#endif /* _VMXCORE_VBOX_H */
