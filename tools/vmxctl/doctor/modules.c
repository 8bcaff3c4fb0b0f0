// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxctl doctor: the modules' files, modprobe's configuration, signatures,
 * DKMS.
 */
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"
#include "kmod/checks.h"
#include "kmod/modprobe.h"
#include "lib/options.h"
#include "lib/out.h"

static bool find_file(struct patient *p, struct kmod_ctx *ctx, const char *name,
		      struct module_file *file)
{
	int err = modprobe_find(ctx, name, file);

	if (!err)
		return file->found;
	note("%s: not a readable module: %s", file->path[0] ? file->path : name, error_text(err));
	p->s.complete = false;
	return false;
}

/* Finds modules that are installed but not in depmod's index. */
static bool find_unindexed(struct patient *p, char path[PATH_MAX])
{
	static const char *const places[] = { "updates/dkms", "updates", "extra" };
	char file[256];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		path_make(file, sizeof(file), "/lib/modules/%s/%s/vmxcore.ko", p->s.machine.release,
			  places[i]);
		if (modprobe_find_packed(file, path))
			return true;
	}
	return false;
}

static void not_installed(struct patient *p)
{
	const char *release = p->s.machine.release;
	char path[PATH_MAX], fix[FINDING_FIX];

	if (find_unindexed(p, path)) {
		path_make(fix, sizeof(fix), "depmod %s", release);
		found(&p->findings, "depmod", "", fix, "%s is there, but modprobe does not know it",
		      path);
		return;
	}
	install_command(fix, true, release);
	found(&p->findings, "not-installed",
	      "have its headers installed, and its linux-source package", fix,
	      "there is no vmxcore for this kernel (%s)", release);
}

/*
 * Is the distribution's kvm loaded without its kvm_intel? Where vmxcore has a
 * kvm.ko too, its kvm_intel does not work on the distribution's.
 */
static void look_at_kvm(struct patient *p, struct kmod_ctx *ctx)
{
	const struct module *kvm = &p->s.modules[MODULE_KVM];
	char users[MODULE_USERS], first[256] = "", fix[FINDING_FIX] = "modprobe -r";
	char *rest = users, *user;
	struct module_file file;
	bool foreign = true;

	if (p->s.modules[MODULE_KVM_INTEL].loaded || p->s.modules[MODULE_KVM_AMD].loaded ||
	    !module_present(kvm) || !find_file(p, ctx, "kvm", &file) || file.intree)
		return;
	if (kvm->built_in) {
		found_built_in(&p->findings, "kvm");
		return;
	}
	if (module_is_foreign("kvm", &foreign))
		p->s.complete = false;
	if (foreign)
		return;
	strcpy(users, kvm->users);
	while ((user = strsep(&rest, ","))) {
		/* The kernel lists "[permanent]" among the users. */
		if (user[0] && user[0] != '[')
			text_append(fix, sizeof(fix), " %s", user);
	}
	if (strchr(fix + strlen("modprobe -r"), ' '))
		path_make(first, sizeof(first), "end what the modules that use it do (lsmod)");
	text_append(fix, sizeof(fix), " kvm");
	found(&p->findings, "kvm-left", first, fix,
	      "the distribution's kvm is loaded without its kvm_intel, and it refuses vmxcore's kvm_intel");
}

static void look_at_files(struct patient *p, struct kmod_ctx *ctx)
{
	const char *release = p->s.machine.release;
	struct module_file vmxcore, kvm_intel;

	if (!find_file(p, ctx, "vmxcore", &vmxcore)) {
		if (p->s.complete || !vmxcore.found)
			not_installed(p);
		return;
	}
	check_file(&p->findings, &vmxcore, release);
	if (!p->s.modules[MODULE_VMXCORE].loaded) {
		check_signature(&p->findings, &vmxcore, release);
		check_key(&p->findings, &vmxcore, release);
	}
	if (!find_file(p, ctx, "kvm_intel", &kvm_intel))
		return;
	if (!needs_vmxcore(&kvm_intel))
		found_stock(&p->findings, &kvm_intel, release);
	else if (!p->s.modules[MODULE_KVM_INTEL].built_in)
		look_at_kvm(p, ctx);
}

/*
 * If vmxcore is installed although its patches don't list this kernel line, it
 * is checked like any other.
 */
void look_at_line(struct patient *p)
{
	struct kmod_ctx *ctx = p->s.machine.release[0] ? modprobe_open(p->s.machine.release) : NULL;
	struct module_file file;

	if (!ctx)
		return;
	modprobe_find(ctx, "vmxcore", &file);
	modprobe_close(ctx);
	p->unsupported = !file.found && check_line(&p->findings, p->s.machine.release);
}

/* Is there a vmxcore that modprobe would load and the kernel would accept? */
void look_at_modules(struct patient *p)
{
	struct kmod_ctx *ctx;

	if (p->unsupported)
		return;
	if (!p->s.machine.release[0]) {
		note("the kernel's release is unknown");
		p->s.complete = false;
		return;
	}
	ctx = modprobe_open(p->s.machine.release);
	if (!ctx) {
		note("libkmod cannot read the modules' configuration");
		p->s.complete = false;
		return;
	}
	check_blacklist(&p->findings, ctx, "vmxcore");
	check_replaced(&p->findings, ctx, "vmxcore");
	check_blacklist(&p->findings, ctx, "kvm_intel");
	check_replaced(&p->findings, ctx, "kvm_intel");
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

/*
 * If DKMS has nothing of vmxcore that is no problem: "make install" does not
 * use DKMS.
 */
void look_at_dkms(struct patient *p)
{
	char fix[FINDING_FIX];
	int err;

	if (p->unsupported || !file_exists("/var/lib/dkms/vmxcore") || !p->s.machine.release[0])
		return;
	err = file_list("/var/lib/dkms/vmxcore", look_at_dkms_link, p);
	if (err < 0)
		note_file("/var/lib/dkms/vmxcore", err);
	if (err)
		return;
	install_command(fix, true, p->s.machine.release);
	found(&p->findings, "dkms", "", fix,
	      "DKMS has vmxcore, but not installed for this kernel (%s)", p->s.machine.release);
}
