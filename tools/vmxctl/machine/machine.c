// SPDX-License-Identifier: GPL-2.0-only
/* The CPUs according to /proc/cpuinfo, CPUID and some MSRs. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/files.h"
#include "lib/options.h"
#include "machine/machine.h"

/* Large enough for the first CPU. The others have the same flags. */
#define CPUINFO_LIMIT	16384

#define CPUID_1_ECX_VMX	(1U << 5)

static char *value_of(char *line, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(line, key, length) || !strchr("\t :", line[length]))
		return NULL;
	line = strchr(line, ':');
	return line && line[1] == ' ' ? line + 2 : NULL;
}

static void parse_cpuinfo(char *text, struct machine *machine)
{
	char *line, *value;
	bool flags = false;

	while ((line = strsep(&text, "\n")) && *line) {
		text_clean(line + strspn(line, "abcdefghijklmnopqrstuvwxyz_ \t"));
		value = value_of(line, "vendor_id");
		if (value)
			snprintf(machine->vendor, sizeof(machine->vendor), "%.63s", value);
		value = value_of(line, "flags");
		if (!value)
			continue;
		flags = true;
		machine->vmx = text_has(value, ' ', "vmx");
		machine->hypervisor = text_has(value, ' ', "hypervisor");
	}
	if (!machine->vendor[0] || !flags)
		machine->err = -EINVAL;
	machine->intel = !strcmp(machine->vendor, "GenuineIntel") ||
			 !strcmp(machine->vendor, "CentaurHauls") ||
			 !strcmp(machine->vendor, "  Shanghai  ");
}

/*
 * Reads only the first CPUs of a large machine. That the text is cut off is no
 * error.
 */
static void read_cpuinfo(struct machine *machine)
{
	char text[CPUINFO_LIMIT];
	ssize_t n;
	int fd;

	fd = file_open("/proc/cpuinfo", O_RDONLY);
	if (fd < 0) {
		machine->err = fd;
		return;
	}
	n = read(fd, text, sizeof(text) - 1);
	machine->err = n < 0 ? -errno : 0;
	close(fd);
	if (n < 0)
		return;
	text[n] = '\0';
	parse_cpuinfo(text, machine);
}

/*
 * With --root the files are of another machine, which CPUID here says nothing
 * about.
 */
static enum answer cpuid_vmx(const struct machine *machine)
{
	unsigned int eax, ebx, ecx, edx;

	if (machine->vmx)
		return ANSWER_YES;
	if (options.root[0] || !__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return ANSWER_UNKNOWN;
	return ecx & CPUID_1_ECX_VMX ? ANSWER_YES : ANSWER_NO;
}

static enum answer locked_off(const struct machine *machine)
{
	uint64_t control;
	int fd, err;

	if (machine->vmx)
		return ANSWER_NO;
	fd = msr_open(0);
	if (fd < 0)
		return ANSWER_UNKNOWN;
	err = msr_read(fd, MSR_FEATURE_CONTROL, &control);
	close(fd);
	if (err)
		return ANSWER_UNKNOWN;
	return (control & FEATURE_CONTROL_LOCKED) && !(control & FEATURE_CONTROL_VMX) ? ANSWER_YES :
											ANSWER_NO;
}

static void read_release(struct machine *machine)
{
	struct utsname name;
	char line[FILE_LINE];

	if (!file_line("/proc/sys/kernel/osrelease", line) && line[0] && line[0] != '.' &&
	    !strchr(line, '/'))
		snprintf(machine->release, sizeof(machine->release), "%.127s", line);
	else if (!options.root[0] && !uname(&name))
		snprintf(machine->release, sizeof(machine->release), "%.127s", name.release);
}

void machine_read(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	read_cpuinfo(machine);
	machine->cpuid_vmx = cpuid_vmx(machine);
	machine->locked_off =
		machine->intel && machine->cpuid_vmx != ANSWER_NO ? locked_off(machine) : ANSWER_NO;
	read_release(machine);
}

/* Is the kernel this version or a later one? False if its release is unknown. */
bool machine_kernel_since(const struct machine *machine, unsigned int major, unsigned int minor)
{
	unsigned int is_major, is_minor;

	return sscanf(machine->release, "%u.%u", &is_major, &is_minor) == 2 &&
	       (is_major > major || (is_major == major && is_minor >= minor));
}

/*
 * LOCKDOWN_UNKNOWN without securityfs, or if the caller may not search its
 * folder.
 */
enum lockdown machine_lockdown(void)
{
	char line[FILE_LINE];

	/* "none [integrity] confidentiality" */
	if (file_line("/sys/kernel/security/lockdown", line))
		return LOCKDOWN_UNKNOWN;
	if (text_has(line, ' ', "[confidentiality]"))
		return LOCKDOWN_CONFIDENTIALITY;
	return text_has(line, ' ', "[integrity]") ? LOCKDOWN_INTEGRITY : LOCKDOWN_NONE;
}

/*
 * Returns a file descriptor or a negative error number, -ENOENT or -ENXIO
 * without the msr driver.
 */
int msr_open(unsigned int cpu)
{
	char path[64];

	path_make(path, sizeof(path), "/dev/cpu/%u/msr", cpu);
	return file_open(path, O_RDONLY);
}

/*
 * In a plain file below --root MSR n is in the 8 bytes from n * 8 on, whereas
 * the msr driver takes n as the offset. Returns -EIO if the CPU has no such
 * MSR.
 */
int msr_read(int fd, uint32_t msr, uint64_t *value)
{
	struct stat st;
	off_t offset;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	offset = S_ISREG(st.st_mode) ? (off_t)msr * 8 : msr;
	n = pread(fd, value, sizeof(*value), offset);
	if (n < 0)
		return -errno;
	return n == sizeof(*value) ? 0 : -EIO;
}

/* The name of an answer in text and JSON. */
const char *answer_text(enum answer answer)
{
	static const char *const text[] = {
		[ANSWER_NO] = "no",
		[ANSWER_YES] = "yes",
		[ANSWER_UNKNOWN] = "unknown",
	};

	return text[answer];
}
