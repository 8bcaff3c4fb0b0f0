/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command line asks for. */
#ifndef VMXCTL_OPTIONS_H
#define VMXCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than there are. */
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
 * @root: below which all files are read; empty for the running machine
 * @json: print JSON
 * @colour: print colours
 * @free: status: the exit status says whether VMX is free
 * @output: metrics: the file to write, or NULL
 * @interval: watch: milliseconds from one look to the next
 * @count: watch: how many looks; trace: how many events; 0: without end
 * @events: trace: the events that are wanted; none: all
 * @n_events: trace: how many
 * @client: trace: only what is about this client, or NULL
 * @cpus: trace: only what is about these CPUs, or NULL
 * @dry_run: switch: only say what would be done
 * @argument: what stands behind the subcommand, or NULL
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
 * @name: as typed
 * @run: does it
 * @letters: the options it takes beside those that all take
 * @argument: the words one of which stands behind it, with | between them; or NULL
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
