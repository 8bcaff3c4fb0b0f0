/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line. */
#ifndef VMXCTL_OPTIONS_H
#define VMXCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More events than vmxcore has. */
#define EVENTS_MAX	64

/* The exit status; vmxctl(8) says what each means. */
enum result {
	RESULT_OK = 0,
	RESULT_FINDING = 1,
	RESULT_USAGE = 2,
	RESULT_UNKNOWN = 3,
	RESULT_FAILED = 4,
	RESULT_BROKEN = 5,
};

/**
 * struct options - the command line
 * @root: the folder that all files are read below; empty for this machine
 * @json: print JSON
 * @colour: print colours
 * @free: status: the exit status says whether VMX is free
 * @output: metrics: the file to write, or NULL for standard output
 * @interval: watch: milliseconds between two looks
 * @count: watch: number of looks; trace: number of events; 0: no limit
 * @events: trace: the events to show; all if empty
 * @n_events: trace: the length of @events
 * @client: trace: show only events about this client, or NULL
 * @cpus: trace: show only events about these CPUs, or NULL
 * @dry_run: switch: print the commands and change nothing
 * @argument: the argument of the subcommand, or NULL
 */
struct options {
	const char *root;
	bool json;
	bool colour;
	bool free;
	const char *output;
	unsigned int interval;
	uint64_t count;
	const char *events[EVENTS_MAX];
	size_t n_events;
	const char *client;
	const char *cpus;
	bool dry_run;
	const char *argument;
};

extern struct options options;

/**
 * struct command - a subcommand
 * @name: its name on the command line
 * @run: runs it
 * @letters: its options beside those of all subcommands
 * @argument: the words that it accepts, separated by |, or NULL
 */
struct command {
	const char *name;
	enum result (*run)(void);
	const char *letters;
	const char *argument;
};

const struct command *options_parse(int argc, char **argv, const struct command *commands,
				    enum result *result);

/* Each is defined in the file of its name; main.c has the table. */
enum result command_status(void);
enum result command_caps(void);
enum result command_clients(void);
enum result command_doctor(void);
enum result command_metrics(void);
enum result command_trace(void);
enum result command_watch(void);
enum result command_switch(void);

#endif /* VMXCTL_OPTIONS_H */
