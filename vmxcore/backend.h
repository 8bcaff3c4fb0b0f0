/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_BACKEND_H
#define _VMXCORE_BACKEND_H

#include <linux/types.h>

/* The page that VMXON is given, as far as software may know it: SDM 25.11.5. */
struct vmxcore_root_vmcs {
	u32 revision;
	u8 reserved[];
};

/**
 * struct vmxcore_backend - how a CPU enters and leaves VMX operation
 * @name: as shown to admins
 * @on: put this CPU into VMX operation; 0 or one of the errors of vmxcore_get()
 * @off: take it out again; -EFAULT when it was out already
 * @emergency_off: the same when the machine crashes: no state, no locks, NMI
 *
 * Mechanism only: one CPU, this one, interrupts off. No policy, no books.
 */
struct vmxcore_backend {
	const char *name;
	int (*on)(struct vmxcore_root_vmcs *root);
	int (*off)(void);
	void (*emergency_off)(void);
};

extern const struct vmxcore_backend vmxcore_native;

#endif /* _VMXCORE_BACKEND_H */
