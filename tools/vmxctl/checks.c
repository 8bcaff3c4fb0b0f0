// SPDX-License-Identifier: GPL-2.0-only
/* Can a module be loaded? */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "machine.h"
#include "options.h"
#include "out.h"

#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* -1: not known. */
static int secure_boot(void)
{
	unsigned char value[5];
	ssize_t n;
	int fd;

	fd = file_open(SECURE_BOOT, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : -1;
	n = read(fd, value, sizeof(value));
	close(fd);
	/* Four bytes of attributes, then the variable. */
	return n == sizeof(value) && value[4] <= 1 ? value[4] : -1;
}

/**
 * how_to_install - what brings modules for a kernel
 * @fix: gets the command
 * @ours: vmxcore's modules, or else the distribution's
 * @release: of the kernel
 */
void how_to_install(char fix[FINDING_FIX], bool ours, const char *release)
{
	if (ours)
		path_make(fix, FINDING_FIX, "dkms autoinstall -k %s && depmod %s", release, release);
	else
		path_make(fix, FINDING_FIX, "apt install --reinstall linux-image-%s", release);
}

/**
 * how_to_reinstall - what brings modules for a kernel again, as those that are there are not all, or no good
 * @fix: gets the command
 * @ours: vmxcore's modules, or else the distribution's
 * @release: of the kernel
 *
 * autoinstall would do nothing: it takes what DKMS has installed once for good.
 */
void how_to_reinstall(char fix[FINDING_FIX], bool ours, const char *release)
{
	if (ours)
		path_make(fix, FINDING_FIX, "dkms install --force vmxcore/" VERSION " -k %s && depmod %s", release, release);
	else
		how_to_install(fix, false, release);
}

/**
 * check_signature - would the kernel refuse a module for want of a signature?
 * @findings: what is found
 * @file: the module
 * @release: of the kernel
 */
void check_signature(struct findings *findings, const struct module_file *file, const char *release)
{
	char fix[FINDING_FIX];
	int on = secure_boot();

	if (on < 0) {
		note("%s%s: whether Secure Boot is on cannot be told", options.root, SECURE_BOOT);
		findings->blind = true;
	}
	if (machine_lockdown() >= LOCKDOWN_INTEGRITY)
		on = 1;
	if (on <= 0)
		return;
	if (file->signer[0]) {
		if (!file->intree)
			note("Secure Boot or lockdown is on: the key of \"%s\" has to be known to the firmware (mokutil --test-key /var/lib/dkms/mok.pub)",
			     file->signer);
		return;
	}
	how_to_reinstall(fix, !file->intree, release);
	if (!file->intree)
		text_append(fix, sizeof(fix), " && mokutil --import /var/lib/dkms/mok.pub && reboot");
	found(findings, "unsigned", file->intree ? "" : "be ready to enroll a key at the next boot (\"Enroll MOK\" in the blue screen)", fix,
	      "Secure Boot or lockdown is on, and %s is not signed", file->path);
}

/**
 * check_file - was a module built for this kernel?
 * @findings: what is found
 * @file: the module
 * @release: of the kernel
 */
void check_file(struct findings *findings, const struct module_file *file, const char *release)
{
	size_t length = strlen(release);
	char fix[FINDING_FIX];

	if (!strncmp(file->vermagic, release, length) && (file->vermagic[length] == ' ' || !file->vermagic[length]))
		return;
	how_to_reinstall(fix, !file->intree, release);
	found(findings, "wrong-kernel", "", fix, "%s was built for \"%s\", and this is %s", file->path, file->vermagic, release);
}

/**
 * found_stock - modprobe would load the distribution's kvm_intel, though vmxcore is there
 * @findings: what is found
 * @kvm_intel: the module
 * @release: of the kernel
 */
void found_stock(struct findings *findings, const struct module_file *kvm_intel, const char *release)
{
	char fix[FINDING_FIX];

	how_to_reinstall(fix, true, release);
	found(findings, "stock-resolved", "", fix, "modprobe kvm_intel would load %s, which is not vmxcore's", kvm_intel->path);
}

/**
 * needs_vmxcore - does a module link against vmxcore?
 * @file: the module
 *
 * Return: true for vmxcore's kvm_intel, and for clients of vmxcore.
 */
bool needs_vmxcore(const struct module_file *file)
{
	return text_has(file->depends, ',', "vmxcore");
}

/* What puts a line of modprobe's configuration out of force. */
static void found_config(struct findings *findings, const char *id, const char *what, const char *name, const char *text)
{
	char first[FILE_LINE] = "", fix[FINDING_FIX] = "";
	struct config_line line;

	if (modprobe_line(what, name, &line))
		path_make(fix, sizeof(fix), "sed -i '%us/^/#/' %s", line.number, line.path);
	else
		path_make(first, sizeof(first), "take %s out of modprobe.blacklist= on the kernel's command line, and reboot", name);
	found(findings, id, first, fix, "%s", text);
}

/**
 * check_blacklist - is a module not to be loaded by itself?
 * @findings: what is found
 * @ctx: of modprobe_open()
 * @name: of the module
 */
void check_blacklist(struct findings *findings, struct kmod_ctx *ctx, const char *name)
{
	char text[FILE_LINE];

	if (!modprobe_blacklists(ctx, name))
		return;
	path_make(text, sizeof(text), "%s is blacklisted: it is not loaded by itself", name);
	found_config(findings, "blacklisted", "blacklist", name, text);
}

/**
 * check_replaced - is something else done instead of loading a module?
 * @findings: what is found
 * @ctx: of modprobe_open()
 * @name: of the module
 */
void check_replaced(struct findings *findings, struct kmod_ctx *ctx, const char *name)
{
	char command[FILE_LINE], text[2 * FILE_LINE];

	if (!modprobe_replaces(ctx, name, command))
		return;
	path_make(text, sizeof(text), "instead of loading %s modprobe runs: %s", name, command);
	found_config(findings, "replaced", "install", name, text);
}
