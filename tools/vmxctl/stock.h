/* SPDX-License-Identifier: GPL-2.0-only */
/* The distribution's modules, which modprobe does not find where others of the same name are preferred. */
#ifndef VMXCTL_STOCK_H
#define VMXCTL_STOCK_H

#include <limits.h>

int stock_find(const char *release, const char *name, char path[PATH_MAX]);

#endif /* VMXCTL_STOCK_H */
