/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading small files of sysfs, procfs and /etc. All input comes through here,
 * and its size is limited.
 */
#ifndef VMXCTL_FILES_H
#define VMXCTL_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/text.h"

int file_open(const char *path, int flags);
int file_read(const char *path, char *buf, size_t size);
char *file_slurp(const char *path, size_t limit, int *err);
int file_line(const char *path, char line[FILE_LINE]);
int file_flag(const char *path, bool *value);
bool file_exists(const char *path);
unsigned int file_mode(const char *path);
int file_link(const char *path, char *buf, size_t size);
int file_list(const char *path, int (*each)(const char *name, void *data), void *data);

#endif /* VMXCTL_FILES_H */
