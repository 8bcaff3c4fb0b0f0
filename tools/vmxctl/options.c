// SPDX-License-Identifier: GPL-2.0-only
/* The command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "options.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

struct options options = { .root = "" };

/* Those of a letter that a command has in its table are for that command alone. */
static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "root", required_argument, NULL, 'R' },
	{ "no-colour", no_argument, NULL, 'C' },
	{ "no-color", no_argument, NULL, 'C' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "free", no_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{}
};

static void usage(FILE *to, const struct command *commands)
{
	fputs("usage: vmxctl [--json] [--no-colour] [--root DIR] COMMAND [OPTION...]\ncommands:", to);
	for (; commands->name; commands++)
		fprintf(to, " %s", commands->name);
	fputs("\nsee vmxctl(8)\n", to);
}

/* false: not to be taken. */
static bool take(int letter)
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

/* All options, wherever they stand; the letters of those for some commands only are kept in @seen. */
static bool parse_letters(int argc, char **argv, const struct command *commands, char seen[256], enum result *result)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "jhVfo:", long_options, NULL)) != -1) {
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
		if (!take(letter))
			return false;
		seen[letter & 0xff] = 1;
	}
	return true;
}

static bool fits(const struct command *command, const char seen[256])
{
	const char *letter;

	for (letter = "fo"; *letter; letter++) {
		if (!seen[(unsigned char)*letter] || strchr(command->letters, *letter))
			continue;
		fprintf(stderr, "vmxctl: -%c is not for %s\n", *letter, command->name);
		return false;
	}
	return true;
}

static const struct command *choose(int argc, char **argv, const struct command *commands)
{
	const struct command *command;

	if (optind == argc)
		return NULL;
	command = command_named(commands, argv[optind++]);
	if (command && optind != argc) {
		fprintf(stderr, "vmxctl: %s takes no arguments\n", command->name);
		return NULL;
	}
	return command;
}

/**
 * options_parse - read the command line
 * @argc: as main's
 * @argv: as main's
 * @commands: the subcommands; one without a name ends them
 * @result: the exit status where there is nothing to be done
 *
 * Return: the subcommand, or NULL.
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
	if (command && fits(command, seen))
		return command;
	usage(stderr, commands);
	return NULL;
}
