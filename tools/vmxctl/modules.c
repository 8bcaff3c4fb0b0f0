// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modules that are loaded. /proc/modules is read here and not by libkmod, which knows the machine's own one only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"

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

/* NAME SIZE USES USERS STATE ADDRESS; users are "-" where there are none. */
static int parse_line(char *line, struct module *modules)
{
	char *field[5], *rest = line;
	struct module *module;
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
	module = module_named(modules, field[0]);
	if (!module)
		return 0;
	module->loaded = true;
	module->uses = uses;
	snprintf(module->users, sizeof(module->users), "%s", strcmp(field[3], "-") ? field[3] : "");
	snprintf(module->state, sizeof(module->state), "%.15s", field[4]);
	return 0;
}

/**
 * modules_read - which of the modules that this program knows are loaded?
 * @modules: filled in
 *
 * Return: 0, or a negative error number: what is known until then is in @modules.
 */
int modules_read(struct module modules[MODULES])
{
	char *text, *rest, *line;
	unsigned int i;
	int err = 0;

	memset(modules, 0, MODULES * sizeof(*modules));
	for (i = 0; i < MODULES; i++) {
		modules[i].name = known[i].name;
		modules[i].title = known[i].title;
	}
	text = file_slurp("/proc/modules", PROC_MODULES_LIMIT, &err);
	if (!text)
		return err;
	rest = text;
	while (!err && (line = strsep(&rest, "\n"))) {
		if (line[0])
			err = parse_line(line, modules);
	}
	free(text);
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
 * module_uses - does a module link against another one?
 * @modules: of modules_read()
 * @user: the one
 * @used: the other
 *
 * Return: true where it does, and both are loaded.
 */
bool module_uses(const struct module *modules, enum module_id user, enum module_id used)
{
	const char *name = modules[user].name, *at = modules[used].users;
	size_t length = strlen(name);

	if (!modules[user].loaded || !modules[used].loaded)
		return false;
	while ((at = strstr(at, name))) {
		if ((at == modules[used].users || at[-1] == ',') && at[length] == ',')
			return true;
		at += length;
	}
	return false;
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
