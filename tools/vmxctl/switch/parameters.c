// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameters that modules are loaded with. A module that is loaded again, as the change over has failed, gets those that it
 * had: what cannot be changed while it is loaded is given to it, the rest is written where it differs. An admin who has given other
 * parameters than modprobe does, on the command line or afterwards, is told what is gone after a change over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/out.h"
#include "switch/parameters.h"

struct reading {
	struct parameters *all;
	const char *module;
};

static int path_of(char path[256], const char *module, const char *name)
{
	return path_make(path, 256, "/sys/module/%s/parameters/%s", module, name);
}

/* The parameter, new where there was none of this name; NULL without memory. */
static struct parameter *parameter_named(struct parameters *all, const char *module, const char *name)
{
	struct parameter parameter = {}, *list;

	for (list = all->list; list < all->list + all->n; list++) {
		if (!strcmp(list->module, module) && !strcmp(list->name, name))
			return list;
	}
	if (path_make(parameter.module, sizeof(parameter.module), "%s", module) ||
	    path_make(parameter.name, sizeof(parameter.name), "%s", name))
		return NULL;
	list = reallocarray(all->list, all->n + 1, sizeof(*list));
	if (!list)
		return NULL;
	all->list = list;
	list[all->n] = parameter;
	return &list[all->n++];
}

static int take(const char *name, void *data)
{
	struct reading *reading = data;
	struct parameter *parameter;
	char path[256];

	if (!parse_name(name) || path_of(path, reading->module, name))
		return 0;
	parameter = parameter_named(reading->all, reading->module, name);
	if (!parameter)
		return -ENOMEM;
	parameter->readable = !file_line(path, parameter->value);
	parameter->writable = file_mode(path) & 0222;
	return 0;
}

/**
 * parameters_read - remember what a module has now
 * @parameters: gets them; to be freed
 * @module: the module
 *
 * Return: 0, also for a module that has none; or a negative error number.
 */
int parameters_read(struct parameters *parameters, const char *module)
{
	struct reading reading = { .all = parameters, .module = module };
	char path[256];
	int err;

	err = path_of(path, module, "");
	if (!err)
		err = file_list(path, take, &reading);
	return err == -ENOENT ? 0 : err;
}

/* Those of include/linux/moduleparam.h whose value reads as it is given. */
static bool is_plain(const char *type)
{
	return text_has("bool,bint,invbool,byte,hexint,short,ushort,int,uint,long,ulong,ullong,charp,string", ',', type) ||
	       !strncmp(type, "array of ", strlen("array of "));
}

/**
 * parameters_declare - a module's file says that there is a parameter
 * @parameters: of parameters_read()
 * @module: the module
 * @name: of the parameter; one that has not been read cannot be
 * @type: its type, or NULL where the file does not say
 *
 * Return: 0 or -ENOMEM.
 */
int parameters_declare(struct parameters *parameters, const char *module, const char *name, const char *type)
{
	struct parameter *parameter;

	if (!parse_name(name))
		return 0;
	parameter = parameter_named(parameters, module, name);
	if (!parameter)
		return -ENOMEM;
	if (type)
		parameter->plain = is_plain(type);
	return 0;
}

/* The kernel knows double quotes, and no way to have one within them. A string that was never given is read as "(null)". */
static bool can_be_given(const struct parameter *p)
{
	return p->readable && p->plain && !strchr(p->value, '"');
}

static void say_lost(const struct parameter *p, const char *why)
{
	note("%s.%s cannot be %s: if the change fails, %s is loaded again without what it is now", p->module, p->name, why, p->module);
}

/**
 * parameters_options - what a module is to be loaded with, to be as it was
 * @parameters: of parameters_read(), and all that its file declares
 * @module: the module
 * @options: what modprobe gives it, or NULL; it stands first, so what was there counts
 *
 * What is lost is named in a note. What can be changed later is not given: to give some taints the kernel.
 *
 * Return: the options, to be freed; or NULL without memory.
 */
char *parameters_options(const struct parameters *parameters, const char *module, const char *options)
{
	const struct parameter *p;
	const char *quote;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	fputs(options ? options : "", to);
	for (p = parameters->list; p < parameters->list + parameters->n; p++) {
		if (strcmp(p->module, module))
			continue;
		if (!p->readable) {
			say_lost(p, "read");
		} else if (!p->writable && !can_be_given(p)) {
			say_lost(p, "given");
		} else if (!p->writable && strcmp(p->value, "(null)")) {
			quote = strchr(p->value, ' ') ? "\"" : "";
			fprintf(to, "%s%s=%s%s%s", ftell(to) ? " " : "", p->name, quote, p->value, quote);
		}
	}
	if (!fclose(to))
		return text;
	free(text);
	return NULL;
}

static void write_value(const char *path, const char *value)
{
	int fd = file_open(path, O_WRONLY);

	if (fd < 0)
		return;
	/* What has not become of it is seen by parameters_compare(). */
	if (write(fd, value, strlen(value)) < 0)
		note_file(path, -errno);
	close(fd);
}

/**
 * parameters_put_back - a module is loaded again: give it what can be changed afterwards
 * @before: what was there
 * @module: the module
 */
void parameters_put_back(const struct parameters *before, const char *module)
{
	const struct parameter *p;
	char path[256], now[FILE_LINE];

	for (p = before->list; p < before->list + before->n; p++) {
		if (strcmp(p->module, module) || !p->readable || !p->writable || path_of(path, module, p->name))
			continue;
		if (!file_line(path, now) && strcmp(now, p->value))
			write_value(path, p->value);
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
		if (!p->readable || file_line(path, now) || !strcmp(now, p->value))
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
