// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log, read record by record from /dev/kmsg; in a plain file that stands for it each is a line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/log.h"

#define KMSG	"/dev/kmsg"

/* More than the kernel gives of one record: it refuses a read that has no room for it. */
#define RECORD	16384

/* The kernel's largest log; what is written while it is read does not make it endless. */
#define LOG_LIMIT	(64 << 20)

/* vmxcore's, for a client; vmxcore's, as the kernel takes VMfail for success; the WARNING of the kernel and of the stock kvm_intel. */
static bool is_failure(const char *text)
{
	static const char kernels[] = "VMXON faulted, MSR_IA32_FEAT_CTL";

	if (!strncmp(text, kernels, strlen(kernels)))
		return true;
	return !strncmp(text, "vmxcore: ", 9) && (strstr(text, "VMXON faulted") || strstr(text, "VMXON reported VMfail")) &&
	       (strstr(text, " gets no VMX") || strstr(text, "takes it for success"));
}

/* PRIORITY,NUMBER,MICROSECONDS,FLAGS;TEXT */
static void look_at(char *record, struct vmxon_failure *last)
{
	char *text = strchr(record, ';'), *time = strchr(record, ','), *cpu;

	time = time ? strchr(time + 1, ',') : NULL;
	if (!text || !time || time > text || !is_failure(text + 1))
		return;
	text++;
	text[strcspn(text, "\n")] = '\0';
	last->found = true;
	last->faulted = strstr(text, "VMXON faulted");
	last->us = strtoull(time + 1, NULL, 10);
	snprintf(last->text, sizeof(last->text), "%.255s", text);
	text_clean(last->text);
	cpu = strstr(text, "CPU ");
	last->cpu = cpu ? atoi(cpu + 4) : -1;
}

static int read_log(FILE *log, struct vmxon_failure *last)
{
	char record[RECORD];
	size_t size = 0;

	while (size < LOG_LIMIT) {
		errno = 0;
		if (fgets(record, sizeof(record), log)) {
			/* A line without end, or with a NUL in it, may have been all that there is room for. */
			size += strchr(record, '\n') ? strlen(record) : sizeof(record);
			look_at(record, last);
		} else if (errno != EPIPE) {
			/* A read that would have to wait has come to the end. */
			return errno == EAGAIN ? 0 : -errno;
		}
		/* EPIPE: records have been overwritten before they were read. */
		clearerr(log);
	}
	return 0;
}

/**
 * log_vmxon - find the last VMXON that did not work
 * @last: filled in
 *
 * Return: 0, or a negative error number where the log cannot be read.
 */
int log_vmxon(struct vmxon_failure *last)
{
	FILE *log;
	int fd, err;

	memset(last, 0, sizeof(*last));
	fd = file_open(KMSG, O_RDONLY);
	if (fd < 0)
		return fd;
	log = fdopen(fd, "r");
	if (!log) {
		close(fd);
		return -ENOMEM;
	}
	setvbuf(log, NULL, _IOFBF, RECORD);
	err = read_log(log, last);
	fclose(log);
	return err;
}
