// SPDX-License-Identifier: GPL-2.0-only
/* The command line. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cpus.h"
#include "lib/files.h"
#include "lib/options.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

struct options options = { .root = "", .interval = 1000 };

/*
 * An option with a letter from this list is accepted only by the commands that
 * have it in their table. An upper-case letter has no short form.
 */
static const char some_letters[] = "foiNecPn";

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "root", required_argument, NULL, 'R' },
	{ "no-colour", no_argument, NULL, 'C' },
	{ "no-color", no_argument, NULL, 'C' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "free", no_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'N' },
	{ "event", required_argument, NULL, 'e' },
	{ "client", required_argument, NULL, 'c' },
	{ "cpu", required_argument, NULL, 'P' },
	{ "dry-run", no_argument, NULL, 'n' },
	{}
};

static const struct option *option_of(int letter)
{
	const struct option *option = long_options;

	while (option->val != letter)
		option++;
	return option;
}

static const char *argument_of(int letter)
{
	switch (letter) {
	case 'o':
		return " FILE";
	case 'i':
		return " SECONDS";
	case 'N':
		return " N";
	case 'e':
	case 'c':
		return " NAME";
	case 'P':
		return " LIST";
	default:
		return "";
	}
}

static void usage(FILE *to, const struct command *commands)
{
	const char *letter;

	fputs("usage: vmxctl [--json] [--no-colour] [--root DIR] [--help] [--version] COMMAND [OPTION...]\ncommands:\n",
	      to);
	for (; commands->name; commands++) {
		fprintf(to, "  %s%s%s", commands->name, commands->argument ? " " : "",
			commands->argument ? commands->argument : "");
		for (letter = commands->letters; *letter; letter++)
			fprintf(to, " [--%s%s]", option_of(*letter)->name, argument_of(*letter));
		fputc('\n', to);
	}
	fputs("see vmxctl(8)\n", to);
}

static bool take_interval(void)
{
	char *end;
	double seconds = strtod(optarg, &end);

	if (end == optarg || *end || !isfinite(seconds) || seconds < 0.1 || seconds > 86400) {
		fprintf(stderr, "vmxctl: --interval %s: not a time from 0.1 to 86400 seconds\n",
			optarg);
		return false;
	}
	options.interval = (unsigned int)(seconds * 1000);
	return true;
}

static bool take_count(void)
{
	if (parse_u64(optarg, 10, &options.count) && options.count)
		return true;
	fprintf(stderr, "vmxctl: --count %s: not a number above 0\n", optarg);
	return false;
}

static bool take_event(void)
{
	if (options.n_events == EVENTS_MAX) {
		fputs("vmxctl: --event: more events than exist\n", stderr);
		return false;
	}
	options.events[options.n_events++] = optarg;
	return true;
}

static bool take_client(void)
{
	if (!parse_name(optarg)) {
		fprintf(stderr, "vmxctl: --client %s: not a valid name of a client\n", optarg);
		return false;
	}
	options.client = optarg;
	return true;
}

static bool take_cpus(void)
{
	if (!cpus_list(optarg)) {
		fprintf(stderr, "vmxctl: --cpu %s: not a list of CPUs as 0-3,7\n", optarg);
		return false;
	}
	options.cpus = optarg;
	return true;
}

/* Returns false if the option has to be refused. */
static bool option_take(int letter)
{
	switch (letter) {
	case 'j':
		options.json = true;
		return true;
	case 'R':
		options.root = strcmp(optarg, "/") ? optarg : "";
		return true;
	case 'C':
		options.colour = false;
		return true;
	case 'f':
		options.free = true;
		return true;
	case 'o':
		options.output = optarg;
		return true;
	case 'i':
		return take_interval();
	case 'N':
		return take_count();
	case 'e':
		return take_event();
	case 'c':
		return take_client();
	case 'P':
		return take_cpus();
	case 'n':
		options.dry_run = true;
		return true;
	default:
		return false;
	}
}

static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && no_color[0]) && term && strcmp(term, "dumb");
}

static const struct command *command_named(const struct command *commands, const char *name)
{
	for (; commands->name; commands++) {
		if (!strcmp(commands->name, name))
			return commands;
	}
	fprintf(stderr, "vmxctl: there is no command \"%s\"\n", name);
	return NULL;
}

/*
 * Parses the options before and after the command. @seen gets the letters of
 * some_letters, for options_fit() once the command is known.
 */
static bool parse_letters(int argc, char **argv, const struct command *commands, char seen[256],
			  enum result *result)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "jhVfo:i:e:c:n", long_options, NULL)) != -1) {
		switch (letter) {
		case 'h':
			usage(stdout, commands);
			*result = RESULT_OK;
			return false;
		case 'V':
			puts("vmxctl " VERSION);
			*result = RESULT_OK;
			return false;
		}
		if (!option_take(letter))
			return false;
		seen[letter & 0xff] = 1;
	}
	return true;
}

static bool options_fit(const struct command *command, const char seen[256])
{
	const char *letter;

	for (letter = some_letters; *letter; letter++) {
		if (!seen[(unsigned char)*letter] || strchr(command->letters, *letter))
			continue;
		fprintf(stderr, "vmxctl: --%s is not for %s\n", option_of(*letter)->name,
			command->name);
		return false;
	}
	return true;
}

static bool take_argument(const struct command *command, const char *argument, int n)
{
	if (n == 1 && text_has(command->argument, '|', argument)) {
		options.argument = argument;
		return true;
	}
	fprintf(stderr, "vmxctl: %s takes one of %s\n", command->name, command->argument);
	return false;
}

static const struct command *choose(int argc, char **argv, const struct command *commands)
{
	const struct command *command;

	if (optind == argc)
		return NULL;
	command = command_named(commands, argv[optind++]);
	if (command && command->argument)
		return take_argument(command, argv[optind], argc - optind) ? command : NULL;
	if (command && optind != argc) {
		fprintf(stderr, "vmxctl: %s takes no arguments\n", command->name);
		return NULL;
	}
	return command;
}

/*
 * Returns NULL if there is no command to run. @result is the exit status then.
 * An entry without a name ends @commands.
 */
const struct command *options_parse(int argc, char **argv, const struct command *commands,
				    enum result *result)
{
	const struct command *command;
	char seen[256] = {};

	*result = RESULT_USAGE;
	options.colour = wants_colour();
	if (!parse_letters(argc, argv, commands, seen, result)) {
		if (*result == RESULT_USAGE)
			usage(stderr, commands);
		return NULL;
	}
	command = choose(argc, argv, commands);
	if (command && options_fit(command, seen))
		return command;
	usage(stderr, commands);
	return NULL;
}
