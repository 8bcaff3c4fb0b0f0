/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that the kernel does not export to modules */
#ifndef VMXCORE_KUNIT_UNEXPORTED_H
#define VMXCORE_KUNIT_UNEXPORTED_H

int unexported_find(void);

#endif
