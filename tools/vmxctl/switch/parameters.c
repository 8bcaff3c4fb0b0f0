// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameters of loaded modules. If the change fails, each module is loaded
 * again with the parameters it had: read-only ones are given at load, and the
 * others are written where they differ. After a change, notes name the values
 * that the admin gave by hand and that are lost.
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

/* Finds the parameter or adds it. NULL without memory. */
static struct parameter *parameter_named(struct parameters *all, const char *module,
					 const char *name)
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

static int read_parameter(const char *name, void *data)
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

/* Adds the module's current parameters. A module without any is no error. */
int parameters_read(struct parameters *parameters, const char *module)
{
	struct reading reading = { .all = parameters, .module = module };
	char path[256];
	int err;

	err = path_of(path, module, "");
	if (!err)
		err = file_list(path, read_parameter, &reading);
	return err == -ENOENT ? 0 : err;
}

/*
 * The types of include/linux/moduleparam.h whose value reads as it was given.
 */
static bool is_plain(const char *type)
{
	static const char plain[] =
		"bool,bint,invbool,byte,hexint,short,ushort,int,uint,long,ulong,ullong,charp,string";

	return text_has(plain, ',', type) ||
	       !strncmp(type, "array of ", strlen("array of "));
}

/*
 * Adds a parameter from the module's file. One that parameters_read() has not
 * found is not readable. @type is NULL if the file has only a description.
 */
int parameters_declare(struct parameters *parameters, const char *module, const char *name,
		       const char *type)
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

/*
 * The kernel's parser has double quotes but no escape for one. A string that
 * was never set reads as "(null)".
 */
static bool can_be_given(const struct parameter *p)
{
	return p->readable && p->plain && !strchr(p->value, '"');
}

static void note_lost(const struct parameter *p, const char *why)
{
	note("%s.%s cannot be %s; if the change fails, %s is loaded again without its value",
	     p->module, p->name, why, p->module);
}

/*
 * The options that load the module with its current parameters. @options, those
 * of modprobe, come first because the kernel takes the last value. Writable
 * parameters are left out: some taint the kernel when given, and
 * parameters_put_back() writes them later. A note names each parameter that is
 * lost. The caller frees the text; NULL without memory.
 */
char *parameters_options(const struct parameters *parameters, const char *module,
			 const char *options)
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
			note_lost(p, "read");
		} else if (!p->writable && !can_be_given(p)) {
			note_lost(p, "given");
		} else if (!p->writable && strcmp(p->value, "(null)")) {
			quote = strchr(p->value, ' ') ? "\"" : "";
			fprintf(to, "%s%s=%s%s%s", ftell(to) ? " " : "", p->name, quote, p->value,
				quote);
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
	/* parameters_compare() reports a value that was not accepted. */
	if (write(fd, value, strlen(value)) < 0)
		note_file(path, -errno);
	close(fd);
}

/* Writes the writable parameters of a module that has been loaded again. */
void parameters_put_back(const struct parameters *before, const char *module)
{
	const struct parameter *p;
	char path[256], now[FILE_LINE];

	for (p = before->list; p < before->list + before->n; p++) {
		if (strcmp(p->module, module) || !p->readable || !p->writable ||
		    path_of(path, module, p->name))
			continue;
		if (!file_line(path, now) && strcmp(now, p->value))
			write_value(path, p->value);
	}
}

/* Names in notes the parameters that have changed. */
void parameters_compare(const struct parameters *before)
{
	const struct parameter *p;
	char path[256], now[FILE_LINE];

	for (p = before->list; p < before->list + before->n; p++) {
		path_of(path, p->module, p->name);
		/*
		 * A module that is not loaded has no parameters, and the other
		 * kvm_intel may not have this one.
		 */
		if (!p->readable || file_line(path, now) || !strcmp(now, p->value))
			continue;
		note("%s.%s was %s and is %s now; \"options %s %s=%s\" in /etc/modprobe.d makes it last",
		     p->module, p->name, p->value, now, p->module, p->name, p->value);
	}
}

void parameters_free(struct parameters *parameters)
{
	free(parameters->list);
	parameters->list = NULL;
	parameters->n = 0;
}
