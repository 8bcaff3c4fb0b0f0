// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxctl switch: replaces the distribution's kvm_intel by vmxcore's, or the
 * reverse.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/options.h"
#include "lib/out.h"
#include "machine/report.h"
#include "machine/snapshot.h"
#include "switch/execute.h"
#include "switch/plan.h"

#define LOCK	"/run/vmxctl.lock"

enum end {
	END_ALREADY,
	END_PLANNED,
	END_SWITCHED,
	END_REFUSED,
	END_UNKNOWN,
	END_FAILED,
	END_BROKEN,
};

static const struct {
	const char *name;
	enum result result;
} ends[] = {
	[END_ALREADY] = { "already", RESULT_OK },
	[END_PLANNED] = { "planned", RESULT_OK },
	[END_SWITCHED] = { "switched", RESULT_OK },
	[END_REFUSED] = { "refused", RESULT_FINDING },
	[END_UNKNOWN] = { "unknown", RESULT_UNKNOWN },
	[END_FAILED] = { "failed", RESULT_FAILED },
	[END_BROKEN] = { "broken", RESULT_BROKEN },
};

static const char *flavour_name(enum flavour flavour)
{
	static const char *const name[] = {
		[FLAVOUR_NONE] = "none",
		[FLAVOUR_OURS] = "ours",
		[FLAVOUR_STOCK] = "stock",
		[FLAVOUR_OTHER] = "other",
	};

	return name[flavour];
}

static const char *flavour_title(enum flavour flavour)
{
	static const char *const title[] = {
		[FLAVOUR_NONE] = "not loaded",
		[FLAVOUR_OURS] = "vmxcore's",
		[FLAVOUR_STOCK] = "the distribution's",
		[FLAVOUR_OTHER] = "another one",
	};

	return title[flavour];
}

/*
 * Two instances would undo each other's steps. The kernel releases the lock
 * when the process ends.
 */
static void lock(struct findings *locked)
{
	int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return;
	if (fd >= 0 && errno == EWOULDBLOCK)
		found(locked, "locked", "wait until it has ended", "",
		      "another vmxctl switch is running");
	else
		found(locked, "locked", "see to /run", "", "%s: %s", LOCK, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static enum end execute_plan(struct plan *plan, const struct snapshot *s)
{
	static const enum end end[] = {
		[OUTCOME_DONE] = END_SWITCHED,
		[OUTCOME_REFUSED] = END_REFUSED,
		[OUTCOME_UNDONE] = END_FAILED,
		[OUTCOME_BROKEN] = END_BROKEN,
	};
	enum outcome outcome;

	outcome = execute(plan, s->machine.release);
	parameters_compare(&plan->before);
	return end[outcome];
}

static enum end end_of(struct plan *plan, struct snapshot *s)
{
	if (plan->obstacles.n)
		return END_REFUSED;
	if (plan->obstacles.blind)
		return END_UNKNOWN;
	if (plan->loaded == plan->wanted)
		return END_ALREADY;
	if (options.dry_run)
		return END_PLANNED;
	return execute_plan(plan, s);
}

static void print_steps(const struct steps *steps)
{
	const struct step *step;

	for (step = steps->list; step < steps->list + steps->n; step++)
		step_text(step);
}

static void print_text(const struct plan *plan, enum end how, enum flavour now)
{
	switch (how) {
	case END_PLANNED:
		print_steps(&plan->unload);
		print_steps(&plan->load);
		return;
	case END_ALREADY:
		printf("%skvm_intel is %s already%s\n", colour(COLOUR_GOOD), flavour_title(now),
		       colour(COLOUR_NONE));
		return;
	case END_SWITCHED:
		printf("%skvm_intel is %s now%s\n", colour(COLOUR_GOOD), flavour_title(now),
		       colour(COLOUR_NONE));
		return;
	case END_REFUSED:
		findings_text(&plan->obstacles);
		printf("%srefused%s; nothing is changed, kvm_intel is %s\n", colour(COLOUR_BAD),
		       colour(COLOUR_NONE), flavour_title(now));
		return;
	case END_UNKNOWN:
		printf("%sthe necessary steps cannot be determined%s; nothing is changed\n",
		       colour(COLOUR_WARN), colour(COLOUR_NONE));
		return;
	case END_FAILED:
		printf("%sfailed%s; all is as it was, kvm_intel is %s\n", colour(COLOUR_BAD),
		       colour(COLOUR_NONE), flavour_title(now));
		return;
	case END_BROKEN:
		printf("%sfailed, and what was loaded before is not loaded again%s: kvm_intel is %s; vmxctl switch ours, or stock, tries again\n",
		       colour(COLOUR_BAD), colour(COLOUR_NONE), flavour_title(now));
		return;
	}
}

static void print_json(const struct plan *plan, const struct snapshot *s, enum end how,
		       enum flavour now)
{
	struct json_object *doc = doc_new("switch");

	add_string(doc, "wanted", flavour_name(plan->wanted));
	add_string(doc, "before", flavour_name(plan->loaded));
	add_string(doc, "loaded", flavour_name(now));
	add_bool(doc, "dry_run", options.dry_run);
	add_string(doc, "result", ends[how].name);
	steps_json(doc, "unload", &plan->unload);
	steps_json(doc, "load", &plan->load);
	steps_json(doc, "restore", &plan->restore);
	findings_json(doc, &plan->obstacles);
	add_processes(doc, &s->processes);
	doc_print(doc);
}

/* The kvm_intel after all steps. */
static enum flavour flavour_now(const struct plan *plan)
{
	struct module modules[MODULES];

	if (options.dry_run || modules_read(modules))
		return plan->loaded;
	return flavour_loaded(modules);
}

static enum end run(struct plan *plan, struct snapshot *s)
{
	struct findings locked = {};

	/*
	 * Lock before the snapshot, because another instance may be changing
	 * modules.
	 */
	if (!options.dry_run && !geteuid())
		lock(&locked);
	snapshot_read(s);
	plan_make(plan, s, !strcmp(options.argument, "ours") ? FLAVOUR_OURS : FLAVOUR_STOCK);
	if (!locked.n)
		return end_of(plan, s);
	findings_free(&plan->obstacles);
	plan->obstacles = locked;
	return END_REFUSED;
}

enum result command_switch(void)
{
	enum end end;
	struct snapshot s;
	struct plan plan;
	enum flavour now;

	if (options.root[0] && !options.dry_run) {
		fputs("vmxctl: --root is another machine, where switch works only with --dry-run\n",
		      stderr);
		return RESULT_USAGE;
	}
	end = run(&plan, &s);
	now = flavour_now(&plan);
	if (options.json)
		print_json(&plan, &s, end, now);
	else
		print_text(&plan, end, now);
	plan_free(&plan);
	snapshot_free(&s);
	return ends[end].result;
}
