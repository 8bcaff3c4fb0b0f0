// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text, JSON and colours. A note says what could not be seen, or is not as it should be: on standard error at once, so that
 * it never gets into what a script reads, and in the JSON.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/options.h"
#include "lib/out.h"

/* Enough to understand what is wrong with a folder of thousands of broken files. */
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

/**
 * note - say what could not be seen, once
 * @format: as printf's
 */
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

/**
 * notes_hush - from now on, keep notes to be asked for: for watch, which would say them with every look
 */
void notes_hush(void)
{
	hushed = true;
}

/**
 * notes_text - all notes
 *
 * Return: a line for each, to be freed, or NULL without memory.
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

/**
 * notes_forget - begin anew: for watch, which looks more than once
 */
void notes_forget(void)
{
	while (n_notes)
		free(notes[--n_notes]);
}

/**
 * error_text - what an error number of ours says
 * @err: negative
 *
 * Return: a text. The two that files.c gives a meaning of its own have one of their own.
 */
const char *error_text(int err)
{
	switch (err) {
	case -EINVAL:
		return "not what is expected there";
	case -EFBIG:
		return "longer than it can be";
	default:
		return strerror(-err);
	}
}

/**
 * note_file - a file could not be read, or makes no sense
 * @path: the file
 * @err: negative error number
 */
void note_file(const char *path, int err)
{
	note("%s%s: %s", options.root, path, error_text(err));
}

/**
 * doc_new - begin a JSON document
 * @command: the subcommand
 *
 * Return: the object all else goes into.
 */
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

/**
 * doc_write - print a document into a file, with the notes, and free it
 * @to: the file
 * @doc: of doc_new()
 */
void doc_write(FILE *to, struct json_object *doc)
{
	doc_finish(to, doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/**
 * doc_print - print a document, with the notes, and free it
 * @doc: of doc_new()
 */
void doc_print(struct json_object *doc)
{
	doc_write(stdout, doc);
}

/**
 * doc_print_line - the same on one line, for commands that print many
 * @doc: of doc_new()
 */
void doc_print_line(struct json_object *doc)
{
	doc_finish(stdout, doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	fflush(stdout);
}

/**
 * add_string - put a string into an object
 * @object: the object
 * @key: its name
 * @value: the string; NULL is null
 */
void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

/**
 * add_number - put a number into an object
 * @object: the object
 * @key: its name
 * @value: the number
 */
void add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

/**
 * add_bool - put a boolean into an object
 * @object: the object
 * @key: its name
 * @value: true or false
 */
void add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/**
 * add_hex - put a register into an object: as a string, as readers of JSON may keep 53 bits of a number only
 * @object: the object
 * @key: its name
 * @value: the register
 */
void add_hex(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)value);
	add_string(object, key, text);
}

/**
 * add_array - put an empty array into an object
 * @object: the object
 * @key: its name
 *
 * Return: the array.
 */
struct json_object *add_array(struct json_object *object, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(object, key, array);
	return array;
}

/**
 * add_object - put an empty object into an object
 * @object: the object
 * @key: its name
 *
 * Return: the new one.
 */
struct json_object *add_object(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_new_object();

	json_object_object_add(object, key, value);
	return value;
}

/**
 * append_object - put an empty object at the end of an array
 * @array: the array
 *
 * Return: the object.
 */
struct json_object *append_object(struct json_object *array)
{
	struct json_object *object = json_object_new_object();

	json_object_array_add(array, object);
	return object;
}

/**
 * colour - what switches a terminal to a colour
 * @colour: which; COLOUR_NONE switches back
 *
 * Return: the sequence, or nothing where there are to be no colours.
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

/**
 * print_age - a duration as a human reads it
 * @buf: gets it
 * @seconds: the duration
 */
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
