// SPDX-License-Identifier: GPL-2.0-only
/*
 * What modprobe would load. libkmod's own messages are suppressed: vmxctl says
 * in its own words what matters of them.
 */
#include <errno.h>
#include <libkmod.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/modprobe.h"
#include "lib/options.h"

/*
 * The order of modprobe.d(5): a file hides those of its name in the later
 * folders.
 */
static const char *const folders[] = { "/etc/modprobe.d", "/run/modprobe.d",
				       "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
				       "/lib/modprobe.d" };

#define CONFIG_LIMIT	1000000

static void log_nothing(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

/*
 * Reads the module index and the configuration. Returns NULL if libkmod fails.
 */
struct kmod_ctx *modprobe_open(const char *release)
{
	char paths[ARRAY_SIZE(folders)][PATH_MAX], modules[PATH_MAX];
	const char *list[ARRAY_SIZE(folders) + 1] = {};
	struct kmod_ctx *ctx;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		if (path_make(paths[i], PATH_MAX, "%s%s", options.root, folders[i]))
			return NULL;
		list[i] = paths[i];
	}
	if (path_make(modules, PATH_MAX, "%s/lib/modules/%s", options.root, release))
		return NULL;
	ctx = kmod_new(modules, list);
	if (ctx)
		kmod_set_log_fn(ctx, log_nothing, NULL);
	return ctx;
}

/* Without the configuration, as insmod and rmmod work. */
struct kmod_ctx *modprobe_open_plain(void)
{
	static const char *const none;
	struct kmod_ctx *ctx = kmod_new(NULL, &none);

	if (ctx)
		kmod_set_log_fn(ctx, log_nothing, NULL);
	return ctx;
}

void modprobe_close(struct kmod_ctx *ctx)
{
	if (ctx)
		kmod_unref(ctx);
}

static void keep(char value[FILE_LINE], const char *text)
{
	snprintf(value, FILE_LINE, "%.255s", text);
	text_clean(value);
}

/* Reads the modinfo section. @file->found is false if libkmod knows no file. */
int modprobe_info(struct kmod_module *module, struct module_file *file)
{
	const char *key, *value, *path = kmod_module_get_path(module);
	struct kmod_list *list = NULL, *entry;
	int err;

	memset(file, 0, sizeof(*file));
	file->found = path;
	if (!file->found)
		return 0;
	/* A path that does not fit is an error, but the file exists. */
	err = path_make(file->path, sizeof(file->path), "%s", path);
	if (err)
		return err;
	text_clean(file->path);
	err = kmod_module_get_info(module, &list);
	if (err < 0)
		return err;
	kmod_list_foreach(entry, list) {
		key = kmod_module_info_get_key(entry);
		value = kmod_module_info_get_value(entry);
		if (!key || !value)
			continue;
		if (!strcmp(key, "vermagic"))
			keep(file->vermagic, value);
		else if (!strcmp(key, "signer"))
			keep(file->signer, value);
		else if (!strcmp(key, "depends"))
			keep(file->depends, value);
		else if (!strcmp(key, "intree"))
			file->intree = true;
	}
	kmod_module_info_free_list(list);
	return 0;
}

/* "NAME:TYPE" or "NAME:DESCRIPTION". */
static int declared(const char *key, const char *value,
		    int (*each)(const char *name, const char *type, void *data), void *data)
{
	bool typed = key && !strcmp(key, "parmtype");
	char text[FILE_LINE], *type;

	if (!value || !(typed || (key && !strcmp(key, "parm"))))
		return 0;
	keep(text, value);
	type = strchr(text, ':');
	if (!type)
		return 0;
	*type++ = '\0';
	return each(text, typed ? type : NULL, data);
}

/*
 * Calls @each for each parameter that the file declares, some of them twice.
 * @type is NULL for a parameter that has only a description. A result of @each
 * other than 0 ends it and is returned.
 */
int modprobe_parameters(struct kmod_ctx *plain, const char *path,
			int (*each)(const char *name, const char *type, void *data), void *data)
{
	struct kmod_list *list = NULL, *entry;
	struct kmod_module *module = NULL;
	int err;

	err = kmod_module_new_from_path(plain, path, &module);
	if (!err)
		err = kmod_module_get_info(module, &list);
	kmod_module_unref(module);
	if (err < 0)
		return err;
	err = 0;
	kmod_list_foreach(entry, list) {
		err = declared(kmod_module_info_get_key(entry), kmod_module_info_get_value(entry),
			       each, data);
		if (err)
			break;
	}
	kmod_module_info_free_list(list);
	return err;
}

