/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_REGISTER_H
#define _VMXCORE_REGISTER_H

struct module;

void vmxcore_module_gone(const struct module *owner);

#endif /* _VMXCORE_REGISTER_H */
