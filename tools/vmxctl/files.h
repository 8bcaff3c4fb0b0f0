/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading small files of sysfs, procfs and /etc: all input comes through here, and has an end. */
#ifndef VMXCTL_FILES_H
#define VMXCTL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* No value of sysfs is longer. */
#define FILE_LINE	256

int file_open(const char *path, int flags);
int file_read(const char *path, char *buf, size_t size);
char *file_slurp(const char *path, size_t limit, int *err);
int file_line(const char *path, char line[FILE_LINE]);
int file_flag(const char *path, bool *value);
bool file_exists(const char *path);
unsigned int file_mode(const char *path);
int file_link(const char *path, char *buf, size_t size);
int file_list(const char *path, int (*each)(const char *name, void *data), void *data);

bool parse_u64(const char *text, int base, uint64_t *value);
bool parse_name(const char *text);
bool text_has(const char *list, char separator, const char *word);
void text_clean(char *text);
int path_make(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int text_append(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif /* VMXCTL_FILES_H */
