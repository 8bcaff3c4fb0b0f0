// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modules that are loaded. This does not use libkmod because that reads
 * only this machine's /proc/modules.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/out.h"
#include "machine/modules.h"

/* Large enough for thousands of modules. */
#define PROC_MODULES_LIMIT	(1 << 20)

static const struct {
	const char *name, *title;
} known[MODULES] = {
	[MODULE_VMXCORE] = { "vmxcore", "owner of VMX" },
	[MODULE_VMXCORE_TDX] = { "vmxcore_tdx", "TDX without KVM" },
	[MODULE_VMXCORE_VBOX] = { "vmxcore_vbox", "VirtualBox as a client" },
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

/* One line of /proc/modules. The strings point into its text. */
struct line {
	const char *name;
	unsigned int uses;
	const char *users;
	const char *state;
};

/* NAME SIZE USES USERS STATE ADDRESS. USERS is "-" if there are none. */
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
	 * The use count is "-" in a kernel that cannot unload modules. It does
	 * not include the reference that a module holds on itself while it may
	 * be used (MODULE_REF_BASE in kernel/module/main.c), so it is -1 while
	 * the module is unloaded.
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

/*
 * The list of users must not be cut off: its last name would be another
 * module's.
 */
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

/*
 * A built-in module has a parameters folder, as a loaded one has, but no
 * initstate.
 */
static bool looks_built_in(const char *name)
{
	char parameters[128], state[128];

	return !path_make(parameters, sizeof(parameters), "/sys/module/%s/parameters", name) &&
	       !path_make(state, sizeof(state), "/sys/module/%s/initstate", name) &&
	       file_exists(parameters) && !file_exists(state);
}

/*
 * A module that is being loaded or unloaded looks built in for a moment, before
 * it enters /proc/modules or after it has left.
 */
static void settle_built_in(struct module *module)
{
	module->built_in = module->built_in && !module->loaded && looks_built_in(module->name);
}

/* After an error @modules has what was read before it. */
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

/* As modules_read(), for a module of any name. */
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

/*
 * Was a loaded module built outside the kernel tree? The kernel marks it with
 * the taint "O".
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

bool module_present(const struct module *module)
{
	return module->loaded || module->built_in;
}

/* False also while its init or exit function runs. */
bool module_live(const struct module *module)
{
	return module->loaded && !strcmp(module->state, "Live");
}

/* Does module @user link against @module? */
bool module_used_by(const struct module *module, const char *user)
{
	return text_has(module->users, ',', user);
}

/* Are both modules loaded, and does @user link against @used? */
bool module_uses(const struct module *modules, enum module_id user, enum module_id used)
{
	return modules[user].loaded && modules[used].loaded &&
	       module_used_by(&modules[used], modules[user].name);
}

/* Only vmxcore's kvm_intel links against vmxcore. */
bool kvm_intel_is_ours(const struct module *modules)
{
	return module_uses(modules, MODULE_KVM_INTEL, MODULE_VMXCORE);
}
