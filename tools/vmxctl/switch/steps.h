/* SPDX-License-Identifier: GPL-2.0-only */
/* The modules to unload and to load, in order. */
#ifndef VMXCTL_STEPS_H
#define VMXCTL_STEPS_H

#include <json.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum action {
	/* As rmmod. */
	ACTION_UNLOAD,
	/* As insmod, with this file. */
	ACTION_LOAD,
	/*
	 * As modprobe, because its configuration has an install command for
	 * this module.
	 */
	ACTION_MODPROBE,
};

/**
 * struct step - one module to unload or load
 * @action: what to do
 * @name: the module's name
 * @path: its file, or empty if that is unknown
 * @options: its parameters
 * @optional: a soft dependency, whose failure does not stop the next steps
 */
struct step {
	enum action action;
	char name[64];
	char path[PATH_MAX];
	char *options;
	bool optional;
};

/**
 * struct steps - a sequence of steps
 * @list: the steps
 * @n: the length of @list
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
