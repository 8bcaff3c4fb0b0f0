// SPDX-License-Identifier: GPL-2.0-only
/*
 * vboxticks CPUS MORE SECONDS FILE...: checks all lines that VirtualBox's guest
 * (vboxguest.S) has printed into the files, one after the other, waits until each
 * of its CPUs has printed MORE lines into the last one since this program
 * started, and checks these, too. Fails if a line is wrong, or if they do not
 * come within SECONDS of the machine's time. Prints the numbers of lines.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lcg.h"
#include "vboxguest.h"

#define POLL_US		20000

#define MAX_CPUS	8

struct cpu {
	unsigned int lines;
	unsigned int wanted;
	__u32 state;
};

static struct cpu cpus[MAX_CPUS];
static unsigned int nr_cpus;
static char line[64];
static size_t length;

static void check_line(void)
{
	unsigned long id = strtoul(line, NULL, 16);
	char right[64];
	struct cpu *cpu;
	__u32 sum;

	if (id >= nr_cpus)
		errx(1, "a line of no CPU: \"%s\"", line);
	cpu = &cpus[id];
	sum = apply(round_sum, cpu->state);
	cpu->state = apply(round_state, cpu->state);
	snprintf(right, sizeof(right), "%08lx %08x %08x %08x", id, cpu->lines, cpu->state, sum);
	if (strcmp(line, right))
		errx(1, "\"%s\" should be \"%s\"", line, right);
	cpu->lines++;
}

/* The guest may be in the middle of a line: the rest comes later. */
static void read_lines(FILE *file)
{
	int c;

	while ((c = fgetc(file)) != EOF) {
		if (c != '\n' && length < sizeof(line) - 1) {
			line[length++] = (char)c;
			continue;
		}
		line[length] = 0;
		length = 0;
		check_line();
	}
	clearerr(file);
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* VirtualBox makes the file some time after it has started. */
static FILE *open_file(const char *path, time_t end)
{
	FILE *file;

	while (!(file = fopen(path, "r"))) {
		if (seconds() >= end)
			err(1, "%s", path);
		usleep(POLL_US);
	}
	return file;
}

static bool complete(void)
{
	unsigned int i;

	for (i = 0; i < nr_cpus; i++)
		if (cpus[i].lines < cpus[i].wanted)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	FILE *file = NULL;
	unsigned int i;
	time_t end;

	if (argc < 5)
		errx(2, "usage: vboxticks CPUS MORE SECONDS FILE...");
	nr_cpus = atoi(argv[1]);
	if (nr_cpus > MAX_CPUS)
		errx(2, "%u CPUs are too many", nr_cpus);
	end = seconds() + atoi(argv[3]);
	compute_answer(LOG_STEPS);
	for (i = 0; i < nr_cpus; i++)
		cpus[i].state = FIRST_STATE + i;
	for (i = 4; i < (unsigned int)argc; i++) {
		file = open_file(argv[i], end);
		read_lines(file);
	}
	for (i = 0; i < nr_cpus; i++)
		cpus[i].wanted = cpus[i].lines + atoi(argv[2]);
	while (!complete() && seconds() < end) {
		usleep(POLL_US);
		read_lines(file);
	}
	for (i = 0; i < nr_cpus; i++)
		printf("vboxticks: CPU %u: %u lines, all right\n", i, cpus[i].lines);
	if (!complete())
		errx(1, "not enough of them in time");
	return 0;
}
