// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl doctor: the modules' files, modprobe's configuration, signatures, DKMS. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "modprobe.h"
#include "options.h"
#include "out.h"

#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOCKDOWN	"/sys/kernel/security/lockdown"

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

static void look_at_signature(struct patient *p, const struct module_file *vmxcore)
{
	char lockdown[FILE_LINE] = "";
	int on = secure_boot();
	struct finding *f;

	if (on < 0) {
		note("%s%s: whether Secure Boot is on cannot be told", options.root, SECURE_BOOT);
		p->s.complete = false;
	}
	/* In a folder that an ordinary user cannot look into, or without securityfs, there is nothing to be told from. */
	if (!file_line(LOCKDOWN, lockdown) && (strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]")))
		on = 1;
	if (on <= 0 || p->s.modules[MODULE_VMXCORE].loaded)
		return;
	if (vmxcore->signer[0]) {
		note("Secure Boot or lockdown is on: the key of \"%s\" has to be known to the firmware (mokutil --test-key /var/lib/dkms/mok.pub)",
		     vmxcore->signer);
		return;
	}
	f = found(p, "unsigned");
	PRINT(f->text, "Secure Boot or lockdown is on, and %s is not signed", vmxcore->path);
	PRINT(f->first, "be ready to enroll a key at the next boot (\"Enroll MOK\" in the blue screen)");
	PRINT(f->fix, "dkms install --force vmxcore/" VERSION " -k %s && mokutil --import /var/lib/dkms/mok.pub && reboot", p->s.machine.release);
}

static bool built_for(const struct module_file *file, const char *release)
{
	size_t length = strlen(release);

	return !strncmp(file->vermagic, release, length) && (file->vermagic[length] == ' ' || !file->vermagic[length]);
}

static bool needs_vmxcore(const struct module_file *file)
{
	const char *at = strstr(file->depends, "vmxcore");

	return at && (at == file->depends || at[-1] == ',') && (!at[7] || at[7] == ',');
}

/* What puts a line of modprobe's configuration out of force. */
static void mend_config(struct finding *f, const char *what, const char *name)
{
	struct config_line line;

	if (modprobe_line(what, name, &line))
		PRINT(f->fix, "sed -i '%us/^/#/' %s", line.number, line.path);
	else
		PRINT(f->first, "take %s out of modprobe.blacklist= on the kernel's command line, and reboot", name);
}

static void look_at_config(struct patient *p, struct kmod_ctx *ctx, const char *name)
{
	char command[FILE_LINE];
	struct finding *f;

	if (modprobe_blacklists(ctx, name)) {
		f = found(p, "blacklisted");
		PRINT(f->text, "%s is blacklisted: it is not loaded by itself", name);
		mend_config(f, "blacklist", name);
	}
	if (modprobe_replaces(ctx, name, command)) {
		f = found(p, "replaced");
		PRINT(f->text, "instead of loading %s modprobe runs: %s", name, command);
		mend_config(f, "install", name);
	}
}

static bool find_file(struct patient *p, struct kmod_ctx *ctx, const char *name, struct module_file *file)
{
	int err = modprobe_find(ctx, name, file);

	if (!err)
		return file->found;
	note("%s: not a module that can be read: %s", file->path, error_text(err));
	p->s.complete = false;
	return false;
}

/* Installed, and depmod has not been told. */
static bool find_unindexed(struct patient *p, char path[512])
{
	static const char *const places[] = { "updates/dkms", "updates", "extra" };
	static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (j = 0; j < ARRAY_SIZE(suffixes); j++) {
			if (!path_make(path, 512, "/lib/modules/%s/%s/vmxcore.ko%s", p->s.machine.release, places[i], suffixes[j]) &&
			    file_exists(path))
				return true;
		}
	}
	return false;
}

static void not_installed(struct patient *p)
{
	const char *release = p->s.machine.release;
	struct finding *f;
	char path[512];

	if (find_unindexed(p, path)) {
		f = found(p, "depmod");
		PRINT(f->text, "%s is there, but modprobe does not know it", path);
		PRINT(f->fix, "depmod %s", release);
		return;
	}
	f = found(p, "not-installed");
	PRINT(f->text, "there is no vmxcore for this kernel (%s)", release);
	PRINT(f->first, "have its headers installed, and its linux-source package");
	PRINT(f->fix, "dkms autoinstall -k %s && depmod %s", release, release);
}

static void wrong_file(struct patient *p, const struct module_file *vmxcore)
{
	const char *release = p->s.machine.release;
	struct finding *f = found(p, "wrong-kernel");

	PRINT(f->text, "%s was built for \"%s\", and this is %s", vmxcore->path, vmxcore->vermagic, release);
	PRINT(f->fix, "dkms install --force vmxcore/" VERSION " -k %s && depmod %s", release, release);
}

static void look_at_files(struct patient *p, struct kmod_ctx *ctx)
{
	const char *release = p->s.machine.release;
	struct module_file vmxcore, kvm_intel;
	struct finding *f;

	if (!find_file(p, ctx, "vmxcore", &vmxcore)) {
		if (p->s.complete || !vmxcore.found)
			not_installed(p);
		return;
	}
	if (!built_for(&vmxcore, release))
		wrong_file(p, &vmxcore);
	look_at_signature(p, &vmxcore);
	if (find_file(p, ctx, "kvm_intel", &kvm_intel) && !needs_vmxcore(&kvm_intel)) {
		f = found(p, "stock-resolved");
		PRINT(f->text, "modprobe kvm_intel would load %s, which is not vmxcore's", kvm_intel.path);
		PRINT(f->fix, "dkms install --force vmxcore/" VERSION " -k %s && depmod %s", release, release);
	}
}

/**
 * look_at_modules - is there a vmxcore that modprobe would load, and the kernel take?
 * @p: the patient
 */
void look_at_modules(struct patient *p)
{
	struct kmod_ctx *ctx;

	if (!p->s.machine.release[0]) {
		note("which kernel this is cannot be told");
		p->s.complete = false;
		return;
	}
	ctx = modprobe_open(p->s.machine.release);
	if (!ctx) {
		note("libkmod cannot read the modules' configuration");
		p->s.complete = false;
		return;
	}
	look_at_config(p, ctx, "vmxcore");
	look_at_config(p, ctx, "kvm_intel");
	look_at_files(p, ctx);
	modprobe_close(ctx);
}

static int look_at_dkms_link(const char *name, void *data)
{
	char wanted[160];
	const struct patient *p = data;

	path_make(wanted, sizeof(wanted), "kernel-%s-", p->s.machine.release);
	return !strncmp(name, wanted, strlen(wanted));
}

/**
 * look_at_dkms - has DKMS what it should have?
 * @p: the patient
 *
 * Nothing of DKMS' is fine: it may have come by make install.
 */
void look_at_dkms(struct patient *p)
{
	struct finding *f;
	int err;

	if (!file_exists("/var/lib/dkms/vmxcore") || !p->s.machine.release[0])
		return;
	err = file_list("/var/lib/dkms/vmxcore", look_at_dkms_link, p);
	if (err < 0)
		note_file("/var/lib/dkms/vmxcore", err);
	if (err)
		return;
	f = found(p, "dkms");
	PRINT(f->text, "DKMS has vmxcore, but not installed for this kernel (%s)", p->s.machine.release);
	PRINT(f->fix, "dkms autoinstall -k %s", p->s.machine.release);
}
