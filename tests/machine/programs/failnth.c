// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth write FILE TEXT
 * failnth load FILE.ko PARAMETERS
 *
 * Reads one number N per line. For each it makes one system call in which the
 * N-th allocation fails that the kernel's fault injection counts
 * (/proc/thread-self/fail-nth). /sys/kernel/debug/failslab and fail_page_alloc
 * decide which allocations count. The answer is one line: "failed" and the name
 * of the errno, or 0; or "enough" if there were fewer than N allocations and
 * none failed.
 *
 * One process serves all numbers because in an emulator, on a kernel with debug
 * checks, starting a process takes a second.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USAGE	"usage: failnth write FILE TEXT | failnth load FILE PARAMETERS"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

typedef int (*call_fn)(int fd, const char *text);

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static int write_text(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? errno : 0;
}

static int load_module(int fd, const char *parameters)
{
	return syscall(SYS_finit_module, fd, parameters, 0) ? errno : 0;
}

static void set_fail_nth(int fd, const char *nth)
{
	int error = write_text(fd, nth);

	if (error)
		errx(2, FAIL_NTH ": %s: %s", nth, strerrorname_np(error));
}

/* The kernel counts down; 0 means that the N-th allocation has been reached. */
static int left(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		err(2, FAIL_NTH);
	return atoi(text);
}

static void fail(const char *nth, int fail_nth, call_fn call, int fd, const char *text)
{
	int error, not_reached;

	set_fail_nth(fail_nth, nth);
	error = call(fd, text);
	not_reached = left(fail_nth);
	if (not_reached)
		set_fail_nth(fail_nth, "0");
	printf("%s %s\n", not_reached ? "enough" : "failed", error ? strerrorname_np(error) : "0");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char nth[16];
	call_fn call;
	int fd, fail_nth;

	if (argc != 4)
		errx(2, USAGE);
	if (!strcmp(argv[1], "write"))
		call = write_text;
	else if (!strcmp(argv[1], "load"))
		call = load_module;
	else
		errx(2, USAGE);

	fd = open_or_die(argv[2], call == load_module ? O_RDONLY : O_WRONLY);
	fail_nth = open_or_die(FAIL_NTH, O_RDWR);
	while (fgets(nth, sizeof(nth), stdin))
		fail(nth, fail_nth, call, fd, argv[3]);
	return 0;
}
