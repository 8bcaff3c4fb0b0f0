// SPDX-License-Identifier: GPL-2.0-only
/* What modprobe would load. libkmod's messages are not wanted: what matters of them is said in other words. */
#include <errno.h>
#include <libkmod.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/modprobe.h"
#include "lib/options.h"

/* As modprobe.d(5) has it: a file hides those of its name in the folders after its own. */
static const char *const folders[] = { "/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d", "/lib/modprobe.d" };

#define CONFIG_LIMIT	1000000

static void say_nothing(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

/**
 * modprobe_open - read the index of modules and the configuration
 * @release: of the kernel
 *
 * Return: to be closed; NULL where libkmod does not work.
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
		kmod_set_log_fn(ctx, say_nothing, NULL);
	return ctx;
}

/**
 * modprobe_open_plain - without the configuration: as insmod and rmmod work
 *
 * Return: to be closed, or NULL.
 */
struct kmod_ctx *modprobe_open_plain(void)
{
	static const char *const none;
	struct kmod_ctx *ctx = kmod_new(NULL, &none);

	if (ctx)
		kmod_set_log_fn(ctx, say_nothing, NULL);
	return ctx;
}

/**
 * modprobe_close - the end of it
 * @ctx: of modprobe_open(), or NULL
 */
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

/**
 * modprobe_info - what does a module's file tell of itself?
 * @module: libkmod's
 * @file: filled in; @file->found is false where libkmod knows no file
 *
 * Return: 0 or a negative error number.
 */
int modprobe_info(struct kmod_module *module, struct module_file *file)
{
	const char *key, *value, *path = kmod_module_get_path(module);
	struct kmod_list *list = NULL, *entry;
	int err;

	memset(file, 0, sizeof(*file));
	file->found = path;
	if (!file->found)
		return 0;
	/* One that does not fit is there nevertheless. */
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
static int declared(const char *key, const char *value, int (*each)(const char *name, const char *type, void *data), void *data)
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

/**
 * modprobe_parameters - which parameters does a module's file say it has?
 * @plain: of modprobe_open_plain()
 * @path: the file
 * @each: gets the name, and the type or, for one that is only described, NULL; what is not 0 ends it. Some come twice.
 * @data: for @each
 *
 * Return: 0, what @each returned, or a negative error number.
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
		err = declared(kmod_module_info_get_key(entry), kmod_module_info_get_value(entry), each, data);
		if (err)
			break;
	}
	kmod_module_info_free_list(list);
	return err;
}

/**
 * modprobe_packed - is a module's file there, packed or not?
 * @file: NAME.ko, with its folder, below the root
 * @path: gets the file that is there
 *
 * Return: true if one is.
 */
bool modprobe_packed(const char *file, char path[PATH_MAX])
{
	static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (!path_make(path, PATH_MAX, "%s%s", file, suffixes[i]) && file_exists(path))
			return true;
	}
	return false;
}

/**
 * modprobe_find - which file would modprobe load?
 * @ctx: of modprobe_open()
 * @name: of the module
 * @file: filled in
 *
 * Return: 0, also where there is none; a negative error number where its file cannot be read.
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

/**
 * modprobe_behind_name - does a text begin with a module's name?
 * @text: the text
 * @name: of the module; - and _ are one and the same
 *
 * Return: what is behind the name, or NULL.
 */
const char *modprobe_behind_name(const char *text, const char *name)
{
	for (; *name; text++, name++) {
		if (*text != *name && !(*text == '-' && *name == '_') && !(*text == '_' && *name == '-'))
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

/**
 * modprobe_blacklists - is a module not to be loaded by itself?
 * @ctx: of modprobe_open()
 * @name: of the module
 *
 * Return: true if a file, or the kernel's command line, says so.
 */
bool modprobe_blacklists(struct kmod_ctx *ctx, const char *name)
{
	return in_config(kmod_config_get_blacklists(ctx), name, NULL);
}

/**
 * modprobe_replaces - is something else done instead of loading a module?
 * @ctx: of modprobe_open()
 * @name: of the module
 * @command: gets what
 *
 * Return: true if it is.
 */
bool modprobe_replaces(struct kmod_ctx *ctx, const char *name, char command[FILE_LINE])
{
	return in_config(kmod_config_get_install_commands(ctx), name, command);
}

/* Which line is wanted, and where it may be. */
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
	end = modprobe_behind_name(word, search->name);
	return end && !*end;
}

static bool is_hidden(const char *file, unsigned int folder)
{
	char path[512];

	while (folder--) {
		if (!path_make(path, sizeof(path), "%s/%s", folders[folder], file) && file_exists(path))
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

	/* A name that a shell would take for more than a name is nothing to make a command of. */
	if (!end || strcmp(end, ".conf") || !parse_name(file) || is_hidden(file, search->folder))
		return 0;
	if (path_make(search->line->path, sizeof(search->line->path), "%s/%s", folders[search->folder], file))
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

/**
 * modprobe_line - where does modprobe's configuration say that?
 * @what: "blacklist" or "install"
 * @name: of the module
 * @line: filled in
 *
 * Return: true where a file says it. libkmod knows what the files say, but not which of them.
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
