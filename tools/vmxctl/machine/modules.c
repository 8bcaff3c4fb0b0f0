// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modules that are loaded. /proc/modules is read here and not by libkmod, which knows the machine's own one only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/out.h"
#include "machine/modules.h"

/* Thousands of modules fit. */
#define PROC_MODULES_LIMIT	(1 << 20)

static const struct {
	const char *name, *title;
} known[MODULES] = {
	[MODULE_VMXCORE] = { "vmxcore", "owner of VMX" },
	[MODULE_VMXCORE_TDX] = { "vmxcore_tdx", "TDX without KVM" },
	[MODULE_KVM_INTEL] = { "kvm_intel", "KVM for Intel CPUs" },
	[MODULE_KVM_AMD] = { "kvm_amd", "KVM for AMD CPUs" },
	[MODULE_KVM] = { "kvm", "KVM, what all CPUs share" },
	[MODULE_VBOXDRV] = { "vboxdrv", "VirtualBox" },
	[MODULE_VMMON] = { "vmmon", "VMware" },
	[MODULE_HAXM] = { "haxm", "Intel HAXM" },
	[MODULE_JAILHOUSE] = { "jailhouse", "Jailhouse" },
};

static struct module *module_named(struct module *modules, const char *name)
{
	unsigned int i;

	for (i = 0; i < MODULES; i++) {
		if (!strcmp(modules[i].name, name))
			return &modules[i];
	}
	return NULL;
}

/* A line of /proc/modules; the texts point into it. */
struct line {
	const char *name;
	unsigned int uses;
	const char *users;
	const char *state;
};

/* NAME SIZE USES USERS STATE ADDRESS; users are "-" where there are none. */
static int parse_line(char *text, struct line *line)
{
	char *field[5], *rest = text;
	uint64_t size, uses;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = strsep(&rest, " ");
		if (!field[i] || !field[i][0])
			return -EINVAL;
		text_clean(field[i]);
	}
	/*
	 * The use count is "-" in a kernel that cannot unload modules. It is without the reference that a module has as long
	 * as it may be used, so -1 while it goes (MODULE_REF_BASE in kernel/module/main.c).
	 */
	if (!strcmp(field[2], "-") || !strcmp(field[2], "-1"))
		uses = 0;
	else if (!parse_u64(field[2], 10, &uses) || uses > 1000000000)
		return -EINVAL;
	if (!parse_name(field[0]) || !parse_u64(field[1], 10, &size))
		return -EINVAL;
	line->name = field[0];
	line->uses = uses;
	line->users = strcmp(field[3], "-") ? field[3] : "";
	line->state = field[4];
	return 0;
}

static int each_line(int (*take)(const struct line *line, void *data), void *data)
{
	char *text, *rest, *one;
	struct line line;
	int err = 0;

	text = file_slurp("/proc/modules", PROC_MODULES_LIMIT, &err);
	if (!text)
		return err;
	rest = text;
	while (!err && (one = strsep(&rest, "\n"))) {
		if (!one[0])
			continue;
		err = parse_line(one, &line);
		if (!err)
			err = take(&line, data);
	}
	free(text);
	return err;
}

/* Names and titles are the caller's own. Users that are cut off would be others. */
static int take_loaded(struct module *module, const struct line *line)
{
	module->loaded = true;
	module->uses = line->uses;
	snprintf(module->state, sizeof(module->state), "%.15s", line->state);
	return path_make(module->users, sizeof(module->users), "%s", line->users) ? -EFBIG : 0;
}

static int take_known(const struct line *line, void *data)
{
	struct module *known_one = module_named(data, line->name);

	return known_one ? take_loaded(known_one, line) : 0;
}

/* The kernel shows the parameters of what is built in as it shows a module's, but not how far it has been loaded. */
static bool looks_built_in(const char *name)
{
	char parameters[128], state[128];

	return !path_make(parameters, sizeof(parameters), "/sys/module/%s/parameters", name) &&
	       !path_make(state, sizeof(state), "/sys/module/%s/initstate", name) &&
	       file_exists(parameters) && !file_exists(state);
}

/* A module that is just being loaded or unloaded looks so for a moment: before or after it is in the list. */
static void settle_built_in(struct module *module)
{
	module->built_in = module->built_in && !module->loaded && looks_built_in(module->name);
}

/**
 * modules_read - which of the modules that this program knows are loaded?
 * @modules: filled in
 *
 * Return: 0, or a negative error number: what is known until then is in @modules.
 */
int modules_read(struct module modules[MODULES])
{
	unsigned int i;
	int err;

	memset(modules, 0, MODULES * sizeof(*modules));
	for (i = 0; i < MODULES; i++) {
		modules[i].name = known[i].name;
		modules[i].title = known[i].title;
		modules[i].built_in = looks_built_in(known[i].name);
	}
	err = each_line(take_known, modules);
	for (i = 0; i < MODULES; i++)
		settle_built_in(&modules[i]);
	return err;
}

static int take_wanted(const struct line *line, void *data)
{
	struct module *wanted = data;

	return strcmp(line->name, wanted->name) ? 0 : take_loaded(wanted, line);
}

/**
 * module_read - is a module loaded, any one?
 * @name: of the module
 * @module: filled in
 *
 * Return: 0, or a negative error number.
 */
int module_read(const char *name, struct module *module)
{
	int err;

	memset(module, 0, sizeof(*module));
	module->name = name;
	module->built_in = looks_built_in(name);
	err = each_line(take_wanted, module);
	settle_built_in(module);
	return err;
}

/**
 * module_is_foreign - was a module that is loaded built out of the kernel's tree?
 * @name: of the module
 * @foreign: gets the answer, the kernel's own: its taint "O"
 *
 * Return: 0, or a negative error number.
 */
int module_is_foreign(const char *name, bool *foreign)
{
	char path[128], line[FILE_LINE];
	int err;

	err = path_make(path, sizeof(path), "/sys/module/%s/taint", name);
	if (!err)
		err = file_line(path, line);
	if (err)
		note_file(path, err);
	else
		*foreign = strchr(line, 'O');
	return err;
}

/**
 * module_present - is a module there, loaded or built into the kernel?
 * @module: of modules_read() or module_read()
 *
 * Return: true where it is.
 */
bool module_present(const struct module *module)
{
	return module->loaded || module->built_in;
}

/**
 * module_live - is a module loaded, with its init behind it and its exit before it?
 * @module: of modules_read()
 *
 * Return: false also while it is just being loaded or unloaded.
 */
bool module_live(const struct module *module)
{
	return module->loaded && !strcmp(module->state, "Live");
}

/**
 * module_used_by - does another module link against this one?
 * @module: of modules_read() or module_read()
 * @user: the other one's name
 *
 * Return: true where it does.
 */
bool module_used_by(const struct module *module, const char *user)
{
	return text_has(module->users, ',', user);
}

/**
 * module_uses - does a module link against another one?
 * @modules: of modules_read()
 * @user: the one
 * @used: the other
 *
 * Return: true where it does, and both are loaded.
 */
bool module_uses(const struct module *modules, enum module_id user, enum module_id used)
{
	return modules[user].loaded && modules[used].loaded && module_used_by(&modules[used], modules[user].name);
}

/**
 * kvm_intel_is_ours - is the kvm_intel that is loaded the one that uses vmxcore?
 * @modules: of modules_read()
 *
 * Return: false also where none is loaded.
 */
bool kvm_intel_is_ours(const struct module *modules)
{
	return module_uses(modules, MODULE_KVM_INTEL, MODULE_VMXCORE);
}
