/* SPDX-License-Identifier: GPL-2.0-only */
/* What the doctor has found; doctor.c looks at the machine, doctor_modules.c at the files of modules. */
#ifndef VMXCTL_DOCTOR_H
#define VMXCTL_DOCTOR_H

#include "snapshot.h"

#define FINDINGS	32

/**
 * struct finding - something that is in the way
 * @id: its name in JSON
 * @text: what is wrong
 * @first: what a person has to do, or see to; empty where a command is all there is to do
 * @fix: the command that mends it then; empty where there is none
 */
struct finding {
	const char *id;
	char text[1024];
	char first[256];
	char fix[768];
};

/**
 * struct patient - what the doctor works on
 * @s: what is known
 * @findings: what has been found
 * @n: how much
 */
struct patient {
	struct snapshot s;
	struct finding findings[FINDINGS];
	unsigned int n;
};

/* Into a field of a finding. */
#define PRINT(field, format, ...)	snprintf(field, sizeof(field), format, ##__VA_ARGS__)

struct finding *found(struct patient *p, const char *id);
void look_at_modules(struct patient *p);
void look_at_dkms(struct patient *p);

#endif /* VMXCTL_DOCTOR_H */
