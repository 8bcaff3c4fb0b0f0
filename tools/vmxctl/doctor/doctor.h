/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor.c checks the machine, modules.c the files of modules, initrd.c those
 * in the initrd.
 */
#ifndef VMXCTL_DOCTOR_H
#define VMXCTL_DOCTOR_H

#include "lib/findings.h"
#include "machine/snapshot.h"

/**
 * struct patient - the machine under examination
 * @s: its state
 * @findings: its problems
 * @unsupported: vmxcore has no patches for its kernel line
 */
struct patient {
	struct snapshot s;
	struct findings findings;
	bool unsupported;
};

void look_at_line(struct patient *p);
void look_at_modules(struct patient *p);
void look_at_dkms(struct patient *p);
void look_at_initrd(struct patient *p);

#endif /* VMXCTL_DOCTOR_H */
