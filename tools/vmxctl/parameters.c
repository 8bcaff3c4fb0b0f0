// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameters that modules are loaded with: whoever has given them others than modprobe does, on the command line or
 * afterwards, is told that they are gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "parameters.h"

struct reading {
	struct parameters *all;
	const char *module;
};

static int path_of(char path[256], const char *module, const char *name)
{
	return path_make(path, 256, "/sys/module/%s/parameters/%s", module, name);
}

static int take(const char *name, void *data)
{
	struct reading *reading = data;
	struct parameters *all = reading->all;
	struct parameter parameter = {}, *list;
	char path[256];

	/* Some cannot be read. */
	if (path_of(path, reading->module, name) || file_line(path, parameter.value) ||
	    path_make(parameter.module, sizeof(parameter.module), "%s", reading->module) ||
	    path_make(parameter.name, sizeof(parameter.name), "%s", name))
		return 0;
	list = reallocarray(all->list, all->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	all->list = list;
	list[all->n++] = parameter;
	return 0;
}

/**
 * parameters_read - remember what the modules have now
 * @parameters: filled in; to be freed
 */
void parameters_read(struct parameters *parameters)
{
	static const char *const modules[] = { "kvm_intel", "kvm", "vmxcore", "vmxcore_tdx" };
	struct reading reading = { .all = parameters };
	char path[256];
	unsigned int i;

	memset(parameters, 0, sizeof(*parameters));
	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		reading.module = modules[i];
		path_of(path, modules[i], "");
		file_list(path, take, &reading);
	}
}

/**
 * parameters_compare - say which of them have other values now
 * @before: of parameters_read()
 */
void parameters_compare(const struct parameters *before)
{
	const struct parameter *p;
	char path[256], now[FILE_LINE];

	for (p = before->list; p < before->list + before->n; p++) {
		path_of(path, p->module, p->name);
		/* A module that has gone has none, and the other kvm_intel may not know it. */
		if (file_line(path, now) || !strcmp(now, p->value))
			continue;
		note("%s.%s was %s and is %s now; \"options %s %s=%s\" in /etc/modprobe.d makes it last", p->module, p->name,
		     p->value, now, p->module, p->name, p->value);
	}
}

/**
 * parameters_free - free them
 * @parameters: all of them
 */
void parameters_free(struct parameters *parameters)
{
	free(parameters->list);
	parameters->list = NULL;
	parameters->n = 0;
}
