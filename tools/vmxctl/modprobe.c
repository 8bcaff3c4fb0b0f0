// SPDX-License-Identifier: GPL-2.0-only
/* What modprobe would load. libkmod's messages are not wanted: what matters of them is said in other words. */
#include <errno.h>
#include <libkmod.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "modprobe.h"
#include "options.h"

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
	static const char *const folders[] = { "/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
		"/usr/lib/modprobe.d", "/lib/modprobe.d" };
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

static int read_info(struct kmod_module *module, struct module_file *file)
{
	struct kmod_list *list = NULL, *entry;
	const char *key, *value;
	int err;

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
	}
	kmod_module_info_free_list(list);
	return 0;
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
	const char *path;
	int err;

	memset(file, 0, sizeof(*file));
	if (kmod_module_new_from_name(ctx, name, &module) < 0)
		return 0;
	path = kmod_module_get_path(module);
	file->found = path && !path_make(file->path, sizeof(file->path), "%s", path);
	err = file->found ? read_info(module, file) : 0;
	kmod_module_unref(module);
	text_clean(file->path);
	return err;
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
