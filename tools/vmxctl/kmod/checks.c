// SPDX-License-Identifier: GPL-2.0-only
/* Checks that tell before the attempt whether a module can be loaded. */
#include <string.h>

#include "kmod/checks.h"

#define SOURCES	"/usr/src"

#ifndef KERNEL_LINES
#define KERNEL_LINES "unknown"
#endif

/*
 * The command that installs the modules of vmxcore, with @ours, or else the
 * distribution's.
 */
void install_command(char fix[FINDING_FIX], bool ours, const char *release)
{
	if (ours)
		path_make(fix, FINDING_FIX, "dkms autoinstall -k %s && depmod %s", release,
			  release);
	else
		path_make(fix, FINDING_FIX, "apt install --reinstall linux-image-%s", release);
}

/*
 * As install_command(), if the modules that are there are incomplete or
 * unusable. "dkms autoinstall" would do nothing then, because DKMS takes what
 * it has installed once for complete.
 */
void reinstall_command(char fix[FINDING_FIX], bool ours, const char *release)
{
	if (ours)
		path_make(fix, FINDING_FIX,
			  "dkms install --force vmxcore/" VERSION " -k %s && depmod %s", release,
			  release);
	else
		install_command(fix, false, release);
}

/* Was the module built for this kernel? */
void check_file(struct findings *findings, const struct module_file *file, const char *release)
{
	size_t length = strlen(release);
	char fix[FINDING_FIX];

	if (!strncmp(file->vermagic, release, length) &&
	    (file->vermagic[length] == ' ' || !file->vermagic[length]))
		return;
	reinstall_command(fix, !file->intree, release);
	found(findings, "wrong-kernel", "", fix, "%s was built for \"%s\", and this is %s",
	      file->path, file->vermagic, release);
}

void found_stock(struct findings *findings, const struct module_file *kvm_intel,
		 const char *release)
{
	char fix[FINDING_FIX];

	reinstall_command(fix, true, release);
	found(findings, "stock-resolved", "", fix,
	      "modprobe kvm_intel would load %s, which is not vmxcore's", kvm_intel->path);
}

void found_built_in(struct findings *findings, const char *name)
{
	found(findings, "built-in",
	      "use a kernel that has KVM as modules (CONFIG_KVM=m, CONFIG_KVM_INTEL=m)", "",
	      "%s is built into this kernel, so vmxcore's cannot replace it", name);
}

/**
 * struct lines - the kernel lines that the installed source has patches for
 * @line: the line to look for
 * @has: there are patches for it
 * @sources: vmxcore's source is installed for DKMS
 */
struct lines {
	const char *line;
	bool has;
	bool sources;
};

static int look_at_source(const char *name, void *data)
{
	struct lines *lines = data;
	char path[512];

	if (strncmp(name, "vmxcore-", 8) ||
	    path_make(path, sizeof(path), SOURCES "/%s/kvm/patches", name) || !file_exists(path))
		return 0;
	lines->sources = true;
	text_append(path, sizeof(path), "/%s", lines->line);
	lines->has = lines->has || file_exists(path);
	return 0;
}

/*
 * Returns true if vmxcore has no patches for this kernel line, so that no
 * command can install it. The source for DKMS takes precedence over the list
 * built into vmxctl because it may be newer.
 */
bool check_line(struct findings *findings, const char *release)
{
	size_t major = strspn(release, "0123456789"), minor;
	char line[FILE_LINE], first[256];
	struct lines lines = { .line = line };

	minor = release[major] == '.' ? strspn(release + major + 1, "0123456789") : 0;
	if (!minor || path_make(line, sizeof(line), "%.*s", (int)(major + 1 + minor), release))
		return false;
	file_list(SOURCES, look_at_source, &lines);
	if (!lines.sources)
		lines.has = text_has(KERNEL_LINES, ',', line);
	if (lines.has)
		return false;
	path_make(first, sizeof(first), "boot a kernel of a line that it has patches for (%s)",
		  KERNEL_LINES);
	found(findings, "unsupported-kernel", first, "",
	      "vmxcore has no patches for Linux %s, and this is %s", line, release);
	return true;
}

/* True for vmxcore's kvm_intel and for other clients of vmxcore. */
bool needs_vmxcore(const struct module_file *file)
{
	return text_has(file->depends, ',', "vmxcore");
}

/* Adds a finding whose fix comments out a line of modprobe's configuration. */
static void found_config(struct findings *findings, const char *id, const char *what,
			 const char *name, const char *text)
{
	char first[FILE_LINE] = "", fix[FINDING_FIX] = "";
	struct config_line line;

	if (modprobe_line(what, name, &line))
		path_make(fix, sizeof(fix), "sed -i '%us/^/#/' %s", line.number, line.path);
	else
		path_make(first, sizeof(first),
			  "take %s out of modprobe.blacklist= on the kernel's command line, and reboot",
			  name);
	found(findings, id, first, fix, "%s", text);
}

void check_blacklist(struct findings *findings, struct kmod_ctx *ctx, const char *name)
{
	char text[FILE_LINE];

	if (!modprobe_blacklists(ctx, name))
		return;
	path_make(text, sizeof(text), "%s is blacklisted, so it is not loaded automatically", name);
	found_config(findings, "blacklisted", "blacklist", name, text);
}

void check_replaced(struct findings *findings, struct kmod_ctx *ctx, const char *name)
{
	char command[FILE_LINE], text[2 * FILE_LINE];

	if (!modprobe_replaces(ctx, name, command))
		return;
	path_make(text, sizeof(text), "instead of loading %s modprobe runs: %s", name, command);
	found_config(findings, "replaced", "install", name, text);
}
