// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl doctor: what is in the way of vmxcore, and the command that mends it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "modprobe.h"
#include "options.h"
#include "out.h"
#include "snapshot.h"
#include "status.h"

#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOCKDOWN	"/sys/kernel/security/lockdown"

#define FINDINGS	32

struct finding {
	const char *id;
	char text[1024];
	char fix[256];
};

/**
 * struct patient - what the doctor works on
 * @s: what is known
 * @findings: what has been found
 * @n: how much
 */
struct patient {
	struct snapshot s;
	struct finding findings[FINDINGS];
	unsigned int n;
};

static struct finding *found(struct patient *p, const char *id)
{
	struct finding *finding = &p->findings[p->n < FINDINGS - 1 ? p->n++ : p->n];

	finding->id = id;
	return finding;
}

#define FOUND(patient, id, what, mend, ...) do {					\
	struct finding *_f = found(patient, id);					\
	snprintf(_f->text, sizeof(_f->text), what, ##__VA_ARGS__);			\
	snprintf(_f->fix, sizeof(_f->fix), "%s", mend);					\
} while (0)

static void look_at_cpu(struct patient *p)
{
	const struct machine *m = &p->s.machine;

	if (m->err || m->vmx)
		return;
	if (!m->intel)
		FOUND(p, "no-vmx", "this CPU (%s) has no VMX", "use an Intel CPU", m->vendor);
	else if (m->locked_off == ANSWER_YES)
		FOUND(p, "locked-off", "the firmware has locked VMX off (IA32_FEATURE_CONTROL)", "enable VT-x in the firmware setup");
	else if (m->hypervisor)
		FOUND(p, "no-nested-vmx", "this is a virtual machine, and it has no nested VMX",
		      "on its host: modprobe -r kvm_intel && modprobe kvm_intel nested=1; and give the VM the host's CPU");
	else
		FOUND(p, "no-vmx", "this CPU has no VMX, or the firmware has disabled it", "enable VT-x in the firmware setup");
}

