/* SPDX-License-Identifier: GPL-2.0-only */
/* Does the kernel want modules to be signed, and by which key? */
#ifndef VMXCTL_SIGNATURE_H
#define VMXCTL_SIGNATURE_H

#include "findings.h"
#include "modprobe.h"

void check_signature(struct findings *findings, const struct module_file *file, const char *release);
void check_key(struct findings *findings, const struct module_file *file, const char *release);

#endif /* VMXCTL_SIGNATURE_H */
