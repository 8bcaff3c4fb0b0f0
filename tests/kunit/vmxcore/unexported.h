/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel does not let modules call. */
#ifndef VMXCORE_KUNIT_UNEXPORTED_H
#define VMXCORE_KUNIT_UNEXPORTED_H

int unexported_find(void);

#endif
