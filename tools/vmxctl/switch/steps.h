/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules to unload and to load, in order. */
#ifndef VMXCTL_STEPS_H
#define VMXCTL_STEPS_H

#include <json.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum action {
	/* as rmmod */
	ACTION_UNLOAD,
	/* as insmod: exactly this file */
	ACTION_LOAD,
	/* as modprobe: its configuration has a command of its own for this module */
	ACTION_MODPROBE,
};

/**
 * struct step - what is done to a module
 * @action: what
 * @name: of the module
 * @path: its file; empty where none is known
 * @options: its parameters
 * @optional: what comes after it can be done without it, as it is a soft dependency
 */
struct step {
	enum action action;
	char name[64];
	char path[PATH_MAX];
	char *options;
	bool optional;
};

/**
 * struct steps - several, one after the other
 * @list: the steps
 * @n: how many
 */
struct steps {
	struct step *list;
	size_t n;
};

struct step *steps_add(struct steps *steps, enum action action, const char *name, const char *path,
		       const char *options);
void steps_remove(struct steps *steps, size_t i);
struct step *steps_find(const struct steps *steps, const char *name);
void steps_free(struct steps *steps);
void steps_json(struct json_object *doc, const char *key, const struct steps *steps);
void step_text(const struct step *step);

#endif /* VMXCTL_STEPS_H */
