/* SPDX-License-Identifier: GPL-2.0-only */
/* What several subcommands print of a snapshot, as text and as JSON. */
#ifndef VMXCTL_REPORT_H
#define VMXCTL_REPORT_H

#include <json.h>

#include "lib/options.h"
#include "machine/snapshot.h"

const char *holder_kind(const struct holder *holder);
const char *holder_certainty(const struct holder *holder);
void add_moment(struct json_object *object, const struct snapshot *snapshot,
		const struct moment *since);
void add_processes(struct json_object *object, const struct processes *processes);
void add_client(struct json_object *array, const struct snapshot *snapshot,
		const struct vmxcore_client *client);
void add_virtualbox(struct json_object *object, const struct virtualbox *v);
void virtualbox_text(const struct virtualbox *v);
struct json_object *status_json(const struct snapshot *s);
void status_text(const struct snapshot *s);
void clients_text(const struct snapshot *s);
enum result status_result(const struct snapshot *s);

#endif /* VMXCTL_REPORT_H */
