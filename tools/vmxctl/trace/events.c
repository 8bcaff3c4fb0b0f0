// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events are parsed by their format files, so that fields that vmxcore gets
 * later are shown too. Fields whose names docs/tracing.md lists are printed in
 * words.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

#include "lib/cpus.h"
#include "lib/files.h"
#include "lib/out.h"
#include "trace/events.h"

/* No field or name of vmxcore's events is longer. */
#define FIELD_TEXT	128

static const char *const systems[] = { "vmxcore", "vmxcore_tdx", NULL };

static bool is_named(const struct tep_event *event, const char *name)
{
	const char *colon = strchr(name, ':');
	size_t length = strlen(event->system);

	if (!colon)
		return !strcmp(event->name, name);
	return (size_t)(colon - name) == length && !strncmp(name, event->system, length) &&
	       !strcmp(event->name, colon + 1);
}

static bool is_wanted(const struct tep_event *event)
{
	size_t i;

	for (i = 0; i < options.n_events; i++) {
		if (is_named(event, options.events[i]))
			return true;
	}
	return !options.n_events;
}

static enum result complain(const char *file, const char *text)
{
	fprintf(stderr, "vmxctl: %s/events/%s: %s\n", tracefs_tracing_dir(), file, text);
	return RESULT_UNKNOWN;
}

/* Parses the layout of the kernel's buffer pages. */
static enum result parse_header(struct events *events)
{
	char *text;
	int size = 0, err;

	text = tracefs_instance_file_read(NULL, "events/header_page", &size);
	if (!text)
		return complain("header_page", strerror(errno));
	err = tep_parse_header_page(events->tep, text, size, sizeof(long));
	free(text);
	return err ? complain("header_page", error_text(-EINVAL)) : RESULT_OK;
}

static enum result find_one(struct events *events, const char *system, const char *name)
{
	struct tep_event *event = NULL;
	char path[256], *text;
	int size = 0;

	path_make(path, sizeof(path), "%s/%s/format", system, name);
	text = tracefs_event_file_read(NULL, system, name, "format", &size);
	/* The event went away after the folder was read. */
	if (!text)
		return RESULT_OK;
	if (!tep_parse_event(events->tep, text, size, system))
		event = tep_find_event_by_name(events->tep, system, name);
	free(text);
	if (!event)
		return complain(path, error_text(-EINVAL));
	if (is_wanted(event) && events->n < EVENTS_MAX)
		events->list[events->n++] = event;
	return RESULT_OK;
}

static enum result find_all(struct events *events)
{
	enum result result = parse_header(events);
	const char *const *system;
	char **names, **name;

	for (system = systems; *system && result == RESULT_OK; system++) {
		names = tracefs_system_events(tracefs_tracing_dir(), *system);
		for (name = names; name && *name && result == RESULT_OK; name++)
			result = find_one(events, *system, *name);
		tracefs_list_free(names);
	}
	return result;
}

static void list_known(void)
{
	const char *const *system;
	char **names, **name;

	fputs("vmxctl: there are:", stderr);
	for (system = systems; *system; system++) {
		names = tracefs_system_events(tracefs_tracing_dir(), *system);
		for (name = names; name && *name; name++)
			fprintf(stderr, " %s:%s", *system, *name);
		tracefs_list_free(names);
	}
	fputc('\n', stderr);
}

static bool all_found(const struct events *events)
{
	size_t i, j;

	for (i = 0; i < options.n_events; i++) {
		for (j = 0; j < events->n; j++) {
			if (is_named(events->list[j], options.events[i]))
				break;
		}
		if (j < events->n)
			continue;
		fprintf(stderr, "vmxctl: there is no event \"%s\"\n", options.events[i]);
		list_known();
		return false;
	}
	return true;
}

static bool names_client(const struct tep_format_field *field)
{
	return (field->flags & TEP_FIELD_IS_STRING) &&
	       (!strcmp(field->name, "client") || !strcmp(field->name, "from") ||
		!strcmp(field->name, "to"));
}

/*
 * With --client, drops the events without a client field, unless --event names
 * them.
 */
static void drop_others(struct events *events)
{
	const struct tep_format_field *field;
	size_t i, kept = 0;

	if (!options.client || options.n_events)
		return;
	for (i = 0; i < events->n; i++) {
		field = events->list[i]->format.fields;
		while (field && !names_client(field))
			field = field->next;
		if (field)
			events->list[kept++] = events->list[i];
	}
	events->n = kept;
}

/*
 * The caller frees the events. A result other than RESULT_OK has been explained
 * on standard error.
 */
enum result events_find(struct events *events)
{
	enum result result;

	memset(events, 0, sizeof(*events));
	/*
	 * tracefs_local_events() would also read /proc/kallsyms, for addresses
	 * that no event here has.
	 */
	events->tep = tep_alloc();
	if (!events->tep)
		return complain("", strerror(ENOMEM));
	result = find_all(events);
	if (result != RESULT_OK)
		return result;
	if (!all_found(events))
		return RESULT_USAGE;
	drop_others(events);
	return RESULT_OK;
}

void events_free(struct events *events)
{
	tep_free(events->tep);
}

