/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks that tell before the attempt whether a module can be loaded. */
#ifndef VMXCTL_CHECKS_H
#define VMXCTL_CHECKS_H

#include <stdbool.h>

#include "kmod/modprobe.h"
#include "lib/findings.h"

void check_blacklist(struct findings *findings, struct kmod_ctx *ctx, const char *name);
void check_replaced(struct findings *findings, struct kmod_ctx *ctx, const char *name);
void check_file(struct findings *findings, const struct module_file *file, const char *release);
void check_signature(struct findings *findings, const struct module_file *file,
		     const char *release);
void check_key(struct findings *findings, const struct module_file *file, const char *release);
void found_stock(struct findings *findings, const struct module_file *kvm_intel,
		 const char *release);
void found_built_in(struct findings *findings, const char *name);
bool check_line(struct findings *findings, const char *release);
bool needs_vmxcore(const struct module_file *file);
void install_command(char fix[FINDING_FIX], bool ours, const char *release);
void reinstall_command(char fix[FINDING_FIX], bool ours, const char *release);

#endif /* VMXCTL_CHECKS_H */
