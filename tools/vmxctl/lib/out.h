/* SPDX-License-Identifier: GPL-2.0-only */
/* Output: text, JSON, colours, and notes on what could not be read. */
#ifndef VMXCTL_OUT_H
#define VMXCTL_OUT_H

#include <json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The version of all JSON that vmxctl prints. It goes up when a key changes its
 * meaning or is removed.
 */
#define OUT_SCHEMA	1

enum colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_GOOD,
	COLOUR_WARN,
	COLOUR_BAD,
};

void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note_file(const char *path, int err);
const char *error_text(int err);
void notes_hush(void);
void notes_forget(void);
char *notes_text(void);

struct json_object *doc_new(const char *command);
void doc_print(struct json_object *doc);
void doc_write(FILE *to, struct json_object *doc);
void doc_print_line(struct json_object *doc);
void add_string(struct json_object *object, const char *key, const char *value);
void add_number(struct json_object *object, const char *key, uint64_t value);
void add_bool(struct json_object *object, const char *key, bool value);
void add_hex(struct json_object *object, const char *key, uint64_t value);
struct json_object *add_array(struct json_object *object, const char *key);
struct json_object *add_object(struct json_object *object, const char *key);
struct json_object *append_object(struct json_object *array);

const char *colour(enum colour colour);
void print_age(char buf[32], uint64_t seconds);

#endif /* VMXCTL_OUT_H */
