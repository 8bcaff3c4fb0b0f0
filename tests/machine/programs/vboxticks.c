// SPDX-License-Identifier: GPL-2.0-only
/*
 * vboxticks FILE MORE SECONDS: checks all lines that VirtualBox's guest
 * (vboxguest.S) has printed into FILE, waits until it has printed MORE lines
 * since this program started, and checks these, too. Fails if a line is wrong,
 * or if they do not come within SECONDS of the machine's time. Prints the
 * number of lines.
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

static __u32 state = FIRST_STATE;
static unsigned int lines;
static char line[64];
static size_t length;

static void check_line(void)
{
	__u32 sum = apply(round_sum, state);
	char wanted[32];

	state = apply(round_state, state);
	snprintf(wanted, sizeof(wanted), "%08x %08x %08x", lines, state, sum);
	if (strcmp(line, wanted))
		errx(1, "line %u is \"%s\" and not \"%s\"", lines, line, wanted);
	lines++;
}

/* The guest may be in the middle of a line: the rest comes later. */
static void read_lines(FILE *file)
{
	int c;

	while ((c = fgetc(file)) != EOF) {
		if (c != '\n' && length < sizeof(line) - 1) {
			line[length++] = c;
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

int main(int argc, char **argv)
{
	unsigned int wanted;
	time_t end;
	FILE *file;

	if (argc != 4)
		errx(2, "usage: vboxticks FILE MORE SECONDS");
	compute_answer(LOG_STEPS);
	end = seconds() + atoi(argv[3]);
	file = open_file(argv[1], end);
	read_lines(file);
	wanted = lines + atoi(argv[2]);
	while (lines < wanted && seconds() < end) {
		usleep(POLL_US);
		read_lines(file);
	}
	printf("vboxticks: %u lines, all right\n", lines);
	if (lines < wanted)
		errx(1, "%u more lines have not come", wanted - lines);
	return 0;
}
