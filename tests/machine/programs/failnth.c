// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth N write FILE TEXT
 * failnth N load FILE.ko PARAMETERS
 *
 * One system call in which the N-th allocation fails of those that the kernel's fault injection
 * counts (/proc/thread-self/fail-nth; which ones, is up to /sys/kernel/debug/failslab and
 * fail_page_alloc). Says what came of it by the name of the errno. Status 0: one failed; 3: there
 * were not so many, and nothing failed.
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

#define USAGE	"usage: failnth N write FILE TEXT | failnth N load FILE PARAMETERS"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

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

/* The file counts down: 0 when it has come to that. */
static int left(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		err(2, FAIL_NTH);
	return atoi(text);
}

int main(int argc, char **argv)
{
	int (*call)(int fd, const char *text);
	int fd, fail_nth, error, not_reached;

	if (argc != 5)
		errx(2, USAGE);
	if (!strcmp(argv[2], "write"))
		call = write_text;
	else if (!strcmp(argv[2], "load"))
		call = load_module;
	else
		errx(2, USAGE);

	fd = open_or_die(argv[3], call == load_module ? O_RDONLY : O_WRONLY);
	fail_nth = open_or_die(FAIL_NTH, O_RDWR);
	error = write_text(fail_nth, argv[1]);
	if (error)
		errx(2, FAIL_NTH ": %s", strerrorname_np(error));
	error = call(fd, argv[4]);
	not_reached = left(fail_nth);
	if (not_reached)
		write_text(fail_nth, "0");

	printf("%s\n", error ? strerrorname_np(error) : "0");
	return not_reached ? 3 : 0;
}
