/* SPDX-License-Identifier: GPL-2.0-only */
/* vmxcore's events: finding, filtering and printing them. */
#ifndef VMXCTL_EVENTS_H
#define VMXCTL_EVENTS_H

#include <event-parse.h>
#include <json.h>
#include <stddef.h>

#include "lib/options.h"

/**
 * struct events - the events to trace
 * @tep: libtraceevent's handle
 * @list: the events
 * @n: the length of @list
 */
struct events {
	struct tep_handle *tep;
	struct tep_event *list[EVENTS_MAX];
	size_t n;
};

enum result events_find(struct events *events);
void events_free(struct events *events);
char *event_filter(struct tep_event *event);
void event_text(struct tep_event *event, struct tep_record *record);
void event_json(struct json_object *object, struct tep_event *event, struct tep_record *record);

#endif /* VMXCTL_EVENTS_H */
