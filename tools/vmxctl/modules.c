// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modules that are loaded. /proc/modules is read here and not by libkmod, which knows the machine's own one only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"
#include "out.h"

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

/* NAME SIZE USES USERS STATE ADDRESS; users are "-" where there are none. The name points into the line. */
static int parse_line(char *line, struct module *module)
{
	char *field[5], *rest = line;
	uint64_t size, uses;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = strsep(&rest, " ");
		if (!field[i] || !field[i][0])
			return -EINVAL;
		text_clean(field[i]);
	}
	/* The use count is "-" in a kernel that cannot unload modules. */
	if (!strcmp(field[2], "-"))
		uses = 0;
	else if (!parse_u64(field[2], 10, &uses) || uses > 1000000000)
		return -EINVAL;
	if (!parse_name(field[0]) || !parse_u64(field[1], 10, &size))
		return -EINVAL;
	module->name = field[0];
	module->loaded = true;
	module->uses = uses;
	snprintf(module->users, sizeof(module->users), "%s", strcmp(field[3], "-") ? field[3] : "");
	snprintf(module->state, sizeof(module->state), "%.15s", field[4]);
	return 0;
}

static int each_line(void (*take)(const struct module *module, void *data), void *data)
{
	char *text, *rest, *line;
	struct module module;
	int err = 0;

	text = file_slurp("/proc/modules", PROC_MODULES_LIMIT, &err);
	if (!text)
		return err;
	rest = text;
	while (!err && (line = strsep(&rest, "\n"))) {
		if (!line[0])
			continue;
		err = parse_line(line, &module);
		if (!err)
			take(&module, data);
	}
	free(text);
	return err;
}

/* Names and titles are the caller's own. */
static void take_loaded(struct module *to, const struct module *from)
{
	to->loaded = true;
	to->uses = from->uses;
	strcpy(to->users, from->users);
	strcpy(to->state, from->state);
}

static void take_known(const struct module *module, void *data)
{
	struct module *known_one = module_named(data, module->name);

	if (known_one)
		take_loaded(known_one, module);
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

	memset(modules, 0, MODULES * sizeof(*modules));
	for (i = 0; i < MODULES; i++) {
		modules[i].name = known[i].name;
		modules[i].title = known[i].title;
	}
	return each_line(take_known, modules);
}

static void take_wanted(const struct module *module, void *data)
{
	struct module *wanted = data;

	if (!strcmp(module->name, wanted->name))
		take_loaded(wanted, module);
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
	memset(module, 0, sizeof(*module));
	module->name = name;
	return each_line(take_wanted, module);
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
