// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executing a plan completely or not at all. Signals that would end the program
 * make it undo its steps instead. After SIGKILL a second vmxctl switch does the
 * remaining steps.
 */
#include <errno.h>
#include <libkmod.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "kmod/modprobe.h"
#include "lib/options.h"
#include "lib/out.h"
#include "switch/execute.h"

static atomic_bool caught;

static void on_signal(int number)
{
	(void)number;
	caught = true;
}

static void on_sigpipe(int number)
{
	(void)number;
}

/*
 * Use handlers instead of SIG_IGN or a mask, because the commands in modprobe's
 * configuration would inherit those, and Ctrl-C is to end such a command at
 * once. A reader that has gone is no reason to stop half-way.
 */
static void catch_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction nothing = { .sa_handler = on_sigpipe, .sa_flags = SA_RESTART };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
	sigaction(SIGPIPE, &nothing, NULL);
}

/*
 * An install command runs as modprobe runs it. The dependencies have been
 * loaded by earlier steps.
 */
static int act(enum action action, struct kmod_module *module, const char *module_options)
{
	int err;

	switch (action) {
	case ACTION_UNLOAD:
		return kmod_module_remove_module(module, 0);
	case ACTION_LOAD:
		return kmod_module_insert_module(module, 0, module_options);
	case ACTION_MODPROBE:
		err = kmod_module_probe_insert_module(module, 0, NULL, NULL, NULL, NULL);
		return err > 0 ? -ECANCELED : err;
	}
	return -EINVAL;
}

/*
 * Each step uses its own context because libkmod refuses a path to a module
 * that it already knows by another path. @release is for ACTION_MODPROBE.
 */
static int run_step(enum action action, const struct step *step, const char *release)
{
	struct kmod_ctx *ctx = action == ACTION_MODPROBE ? modprobe_open(release) :
							   modprobe_open_plain();
	struct kmod_module *module = NULL;
	int err;

	if (!ctx)
		return -ENOMEM;
	if (action == ACTION_LOAD)
		err = kmod_module_new_from_path(ctx, step->path, &module);
	else
		err = kmod_module_new_from_name(ctx, step->name, &module);
	if (!err)
		err = act(action, module, step->options);
	kmod_module_unref(module);
	modprobe_close(ctx);
	return err;
}

static int do_step(const struct step *step, const char *release)
{
	if (!options.json) {
		step_text(step);
		fflush(stdout);
	}
	/*
	 * Writing the line may have blocked, and a signal may have arrived
	 * meanwhile.
	 */
	if (caught)
		return -EINTR;
	return run_step(step->action, step, release);
}

static const char *load_error(int err)
{
	switch (err) {
	case -EINTR:
		return "interrupted";
	case -ENOEXEC:
		return "not a module for this kernel, or damaged";
	case -ENOENT:
		return "the file does not exist, or it needs a symbol that does not exist";
	case -EEXIST:
		return "another module of that name has been loaded meanwhile";
	case -EINVAL:
		return "refused, perhaps because of its parameters";
	case -ECANCELED:
		return "the command of modprobe.d failed";
	default:
		return strerror(-err);
	}
}

static void note_failed(const struct step *step, int err)
{
	if (step->action == ACTION_UNLOAD)
		note("%s is not unloaded: %s", step->name, strerror(-err));
	else
		note("%s is not loaded: %s (dmesg | tail may say more)",
		     step->path[0] ? step->path : step->name, load_error(err));
}

/* Another process has unloaded it meanwhile, or the change does not depend on it. */
static bool may_fail(const struct step *step, int err)
{
	if (step->action == ACTION_UNLOAD)
		return err == -ENOENT;
	return step->optional && !caught;
}

/* Sets @done to the number of steps that were done before one failed. */
static int do_steps(const struct steps *steps, const char *release, size_t *done)
{
	const struct step *step;
	int err;

	for (*done = 0; *done < steps->n; ++*done) {
		step = &steps->list[*done];
		err = do_step(step, release);
		if (err && !may_fail(step, err)) {
			note_failed(step, err);
			return err;
		}
	}
	return 0;
}

/* An install command may have loaded nothing, or another kvm_intel. */
static int check_result(const struct plan *plan)
{
	struct module modules[MODULES];
	int err = modules_read(modules);

	if (err)
		note_file("/proc/modules", err);
	else if (flavour_loaded(modules) != plan->wanted)
		note("kvm_intel is still not the one that was wanted");
	else
		return 0;
	return -ENODEV;
}

static int undo_load(const struct plan *plan, size_t n)
{
	const struct step *step;
	struct module module;
	int err, result = 0;

	while (n-- > 0) {
		step = &plan->load.list[n];
		if (module_read(step->name, &module) || !module.loaded)
			continue;
		err = run_step(ACTION_UNLOAD, step, NULL);
		if (!err)
			continue;
		note("%s is not unloaded again: %s", step->name, strerror(-err));
		if (!step->optional)
			result = err;
	}
	return result;
}

static int undo_unload(const struct plan *plan, size_t n)
{
	const struct step *step;
	int err, result = 0;

	for (; n > 0; n--) {
		step = &plan->restore.list[plan->unload.n - n];
		err = step->path[0] ? run_step(step->action, step, NULL) : -ENOENT;
		if (!err) {
			parameters_put_back(&plan->before, step->name);
			note("%s is loaded again", step->path);
			continue;
		}
		note("%s is not loaded again: %s (dmesg | tail may say more)",
		     step->path[0] ? step->path : step->name, load_error(err));
		result = err;
	}
	return result;
}

/*
 * Adds to the obstacles what has begun to use the modules since the snapshot.
 */
static void find_new_users(struct plan *plan)
{
	struct snapshot s;

	snapshot_read(&s);
	plan_users(&plan->obstacles, &s, &plan->unload);
	snapshot_free(&s);
}

/* What prevented a step is added to the plan's obstacles. */
enum outcome execute(struct plan *plan, const char *release)
{
	enum outcome outcome = OUTCOME_UNDONE;
	size_t unloaded, loaded = 0;
	int err;

	catch_signals();
	err = do_steps(&plan->unload, release, &unloaded);
	if (err == -EAGAIN || err == -EBUSY) {
		find_new_users(plan);
		outcome = OUTCOME_REFUSED;
	} else if (!err) {
		err = do_steps(&plan->load, release, &loaded);
		if (!err)
			err = check_result(plan);
		else
			loaded++;
	}
	if (!err)
		return OUTCOME_DONE;
	if (undo_load(plan, loaded) || undo_unload(plan, unloaded))
		return OUTCOME_BROKEN;
	return outcome;
}
