// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text, JSON and colours. A note says what could not be read or is not as it
 * should be. It goes to standard error at once, so that it never mixes with
 * what a script reads, and also into the JSON.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/options.h"
#include "lib/out.h"

/* Enough to diagnose a folder of thousands of broken files. */
#define NOTES_MAX	20

static char *notes[NOTES_MAX];
static unsigned int n_notes;
static bool hushed;

static bool noted(const char *text)
{
	unsigned int i;

	for (i = 0; i < n_notes; i++) {
		if (!strcmp(notes[i], text))
			return true;
	}
	return false;
}

/* Prints a note unless the same one has been printed. */
void note(const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return;
	if (n_notes == NOTES_MAX || noted(text)) {
		free(text);
		return;
	}
	if (!hushed)
		fprintf(stderr, "vmxctl: %s\n", text);
	notes[n_notes++] = text;
}

/* From now on notes are only kept: watch would print them with every look. */
void notes_hush(void)
{
	hushed = true;
}

/*
 * All notes, one in each line. The caller frees the text. NULL without memory.
 */
char *notes_text(void)
{
	char *text = NULL;
	size_t size = 0;
	unsigned int i;
	FILE *to;

	to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	for (i = 0; i < n_notes; i++)
		fprintf(to, "%s\n", notes[i]);
	fclose(to);
	return text;
}

/* watch forgets the notes before each look. */
void notes_forget(void)
{
	while (n_notes)
		free(notes[--n_notes]);
}

/* lib/files.c gives -EINVAL and -EFBIG meanings of its own. */
const char *error_text(int err)
{
	switch (err) {
	case -EINVAL:
		return "unexpected contents";
	case -EFBIG:
		return "too long";
	default:
		return strerror(-err);
	}
}

void note_file(const char *path, int err)
{
	note("%s%s: %s", options.root, path, error_text(err));
}

struct json_object *doc_new(const char *command)
{
	struct json_object *doc = json_object_new_object();

	add_number(doc, "schema", OUT_SCHEMA);
	add_string(doc, "command", command);
	return doc;
}

static void doc_finish(FILE *to, struct json_object *doc, int flags)
{
	struct json_object *array = add_array(doc, "notes");
	unsigned int i;

	for (i = 0; i < n_notes; i++)
		json_object_array_add(array, json_object_new_string(notes[i]));
	fprintf(to, "%s\n", json_object_to_json_string_ext(doc, flags));
	json_object_put(doc);
}

/* Adds the notes to a document, prints it and frees it. */
void doc_write(FILE *to, struct json_object *doc)
{
	doc_finish(to, doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
}

void doc_print(struct json_object *doc)
{
	doc_write(stdout, doc);
}

/* As doc_print() on one line, for commands that print many documents. */
void doc_print_line(struct json_object *doc)
{
	doc_finish(stdout, doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	fflush(stdout);
}

/* A @value of NULL becomes null. */
void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

void add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/*
 * Adds a register as a string: many JSON parsers keep only 53 bits of a number.
 */
void add_hex(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)value);
	add_string(object, key, text);
}

struct json_object *add_array(struct json_object *object, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(object, key, array);
	return array;
}

struct json_object *add_object(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_new_object();

	json_object_object_add(object, key, value);
	return value;
}

struct json_object *append_object(struct json_object *array)
{
	struct json_object *object = json_object_new_object();

	json_object_array_add(array, object);
	return object;
}

/*
 * The escape sequence, or an empty string if colours are off. COLOUR_NONE ends
 * a colour.
 */
const char *colour(enum colour colour)
{
	static const char *const sequence[] = {
		[COLOUR_NONE] = "\033[0m",
		[COLOUR_BOLD] = "\033[1m",
		[COLOUR_GOOD] = "\033[32m",
		[COLOUR_WARN] = "\033[33m",
		[COLOUR_BAD] = "\033[31m",
	};

	return options.colour ? sequence[colour] : "";
}

void print_age(char buf[32], uint64_t seconds)
{
	unsigned long long s = seconds;

	if (s < 60)
		snprintf(buf, 32, "%llu s", s);
	else if (s < 3600)
		snprintf(buf, 32, "%llu min %llu s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, 32, "%llu h %llu min", s / 3600, s / 60 % 60);
	else
		snprintf(buf, 32, "%llu d %llu h", s / 86400, s / 3600 % 24);
}