/* Finds NAME.ko or its compressed form. @path gets the file that exists. */
bool modprobe_find_packed(const char *file, char path[PATH_MAX])
{
	static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (!path_make(path, PATH_MAX, "%s%s", file, suffixes[i]) && file_exists(path))
			return true;
	}
	return false;
}

/*
 * Finds the file that modprobe would load. Returns 0 also if there is none, and
 * a negative error number if the file cannot be read.
 */
int modprobe_find(struct kmod_ctx *ctx, const char *name, struct module_file *file)
{
	struct kmod_module *module = NULL;
	int err;

	memset(file, 0, sizeof(*file));
	if (kmod_module_new_from_name(ctx, name, &module) < 0)
		return 0;
	err = modprobe_info(module, file);
	kmod_module_unref(module);
	return err;
}

/*
 * Returns the text behind a module's name, in which - and _ are the same, or
 * NULL if the text does not begin with that name.
 */
const char *modprobe_skip_name(const char *text, const char *name)
{
	for (; *name; text++, name++) {
		if (*text != *name && !(*text == '-' && *name == '_') &&
		    !(*text == '_' && *name == '-'))
			return NULL;
	}
	return text;
}

static bool in_config(struct kmod_config_iter *iter, const char *name, char value[FILE_LINE])
{
	bool found = false;

	while (iter && !found && kmod_config_iter_next(iter)) {
		found = !strcmp(kmod_config_iter_get_key(iter), name);
		if (found && value)
			keep(value, kmod_config_iter_get_value(iter));
	}
	if (iter)
		kmod_config_iter_free_iter(iter);
	return found;
}

/* By a file or by the kernel's command line. */
bool modprobe_blacklists(struct kmod_ctx *ctx, const char *name)
{
	return in_config(kmod_config_get_blacklists(ctx), name, NULL);
}

/* Does the configuration have an install command for this module? */
bool modprobe_replaces(struct kmod_ctx *ctx, const char *name, char command[FILE_LINE])
{
	return in_config(kmod_config_get_install_commands(ctx), name, command);
}

/* The line to find, and the folder to look in. */
struct search {
	const char *what;
	const char *name;
	unsigned int folder;
	struct config_line *line;
};

static bool is_wanted(char *text, const struct search *search)
{
	char *word = strsep(&text, " \t");
	const char *end;

	if (strcmp(word, search->what))
		return false;
	while (text && *(word = strsep(&text, " \t")) == '\0')
		;
	end = modprobe_skip_name(word, search->name);
	return end && !*end;
}

static bool is_hidden(const char *file, unsigned int folder)
{
	char path[512];

	while (folder--) {
		if (!path_make(path, sizeof(path), "%s/%s", folders[folder], file) &&
		    file_exists(path))
			return true;
	}
	return false;
}

static int search_file(const char *file, void *data)
{
	const struct search *search = data;
	const char *end = strrchr(file, '.');
	char *text, *rest, *line;
	int err, found = 0;

	/*
	 * The file name becomes part of a command, so it must have no
	 * characters that are special to a shell.
	 */
	if (!end || strcmp(end, ".conf") || !parse_name(file) || is_hidden(file, search->folder))
		return 0;
	if (path_make(search->line->path, sizeof(search->line->path), "%s/%s",
		      folders[search->folder], file))
		return 0;
	text = file_slurp(search->line->path, CONFIG_LIMIT, &err);
	rest = text;
	search->line->number = 0;
	while (!found && (line = strsep(&rest, "\n"))) {
		search->line->number++;
		found = is_wanted(line + strspn(line, " \t"), search);
	}
	free(text);
	return found;
}

/*
 * Finds the file and line of a "blacklist" or "install". libkmod has the merged
 * configuration, but not where each line came from.
 */
bool modprobe_line(const char *what, const char *name, struct config_line *line)
{
	struct search search = { .what = what, .name = name, .line = line };

	for (search.folder = 0; search.folder < ARRAY_SIZE(folders); search.folder++) {
		if (file_list(folders[search.folder], search_file, &search) > 0)
			return true;
	}
	return false;
}
