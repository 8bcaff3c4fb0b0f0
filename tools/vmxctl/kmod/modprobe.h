/* SPDX-License-Identifier: GPL-2.0-only */
/* What modprobe would load, and what its configuration says, from libkmod. */
#ifndef VMXCTL_MODPROBE_H
#define VMXCTL_MODPROBE_H

#include <limits.h>
#include <stdbool.h>

#include "lib/files.h"

struct kmod_ctx;
struct kmod_module;

/**
 * struct module_file - a module's file and its modinfo
 * @found: the file exists
 * @path: its path
 * @vermagic: the release and configuration that it was built for, or empty
 * @signer: the name of the key that it is signed with, or empty
 * @depends: the modules that it links against, separated by commas
 * @intree: it was built with the kernel
 */
struct module_file {
	bool found;
	char path[512];
	char vermagic[FILE_LINE];
	char signer[FILE_LINE];
	char depends[FILE_LINE];
	bool intree;
};

/**
 * struct config_line - a line of modprobe's configuration
 * @path: the file
 * @number: the number of the line, from 1 on
 */
struct config_line {
	char path[512];
	unsigned int number;
};

struct kmod_ctx *modprobe_open(const char *release);
struct kmod_ctx *modprobe_open_plain(void);
void modprobe_close(struct kmod_ctx *ctx);
bool modprobe_find_packed(const char *file, char path[PATH_MAX]);
int modprobe_info(struct kmod_module *module, struct module_file *file);
int modprobe_parameters(struct kmod_ctx *plain, const char *path,
			int (*each)(const char *name, const char *type, void *data), void *data);
int modprobe_find(struct kmod_ctx *ctx, const char *name, struct module_file *file);
const char *modprobe_skip_name(const char *text, const char *name);
bool modprobe_blacklists(struct kmod_ctx *ctx, const char *name);
bool modprobe_replaces(struct kmod_ctx *ctx, const char *name, char command[FILE_LINE]);
bool modprobe_line(const char *what, const char *name, struct config_line *line);

/* The distribution's modules, in stock.c, and the setting of DKMS, in dkms.c. */
int stock_find(const char *release, const char *name, char path[PATH_MAX]);
int dkms_certificate(char certificate[FILE_LINE], const char *release);

#endif /* VMXCTL_MODPROBE_H */
