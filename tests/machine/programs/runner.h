/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs that run guests have in common: SIGTERM, and the number of rounds in a file
 * for the program "progress".
 */
#ifndef _RUNNER_H
#define _RUNNER_H

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long long rounds_done, *progress = &rounds_done;
static bool stop;

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static void on_term(int signal)
{
	(void)signal;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
}

static void round_done(void)
{
	__atomic_add_fetch(progress, 1, __ATOMIC_RELAXED);
}

static void share_progress(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*progress)))
		err(1, "%s", path);
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (progress == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
}

#endif /* _RUNNER_H */
