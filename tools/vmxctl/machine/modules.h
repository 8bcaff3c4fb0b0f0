/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules of hypervisors: those that are loaded, and those that modprobe would load. */
#ifndef VMXCTL_MODULES_H
#define VMXCTL_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/files.h"

enum module_id {
	MODULE_VMXCORE,
	MODULE_VMXCORE_TDX,
	MODULE_KVM_INTEL,
	MODULE_KVM_AMD,
	MODULE_KVM,
	MODULE_VBOXDRV,
	MODULE_VMMON,
	MODULE_HAXM,
	MODULE_JAILHOUSE,
	MODULES,
};

/* vmxcore lets 32 clients in, and a module's name has at most 55 characters; twice as much. */
#define MODULE_USERS	4096

/**
 * struct module - a module that this program knows
 * @name: as in /proc/modules
 * @title: what it is
 * @loaded: it is
 * @built_in: it is a part of the kernel instead, and has no use count
 * @uses: its use count; other modules count in it
 * @users: the modules that use it, each with a comma behind it
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