static void filter_client(FILE *to, const struct tep_event *event)
{
	const struct tep_format_field *field;
	const char *before = "(";

	for (field = event->format.fields; field; field = field->next) {
		if (!names_client(field))
			continue;
		fprintf(to, "%s%s == \"%s\"", before, field->name, options.client);
		before = " || ";
	}
	if (before[0] == ' ')
		fputc(')', to);
}

static bool is_cpu(const struct tep_format_field *field)
{
	return !strcmp(field->name, "cpu") &&
	       !(field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_STRING));
}

/*
 * In an event without that field, the kernel takes "CPU" for the one that
 * recorded it.
 */
static void filter_cpus(FILE *to, const struct tep_event *event)
{
	const struct tep_format_field *field = event->format.fields;
	const char *list = options.cpus, *name;
	unsigned int first, last;

	while (field && !is_cpu(field))
		field = field->next;
	name = field ? "cpu" : "CPU";
	fputc('(', to);
	while (cpus_range(&list, &first, &last)) {
		fprintf(to, "(%s >= %u && %s <= %u)%s", name, first, name, last,
			*list ? " || " : "");
		list += *list == ',';
	}
	/*
	 * -1 stands for all CPUs. The kernel refuses it for an unsigned field.
	 */
	if (field && (field->flags & TEP_FIELD_IS_SIGNED))
		fprintf(to, " || %s == -1", name);
	fputc(')', to);
}

/*
 * The kernel's filter for the event, empty if it has none. The caller frees it;
 * NULL without memory.
 */
char *event_filter(struct tep_event *event)
{
	char *filter = NULL;
	size_t size = 0;
	FILE *to;

	to = open_memstream(&filter, &size);
	if (!to)
		return NULL;
	if (options.client)
		filter_client(to, event);
	if (options.cpus) {
		if (ftell(to) > 0)
			fputs(" && ", to);
		filter_cpus(to, event);
	}
	if (!fclose(to))
		return filter;
	free(filter);
	return NULL;
}

/*
 * Reads a string field. The bounds are checked because the library trusts the
 * offset in the record.
 */
static bool string_of(struct tep_format_field *field, struct tep_record *record,
		      char text[FIELD_TEXT])
{
	const char *data = record->data, *at;
	int length = 0;

	text[0] = '\0';
	if (!(field->flags & TEP_FIELD_IS_STRING) || field->offset + field->size > record->size)
		return false;
	at = tep_get_field_raw(NULL, field->event, field->name, record, &length, 0);
	if (!at || length < 0 || at < data || at + length > data + record->size)
		return false;
	snprintf(text, FIELD_TEXT, "%.*s", (int)strnlen(at, length), at);
	text_clean(text);
	return true;
}

static bool number_of(struct tep_format_field *field, struct tep_record *record, int64_t *value)
{
	unsigned long long raw;

	if ((field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_STRING)) ||
	    field->offset + field->size > record->size ||
	    tep_read_number_field(field, record->data, &raw))
		return false;
	/* The library does not sign-extend. */
	if ((field->flags & TEP_FIELD_IS_SIGNED) && field->size < 8 && raw >> (8 * field->size - 1))
		raw |= ~0ULL << (8 * field->size);
	*value = (int64_t)raw;
	return true;
}

static void print_error(int64_t value)
{
	const char *name = value < 0 && value > -4096 ? strerrorname_np(-value) : NULL;

	if (!value)
		fputs("done", stdout);
	else if (name)
		printf("%s%s%s (%s)", colour(COLOUR_BAD), name, colour(COLOUR_NONE),
		       strerrordesc_np(-value));
	else
		printf("error %lld", (long long)value);
}

static void print_number(const char *name, int64_t value)
{
	if (!strcmp(name, "cpu") && value == -1)
		fputs("all CPUs", stdout);
	else if (!strcmp(name, "cpu"))
		printf("CPU %lld", (long long)value);
	else if (!strcmp(name, "references"))
		printf("now %lld reference%s", (long long)value, value == 1 ? "" : "s");
	else if (!strcmp(name, "latency"))
		printf("took %.1f us", value / 1000.0);
	else if (!strcmp(name, "result") || !strcmp(name, "error"))
		print_error(value);
	else if (!strcmp(name, "vpid"))
		printf("VPID %lld", (long long)value);
	else
		printf("%s %lld", name, (long long)value);
}

/* Prints the fields in words. */
void event_text(struct tep_event *event, struct tep_record *record)
{
	struct tep_format_field *field;
	const char *before = " ";
	char text[FIELD_TEXT];
	int64_t value;

	for (field = event->format.fields; field; field = field->next) {
		if (number_of(field, record, &value)) {
			fputs(before, stdout);
			print_number(field->name, value);
		} else if (string_of(field, record, text) && text[0]) {
			printf("%s%s %s", before, field->name, text);
		} else {
			continue;
		}
		before = ", ";
	}
}

/* Adds the fields to an object. */
void event_json(struct json_object *object, struct tep_event *event, struct tep_record *record)
{
	struct tep_format_field *field;
	char text[FIELD_TEXT];
	int64_t value;

	for (field = event->format.fields; field; field = field->next) {
		if (number_of(field, record, &value))
			json_object_object_add(object, field->name, json_object_new_int64(value));
		else
			add_string(object, field->name,
				   string_of(field, record, text) ? text : NULL);
	}
}
