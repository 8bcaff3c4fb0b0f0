/* SPDX-License-Identifier: GPL-2.0-only */
/* The modules of hypervisors that are loaded. */
#ifndef VMXCTL_MODULES_H
#define VMXCTL_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/files.h"

enum module_id {
	MODULE_VMXCORE,
	MODULE_VMXCORE_TDX,
	MODULE_VMXCORE_VBOX,
	MODULE_KVM_INTEL,
	MODULE_KVM_AMD,
	MODULE_KVM,
	MODULE_VBOXDRV,
	MODULE_VMMON,
	MODULE_HAXM,
	MODULE_JAILHOUSE,
	MODULES,
};

/*
 * vmxcore has at most 32 clients, and a module's name at most 55 characters.
 * This is twice as much.
 */
#define MODULE_USERS	4096

/**
 * struct module - a module that this program knows
 * @name: as in /proc/modules
 * @title: what it is
 * @loaded: it is loaded
 * @built_in: it is built into the kernel, and so has no use count
 * @uses: its use count, other modules included
 * @users: the modules that link against it, each followed by a comma
 * @state: "Live", "Loading", "Unloading"
 */
struct module {
	const char *name;
	const char *title;
	bool loaded;
	bool built_in;
	unsigned int uses;
	char users[MODULE_USERS];
	char state[16];
};

int modules_read(struct module modules[MODULES]);
bool module_live(const struct module *module);
int module_read(const char *name, struct module *module);
int module_is_foreign(const char *name, bool *foreign);
bool module_used_by(const struct module *module, const char *user);
bool module_uses(const struct module *modules, enum module_id user, enum module_id used);
bool module_present(const struct module *module);
bool kvm_intel_is_ours(const struct module *modules);

#endif /* VMXCTL_MODULES_H */
