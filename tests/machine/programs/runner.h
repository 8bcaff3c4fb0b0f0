/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs that run guests have in common: options, SIGTERM, and a file
 * with the number of rounds for the program "progress".
 */
#ifndef _RUNNER_H
#define _RUNNER_H

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu.h"
#include "lcg.h"

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

/* many: the number of vCPUs or VMs */
static struct {
	int cpu;
	unsigned int many;
	unsigned long long rounds;
	unsigned int log_steps;
	bool yield;
	const char *progress;
} options = { .cpu = -1, .many = 1, .rounds = 10, .log_steps = MAX_LOG_STEPS };

static void take_option(int option)
{
	if (option == 'c')
		options.cpu = atoi(optarg);
	else if (option == 'm')
		options.many = strtoul(optarg, NULL, 10);
	else if (option == 'r')
		options.rounds = strtoull(optarg, NULL, 10);
	else if (option == 'f')
		options.rounds = ULLONG_MAX;
	else if (option == 's')
		options.log_steps = strtoul(optarg, NULL, 10);
	else if (option == 'y')
		options.yield = true;
	else if (option == 'p')
		options.progress = optarg;
	else
		exit(2);
}

/*
 * @many is the name of the option for the number of vCPUs or VMs, @max its
 * limit.
 */
static void parse(int argc, char **argv, const char *many, unsigned int max)
{
	const struct option known[] = {
		{ "cpu", required_argument, NULL, 'c' },
		{ many, required_argument, NULL, 'm' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "forever", no_argument, NULL, 'f' },
		{ "log-steps", required_argument, NULL, 's' },
		{ "yield", no_argument, NULL, 'y' },
		{ "progress", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		take_option(option);
	if (optind != argc || !options.many || options.many > max ||
	    options.log_steps < MIN_LOG_STEPS || options.log_steps > MAX_LOG_STEPS)
		errx(2,
		     "usage: --cpu N --%s N --rounds N --forever --log-steps N --yield --progress FILE",
		     many);
}

static void prepare(void)
{
	signal(SIGTERM, on_term);
	if (options.progress)
		share_progress(options.progress);
	if (options.cpu >= 0)
		run_on_cpu(options.cpu);
	compute_answer(options.log_steps);
}

/*
 * A thread that comes to its end returns a pointer. One that the kernel has
 * killed in an oops has returned nothing, and the process goes on without it.
 */
static void join(pthread_t thread, unsigned int id)
{
	void *end = NULL;

	pthread_join(thread, &end);
	if (!end)
		errx(1, "the kernel has killed thread %u", id);
}

#endif /* _RUNNER_H */
