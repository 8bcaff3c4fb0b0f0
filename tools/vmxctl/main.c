// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl: what holds VT-x? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/options.h"
#include "lib/out.h"

static const struct command commands[] = {
	{ "status", command_status, "f", NULL },
	{ "caps", command_caps, "", NULL },
	{ "clients", command_clients, "", NULL },
	{ "doctor", command_doctor, "", NULL },
	{ "metrics", command_metrics, "o", NULL },
	{ "watch", command_watch, "iN", NULL },
	{ "trace", command_trace, "ecPN", NULL },
	{ "switch", command_switch, "n", "ours|stock" },
	{}
};

int main(int argc, char **argv)
{
	const struct command *command;
	enum result result;

	command = options_parse(argc, argv, commands, &result);
	if (command)
		result = command->run();
	notes_forget();
	/* A full disk or a closed pipe must not pass for a complete answer. */
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "vmxctl: standard output: %s\n", strerror(errno));
		return RESULT_FAILED;
	}
	return result;
}
