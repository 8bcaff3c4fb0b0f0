// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the test cases */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/string.h>

#include "sim.h"

#define MAX_WORDS 10

/* words[0] is the command. Missing words are empty strings. */
typedef int (*command_fn)(char **words);

struct where {
	int cpu;
	unsigned int after;
	unsigned int times;
};

/* Returns the number of words that it used, or a negative errno. */
static int parse_option(char **words, struct sim_injected *what, struct where *where)
{
	if (!strcmp(words[0], "late")) {
		what->late = true;
		return 1;
	}
	if (!strcmp(words[0], "cpu"))
		return kstrtoint(words[1], 0, &where->cpu) ?: 2;
	if (!strcmp(words[0], "after"))
		return kstrtouint(words[1], 0, &where->after) ?: 2;
	if (!strcmp(words[0], "times"))
		return kstrtouint(words[1], 0, &where->times) ?: 2;
	return -EINVAL;
}

static int cmd_inject(char **words)
{
	struct sim_injected what = { };
	struct where where = { .cpu = -1 };
	char **word = words + 3;
	u64 leaf;
	int ret;

	ret = sim_parse_leaf(words[1], &leaf) ?:
	      sim_parse_status(words[2], &what.status, &what.outcome);
	while (ret >= 0 && **word) {
		ret = parse_option(word, &what, &where);
		word += max(ret, 0);
	}
	return ret < 0 ? ret : sim_inject(leaf, &what, where.cpu, where.after, where.times);
}

static int cmd_clear(char **words)
{
	sim_inject_clear();
	return 0;
}

static int cmd_delay(char **words)
{
	unsigned int us;
	u64 leaf;

	return sim_parse_leaf(words[1], &leaf) ?: kstrtouint(words[2], 0, &us) ?:
	       sim_set_delay(leaf, us);
}

static int parse_present(const char *word, bool *present)
{
	*present = !strcmp(word, "present");
	return *present || !strcmp(word, "absent") ? 0 : -EINVAL;
}

static int cmd_module(char **words)
{
	bool present;
	int err = parse_present(words[1], &present);

	if (!err)
		sim_set_present(present, sim_seamldr_present());
	return err;
}

static int cmd_seamldr(char **words)
{
	bool present;
	int err = parse_present(words[1], &present);

	if (!err)
		sim_set_seamldr(present);
	return err;
}

static int cmd_reset(char **words)
{
	bool present = true;
	int err = *words[1] ? parse_present(words[1], &present) : 0;

	if (!err)
		sim_set_present(present, present);
	return err;
}

static int cmd_forget(char **words)
{
	sim_log_forget();
	return 0;
}

static int cmd_pamt(char **words)
{
	return strcmp(words[1], "intact") ? -EINVAL : sim_pamt_intact();
}

static const struct {
	const char *name;
	command_fn run;
} commands[] = {
	{ "inject", cmd_inject },	/* LEAF|any STATUS [late] [times N] [cpu C] [after K] */
	{ "delay", cmd_delay },		/* LEAF MICROSECONDS|0 */
	{ "clear", cmd_clear },		/* clears injections and delays */
	{ "module", cmd_module },	/* absent|present; present resets it */
	{ "seamldr", cmd_seamldr },	/* absent|present */
	{ "reset", cmd_reset },		/* [absent|present]; both SEAM modules */
	{ "forget", cmd_forget },	/* clears calls and counts */
	{ "pamt", cmd_pamt },		/* intact */
};

/*
 * Runs one command and cuts @line into words. Returns -EINVAL for a line that
 * it does not understand.
 */
int sim_command(char *line)
{
	char *words[MAX_WORDS + 2];
	char *word;
	int i = 0;

	line = strim(line);
	while (i < MAX_WORDS && (word = strsep(&line, " ")))
		words[i++] = word;
	if (line)
		return -EINVAL;
	while (i < ARRAY_SIZE(words))
		words[i++] = "";

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(words[0], commands[i].name))
			return commands[i].run(words);
	}
	return -EINVAL;
}
