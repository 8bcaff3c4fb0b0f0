// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the kernel require signed modules, and which keys does it accept?
 * module.sig_enforce and lockdown require signatures, with or without Secure
 * Boot, which stands for lockdown where that cannot be read. The kernel accepts
 * keys of the firmware (MOK) only under Secure Boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod/checks.h"
#include "kmod/modprobe.h"
#include "lib/options.h"
#include "lib/out.h"
#include "machine/machine.h"

#define EFIVARS	"/sys/firmware/efi/efivars/"
#define SECURE_BOOT	EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SETUP_MODE	EFIVARS "SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM_INSECURE	EFIVARS "MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"
#define EFI_NON_VOLATILE	1

/* Large enough for some hundred keys. */
#define KEYS_LIMIT	(1 << 20)

/*
 * An EFI variable follows four bytes of attributes. Returns 0 or 1, or a
 * negative error number.
 */
static int efi_flag(const char *path, unsigned char *attributes)
{
	unsigned char value[5];
	ssize_t n;
	int fd;

	fd = file_open(path, O_RDONLY);
	if (fd < 0)
		return fd;
	n = read(fd, value, sizeof(value));
	close(fd);
	if (n != sizeof(value) || value[4] > 1)
		return -EINVAL;
	*attributes = value[0];
	return value[4];
}

/*
 * As the kernel's EFI stub determines it. With a variable that does not
 * persist, shim reports that it validates nothing.
 */
static enum answer secure_boot(void)
{
	unsigned char attributes;
	int on = efi_flag(SECURE_BOOT, &attributes);

	if (on < 0)
		return on == -ENOENT ? ANSWER_NO : ANSWER_UNKNOWN;
	if (!on || efi_flag(SETUP_MODE, &attributes) == 1)
		return ANSWER_NO;
	if (efi_flag(SHIM_INSECURE, &attributes) == 1 && !(attributes & EFI_NON_VOLATILE))
		return ANSWER_NO;
	return ANSWER_YES;
}

/**
 * struct policy - the kernel's requirement
 * @wanted: modules have to be signed
 * @secure_boot: the kernel has the firmware's keys
 * @why: the setting that requires signatures
 * @option: the option on the kernel's command line that requires them without
 *	Secure Boot
 */
struct policy {
	enum answer wanted;
	enum answer secure_boot;
	const char *why;
	const char *option;
};

static struct policy policy_read(void)
{
	struct policy policy = { .secure_boot = secure_boot(),
				 .why = "Secure Boot or lockdown",
				 .option = "lockdown=" };
	enum lockdown lockdown = machine_lockdown();
	bool enforced;

	if (!file_flag("/sys/module/module/parameters/sig_enforce", &enforced) && enforced) {
		policy.wanted = ANSWER_YES;
		policy.why = "module.sig_enforce";
		policy.option = policy.why;
	} else if (lockdown != LOCKDOWN_UNKNOWN) {
		policy.wanted = lockdown >= LOCKDOWN_INTEGRITY ? ANSWER_YES : ANSWER_NO;
	} else {
		policy.wanted = policy.secure_boot;
	}
	return policy;
}

/*
 * Adds the enrolment of DKMS's key to @fix. @first gets what the admin has to
 * do.
 */
static void enroll_command(char first[256], char fix[FINDING_FIX], const struct policy *policy,
			   const char *release)
{
	char certificate[FILE_LINE];

	if (policy->secure_boot == ANSWER_NO) {
		fix[0] = '\0';
		path_make(first, 256,
			  "without Secure Boot no key can be enrolled: turn it on, or take %s off the kernel's command line and reboot",
			  policy->option);
	} else if (dkms_certificate(certificate, release)) {
		path_make(first, 256,
			  "enroll the certificate that mok_certificate in /etc/dkms/framework.conf, or framework.conf.d, names (mokutil --import), and reboot");
	} else {
		path_make(first, 256,
			  "be ready to enroll a key at the next boot (\"Enroll MOK\" in the blue screen)");
		text_append(fix, FINDING_FIX, "%smokutil --import %s && reboot",
			    fix[0] ? " && " : "", certificate);
	}
}

/* Returns -1 if the kernel shows no keys. */
static int key_is_known(const char *signer)
{
	char *text, *rest, *line, wanted[FILE_LINE + 2];
	int err, known = -1;

	text = file_slurp("/proc/keys", KEYS_LIMIT, &err);
	rest = text;
	path_make(wanted, sizeof(wanted), "%s: ", signer);
	while (text && known != 1 && (line = strsep(&rest, "\n"))) {
		text_clean(line);
		/* ID FLAGS USAGE TIMEOUT PERMISSIONS UID GID TYPE DESCRIPTION, which is NAME: ID */
		if (strstr(line, " asymmetri "))
			known = !!strstr(line, wanted);
	}
	free(text);
	return known;
}

/* Would the kernel refuse the module because it is not signed? */
void check_signature(struct findings *findings, const struct module_file *file, const char *release)
{
	struct policy policy = policy_read();
	char fix[FINDING_FIX], first[256] = "";

	if (policy.wanted == ANSWER_UNKNOWN) {
		note("%s%s: whether Secure Boot is on cannot be determined", options.root,
		     SECURE_BOOT);
		findings->blind = true;
	}
	if (policy.wanted != ANSWER_YES || file->signer[0])
		return;
	reinstall_command(fix, !file->intree, release);
	if (!file->intree)
		enroll_command(first, fix, &policy, release);
	found(findings, "unsigned", first, fix, "%s is on, and %s is not signed", policy.why,
	      file->path);
}

/* Would the kernel refuse the module because it does not know the key? */
void check_key(struct findings *findings, const struct module_file *file, const char *release)
{
	struct policy policy = policy_read();
	char fix[FINDING_FIX] = "", first[256];
	int known;

	if (policy.wanted != ANSWER_YES || !file->signer[0] || file->intree)
		return;
	known = key_is_known(file->signer);
	if (known < 0)
		note("%s is on, so the kernel has to know the key of \"%s\", but /proc/keys cannot be read",
		     policy.why, file->signer);
	if (known)
		return;
	enroll_command(first, fix, &policy, release);
	found(findings, "unknown-key", first, fix,
	      "%s is on, and %s is signed with the key \"%s\", which the kernel does not have",
	      policy.why, file->path, file->signer);
}
