// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log. A read of /dev/kmsg returns one record; in a plain file below
 * --root each line is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/log.h"

#define KMSG	"/dev/kmsg"

/*
 * The kernel fails a read whose buffer is too small for the record. No record
 * is this long.
 */
#define RECORD	16384

/*
 * The kernel's largest log. The limit ends the loop if the log grows while it
 * is read.
 */
#define LOG_LIMIT	(64 << 20)

/*
 * vmxcore's message for a client, its message where the kernel takes VMfail for
 * success, and the WARNING of the kernel and of the stock kvm_intel.
 */
static bool is_failure(const char *text)
{
	static const char kernels[] = "VMXON faulted, MSR_IA32_FEAT_CTL";

	if (!strncmp(text, kernels, strlen(kernels)))
		return true;
	return !strncmp(text, "vmxcore: ", 9) &&
	       (strstr(text, "VMXON faulted") || strstr(text, "VMXON reported VMfail")) &&
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
			/*
			 * A line that has no end or contains a NUL may have
			 * filled the buffer.
			 */
			size += strchr(record, '\n') ? strlen(record) : sizeof(record);
			look_at(record, last);
		} else if (errno != EPIPE) {
			/*
			 * EAGAIN means that the end of the log has been
			 * reached.
			 */
			return errno == EAGAIN ? 0 : -errno;
		}
		/*
		 * EPIPE means that records were overwritten before they were
		 * read.
		 */
		clearerr(log);
	}
	return 0;
}

/* Finds the last failed VMXON. */
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