static void look_at_owners(struct patient *p)
{
	unsigned int vms = processes_kvm_vms(&p->s.processes);
	const struct holder *h;
	char fix[96];

	if (p->s.modules[MODULE_KVM_INTEL].loaded && !kvm_intel_is_ours(p->s.modules))
		FOUND(p, "stock-kvm", "the distribution's kvm_intel is loaded%s; it has %u VMs", "end all VMs; modprobe -r kvm_intel && modprobe kvm_intel",
		      p->s.modules[MODULE_VMXCORE].loaded ? " beside vmxcore" : " instead of vmxcore's", vms);
	for (h = p->s.holders; h < p->s.holders + p->s.n_holders; h++) {
		if (h->client || !strcmp(h->name, "kvm_intel"))
			continue;
		path_make(fix, sizeof(fix), "end its VMs; modprobe -r %s", h->name);
		FOUND(p, "foreign-owner", "%s (%s) probably holds VT-x, and is no client of vmxcore", fix, h->title, h->name);
	}
	if (!strcmp(p->s.vmxcore.state, "failed"))
		FOUND(p, "failed", "a CPU that should have VMX has none", "dmesg | grep vmxcore:; take that CPU offline and online again");
}

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

	if (on < 0) {
		note("%s%s: whether Secure Boot is on cannot be told", options.root, SECURE_BOOT);
		p->s.complete = false;
	}
	/* In a folder that an ordinary user cannot look into, or without securityfs, there is nothing to be told from. */
	if (!file_line(LOCKDOWN, lockdown) && (strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]")))
		on = 1;
	if (on <= 0 || p->s.modules[MODULE_VMXCORE].loaded)
		return;
	if (!vmxcore->signer[0])
		FOUND(p, "unsigned", "Secure Boot or lockdown is on, and %s is not signed", "dkms install --force vmxcore; mokutil --import /var/lib/dkms/mok.pub; reboot",
		      vmxcore->path);
	else
		note("Secure Boot or lockdown is on: the key of \"%s\" has to be known to the firmware (mokutil --test-key /var/lib/dkms/mok.pub)",
		     vmxcore->signer);
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

static void look_at_config(struct patient *p, struct kmod_ctx *ctx, const char *name)
{
	char command[FILE_LINE], fix[FILE_LINE];

	if (modprobe_blacklists(ctx, name)) {
		path_make(fix, sizeof(fix), "grep -rn '^blacklist %s' /etc/modprobe.d /lib/modprobe.d; cat /proc/cmdline", name);
		FOUND(p, "blacklisted", "%s is blacklisted: it is not loaded by itself", fix, name);
	}
	if (modprobe_replaces(ctx, name, command)) {
		path_make(fix, sizeof(fix), "grep -rn '^install %s' /etc/modprobe.d /lib/modprobe.d", name);
		FOUND(p, "replaced", "instead of loading %s modprobe runs: %s", fix, name, command);
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

static void look_at_files(struct patient *p, struct kmod_ctx *ctx)
{
	const char *release = p->s.machine.release;
	struct module_file vmxcore, kvm_intel;
	char fix[FILE_LINE];

	path_make(fix, sizeof(fix), "dkms autoinstall -k %s && depmod %s", release, release);
	if (!find_file(p, ctx, "vmxcore", &vmxcore)) {
		if (p->s.complete || !vmxcore.found)
			FOUND(p, "not-installed", "there is no vmxcore for this kernel (%s)", fix, release);
		return;
	}
	if (!built_for(&vmxcore, release))
		FOUND(p, "wrong-kernel", "%s was built for \"%s\", and this is %s", fix, vmxcore.path, vmxcore.vermagic, release);
	look_at_signature(p, &vmxcore);
	if (find_file(p, ctx, "kvm_intel", &kvm_intel) && !needs_vmxcore(&kvm_intel))
		FOUND(p, "stock-resolved", "modprobe kvm_intel would load %s, which is not vmxcore's", fix, kvm_intel.path);
}

static void look_at_modules(struct patient *p)
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

/* Nothing of DKMS' is fine: it may have come by make install. */
static void look_at_dkms(struct patient *p)
{
	char fix[FILE_LINE];
	int err;

	if (!file_exists("/var/lib/dkms/vmxcore") || !p->s.machine.release[0])
		return;
	err = file_list("/var/lib/dkms/vmxcore", look_at_dkms_link, p);
	path_make(fix, sizeof(fix), "dkms autoinstall -k %s", p->s.machine.release);
	if (!err)
		FOUND(p, "dkms", "DKMS has vmxcore, but not installed for this kernel (%s)", fix, p->s.machine.release);
	else if (err < 0)
		note_file("/var/lib/dkms/vmxcore", err);
}

static void print_json(const struct patient *p)
{
	struct json_object *doc = doc_new("doctor"), *array = add_array(doc, "findings"), *object;
	unsigned int i;

	for (i = 0; i < p->n; i++) {
		object = append_object(array);
		add_string(object, "id", p->findings[i].id);
		add_string(object, "text", p->findings[i].text);
		add_string(object, "fix", p->findings[i].fix);
	}
	add_bool(doc, "complete", p->s.complete && p->s.held != ANSWER_UNKNOWN);
	doc_print(doc);
}

static void print_text(const struct patient *p)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		printf("%s%s%s: %s\n    %s\n", colour(COLOUR_BAD), p->findings[i].id, colour(COLOUR_NONE),
		       p->findings[i].text, p->findings[i].fix);
	if (!p->n)
		printf("%snothing found%s\n", colour(COLOUR_GOOD), colour(COLOUR_NONE));
}

/**
 * command_doctor - vmxctl doctor
 *
 * Return: RESULT_FINDING where something is wrong.
 */
enum result command_doctor(void)
{
	static struct patient p;
	enum result result;

	snapshot_read(&p.s);
	look_at_cpu(&p);
	look_at_owners(&p);
	look_at_modules(&p);
	look_at_dkms(&p);
	result = p.n ? RESULT_FINDING : status_result(&p.s);
	if (options.json)
		print_json(&p);
	else
		print_text(&p);
	snapshot_free(&p.s);
	return result;
}
