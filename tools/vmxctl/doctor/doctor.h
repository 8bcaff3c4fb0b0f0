/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor.c looks at the machine, doctor_modules.c at the files of modules, doctor_initrd.c at those
 * in the initrd.
 */
#ifndef VMXCTL_DOCTOR_H
#define VMXCTL_DOCTOR_H

#include "lib/findings.h"
#include "machine/snapshot.h"

/**
 * struct patient - what the doctor works on
 * @s: what is known
 * @findings: what has been found
 * @unsupported: there is no vmxcore for this line of kernels
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
