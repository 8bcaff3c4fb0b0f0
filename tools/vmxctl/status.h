/* SPDX-License-Identifier: GPL-2.0-only */
/* What watch and switch need of vmxctl status and clients. */
#ifndef VMXCTL_STATUS_H
#define VMXCTL_STATUS_H

#include "options.h"
#include "snapshot.h"

struct json_object *status_json(const struct snapshot *s);
void status_headline(const struct snapshot *s);
void status_text(const struct snapshot *s);
void text_processes(const struct processes *processes);
void clients_text(const struct snapshot *s);
enum result status_result(const struct snapshot *s);

#endif /* VMXCTL_STATUS_H */
