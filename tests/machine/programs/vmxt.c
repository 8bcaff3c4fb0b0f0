// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxt [-e ERRNO] [-n TIMES] COMMAND...: gives the test client
 * (vmxcore_test.ko) a command, and prints the name of the resulting errno,
 * which the machine's shell cannot tell. Succeeds if the result is 0, or ERRNO
 * with -e. With -n the command is given that many times, faster than by
 * starting a process each time.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Without stdio, which would repeat a failed write. */
static int run(const char *line)
{
	int fd = open(COMMAND_FILE, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		err(2, COMMAND_FILE);
	written = write(fd, line, strlen(line));
	return written < 0 ? errno : 0;
}

/* Returns whether the command has the expected result. */
static bool ends_with(const char *line, const char *expected)
{
	int error = run(line);
	const char *result = error ? strerrorname_np(error) : "0";

	printf("vmxt: %s: %s\n", line, result);
	return !strcmp(result, expected);
}

static int misused(void)
{
	warnx("usage: vmxt [-e ERRNO] [-n TIMES] COMMAND...");
	return 2;
}

int main(int argc, char **argv)
{
	const char *expected = "0";
	char line[LINE_LEN] = "";
	int option, times = 1;
	bool all = true;

	while ((option = getopt(argc, argv, "+e:n:")) != -1) {
		if (option == 'e')
			expected = optarg;
		else if (option == 'n')
			times = atoi(optarg);
		else
			return misused();
	}
	if (!argv[optind] || times < 1)
		return misused();

	join(line, argv + optind);
	while (times--)
		all = ends_with(line, expected) && all;
	return !all;
}
