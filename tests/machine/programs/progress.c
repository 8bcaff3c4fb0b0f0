// SPDX-License-Identifier: GPL-2.0-only
/*
 * progress FILE MORE SECONDS: waits until the VM that writes FILE (vmrun
 * --progress) has run MORE rounds since this program started. Fails if it has
 * not done so within SECONDS of the machine's time.
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS	20000000

/* Returns 0 as long as the VM has not created the file. */
static unsigned long long rounds(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned long long count = 0;

	if (fd < 0)
		return 0;
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		count = 0;
	close(fd);
	return count;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	unsigned long long start, more;
	time_t end;

	if (argc != 4)
		errx(2, "usage: progress FILE MORE SECONDS");
	start = rounds(argv[1]);
	more = strtoull(argv[2], NULL, 10);
	end = now() + atoi(argv[3]);

	while (rounds(argv[1]) < start + more) {
		if (now() > end)
			errx(1, "only %llu rounds more", rounds(argv[1]) - start);
		nanosleep(&pause, NULL);
	}
	printf("progress: %llu rounds, %llu at the start\n", rounds(argv[1]), start);
	return 0;
}
