/* SPDX-License-Identifier: GPL-2.0-only */
/* Text in fixed buffers: printing, cleaning and parsing. */
#ifndef VMXCTL_TEXT_H
#define VMXCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* No single value in sysfs is longer. */
#define FILE_LINE	256

int path_make(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int text_append(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void text_clean(char *text);
bool text_has(const char *list, char separator, const char *word);
bool parse_u64(const char *text, int base, uint64_t *value);
bool parse_name(const char *text);

#endif /* VMXCTL_TEXT_H */
