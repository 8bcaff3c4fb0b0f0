// SPDX-License-Identifier: GPL-2.0-only
/* The modules to unload and to load, in order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/files.h"
#include "lib/out.h"
#include "switch/steps.h"

/*
 * The result is valid until the next step is added. It is NULL if memory or a
 * buffer is too small.
 */
struct step *steps_add(struct steps *steps, enum action action, const char *name, const char *path,
		       const char *options)
{
	struct step *list = reallocarray(steps->list, steps->n + 1, sizeof(*list)), *step;
	size_t length;

	if (!list)
		return NULL;
	steps->list = list;
	step = &list[steps->n];
	memset(step, 0, sizeof(*step));
	step->action = action;
	if (path_make(step->name, sizeof(step->name), "%s", name) ||
	    path_make(step->path, sizeof(step->path), "%s", path ? path : ""))
		return NULL;
	step->options = strdup(options ? options : "");
	if (!step->options)
		return NULL;
	/* libkmod appends a blank. */
	length = strlen(step->options);
	while (length && step->options[length - 1] == ' ')
		step->options[--length] = '\0';
	steps->n++;
	return step;
}

void steps_remove(struct steps *steps, size_t i)
{
	free(steps->list[i].options);
	steps->n--;
	memmove(&steps->list[i], &steps->list[i + 1], (steps->n - i) * sizeof(*steps->list));
}

struct step *steps_find(const struct steps *steps, const char *name)
{
	struct step *step;

	for (step = steps->list; step < steps->list + steps->n; step++) {
		if (!strcmp(step->name, name))
			return step;
	}
	return NULL;
}

void steps_free(struct steps *steps)
{
	while (steps->n)
		free(steps->list[--steps->n].options);
	free(steps->list);
	steps->list = NULL;
}

void steps_json(struct json_object *doc, const char *key, const struct steps *steps)
{
	static const char *const action[] = {
		[ACTION_UNLOAD] = "unload",
		[ACTION_LOAD] = "load",
		[ACTION_MODPROBE] = "modprobe",
	};
	struct json_object *array = add_array(doc, key), *object;
	const struct step *step;

	for (step = steps->list; step < steps->list + steps->n; step++) {
		object = append_object(array);
		add_string(object, "action", action[step->action]);
		add_string(object, "module", step->name);
		add_string(object, "path", step->path[0] ? step->path : NULL);
		add_string(object, "options", step->options);
	}
}

/* Prints the equivalent command. */
void step_text(const struct step *step)
{
	switch (step->action) {
	case ACTION_UNLOAD:
		printf("rmmod %s\n", step->name);
		break;
	case ACTION_LOAD:
		printf("insmod %s%s%s\n", step->path, step->options[0] ? " " : "", step->options);
		break;
	case ACTION_MODPROBE:
		printf("modprobe %s\n", step->name);
		break;
	}
}
