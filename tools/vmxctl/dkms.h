/* SPDX-License-Identifier: GPL-2.0-only */
/* What DKMS is told. */
#ifndef VMXCTL_DKMS_H
#define VMXCTL_DKMS_H

#include "files.h"

int dkms_certificate(char certificate[FILE_LINE], const char *release);

#endif /* VMXCTL_DKMS_H */
