// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxt [-e ERRNO] COMMAND...: one command for the test client (vmxcore_test.ko). Says what
 * came of it by the name of the errno, and succeeds when that is 0, or with -e the one that is
 * expected: the shell of the machine cannot tell.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_FILE	"/sys/kernel/debug/vmxcore_test/command"
#define LINE_LEN	256

static void join(char *line, char **words)
{
	size_t used = 0;

	for (; *words; words++) {
		used += snprintf(line + used, LINE_LEN - used, "%s%s", used ? " " : "", *words);
		if (used >= LINE_LEN)
			errx(2, "the command is too long");
	}
}

/* Not through stdio, which would write a failed command again. */
static int run(const char *line)
{
	int fd = open(COMMAND_FILE, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		err(2, COMMAND_FILE);
	written = write(fd, line, strlen(line));
	return written < 0 ? errno : 0;
}

int main(int argc, char **argv)
{
	const char *expected = "0", *result;
	char line[LINE_LEN] = "";
	int error;

	if (argc > 2 && !strcmp(argv[1], "-e")) {
		expected = argv[2];
		argv += 2;
	}
	if (!argv[1])
		errx(2, "usage: vmxt [-e ERRNO] COMMAND...");

	join(line, argv + 1);
	error = run(line);
	result = error ? strerrorname_np(error) : "0";
	printf("vmxt: %s: %s\n", line, result);
	return strcmp(result, expected) != 0;
}
