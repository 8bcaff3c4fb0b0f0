// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planning the change from one kvm_intel to the other. libkmod knows what
 * modprobe would load, in which order and with which parameters. It does not
 * find the distribution's modules where vmxcore's have precedence: stock.c
 * finds those, and they get the parameters that modprobe gives to modules of
 * their names.
 */
#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod/checks.h"
#include "kmod/modprobe.h"
#include "lib/options.h"
#include "lib/out.h"
#include "switch/plan.h"

#define KVM_INTEL	"kvm_intel"
#define VMXCORE_VBOX	"vmxcore_vbox"

/*
 * No module has dependencies as deep. The limit ends a circle in broken files.
 */
#define DEPTH	8

/**
 * struct planning - a plan under construction
 * @plan: the plan
 * @s: the state of the machine
 * @ctx: libkmod with the configuration; it finds modules as modprobe does
 * @plain: libkmod without it, for paths; @ctx would refuse the path of a module
 *	that it knows by another one
 */
struct planning {
	struct plan *plan;
	const struct snapshot *s;
	struct kmod_ctx *ctx;
	struct kmod_ctx *plain;
};

static void note_unknown(struct planning *p, const char *what, int err)
{
	note("%s: %s", what, error_text(err));
	p->plan->obstacles.blind = true;
}

/* If it cannot be determined this is the distribution's, with a note. */
enum flavour flavour_loaded(const struct module *modules)
{
	bool foreign = false;

	if (modules[MODULE_KVM_INTEL].built_in)
		return FLAVOUR_STOCK;
	if (!modules[MODULE_KVM_INTEL].loaded)
		return FLAVOUR_NONE;
	if (kvm_intel_is_ours(modules))
		return FLAVOUR_OURS;
	module_is_foreign(KVM_INTEL, &foreign);
	return foreign ? FLAVOUR_OTHER : FLAVOUR_STOCK;
}

/* libkmod passes no data to this callback. */
static struct steps *probed;
static bool probe_failed;

static void take_probed(struct kmod_module *module, bool install, const char *module_options)
{
	const char *path = kmod_module_get_path(module), *name = kmod_module_get_name(module);
	struct step *step;

	/* A module without a path is built in. */
	if (steps_find(probed, name) || (!path && !install))
		return;
	step = steps_add(probed, install ? ACTION_MODPROBE : ACTION_LOAD, name, path,
			 module_options);
	if (step)
		step->optional = true;
	else
		probe_failed = true;
}

/*
 * Asks libkmod what it would load if no module were loaded. What is loaded is
 * not always what it would load.
 */
static void probe(struct planning *p, struct kmod_module *module)
{
	int err;

	probed = &p->plan->load;
	probe_failed = false;
	err = kmod_module_probe_insert_module(module, KMOD_PROBE_DRY_RUN | KMOD_PROBE_IGNORE_LOADED,
					      NULL, NULL, NULL, take_probed);
	if (err || probe_failed)
		note_unknown(p, kmod_module_get_name(module), err ? err : -ENOMEM);
}

static void require(struct planning *p, const char *name)
{
	struct step *step = steps_find(&p->plan->load, name);

	if (step)
		step->optional = false;
}

/* The module and its dependencies have to load. Soft dependencies may fail. */
static void require_hard(struct planning *p, struct kmod_module *module)
{
	struct kmod_list *list = kmod_module_get_dependencies(module), *entry;
	struct kmod_module *dependency;

	require(p, kmod_module_get_name(module));
	kmod_list_foreach(entry, list) {
		dependency = kmod_module_get_module(entry);
		require(p, kmod_module_get_name(dependency));
		kmod_module_unref(dependency);
	}
	kmod_module_unref_list(list);
}

static void vmxcore_missing(struct planning *p, const struct module_file *kvm_intel)
{
	const char *release = p->s->machine.release;
	struct module_file vmxcore;
	char fix[FINDING_FIX];
	int err;

	err = modprobe_find(p->ctx, "vmxcore", &vmxcore);
	if (!vmxcore.found && check_line(&p->plan->obstacles, release))
		return;
	if (!err && vmxcore.found && kvm_intel->found) {
		found_stock(&p->plan->obstacles, kvm_intel, release);
		return;
	}
	if (vmxcore.found)
		reinstall_command(fix, true, release);
	else
		install_command(fix, true, release);
	found(&p->plan->obstacles, "not-installed", "", fix,
	      "there is no %s of vmxcore's for this kernel (%s)",
	      vmxcore.found ? KVM_INTEL : "module", release);
}

/*
 * If the file of one dependency does not exist, libkmod drops all of them
 * without an error.
 */
static void check_dependencies(struct planning *p, const struct module_file *file)
{
	char copy[FILE_LINE], fix[FINDING_FIX], *rest = copy, *name;

	strcpy(copy, file->depends);
	reinstall_command(fix, true, p->s->machine.release);
	while ((name = strsep(&rest, ","))) {
		if (name[0] && !steps_find(&p->plan->load, name))
			found(&p->plan->obstacles, "not-installed", "", fix,
			      "%s needs %s, which modprobe does not find", file->path, name);
	}
}

static void load_probed(struct planning *p, struct kmod_module *module,
			const struct module_file *file)
{
	probe(p, module);
	require_hard(p, module);
	check_dependencies(p, file);
}

/*
 * While VirtualBox's driver is loaded modprobe's soft dependency, which would
 * load vmxcore_vbox, has no effect. The driver of a version that vmxcore_vbox
 * does not know stays as it is, because vmxcore_vbox refuses to load beside it.
 */
static void load_vbox(struct planning *p)
{
	struct kmod_module *module = NULL;
	char fix[FINDING_FIX];
	struct module_file file;
	int err;

	if (!p->s->virtualbox.known) {
		note(VMXCORE_VBOX " does not know this VirtualBox and is not loaded: update vmxcore");
		return;
	}
	err = kmod_module_new_from_name(p->ctx, VMXCORE_VBOX, &module);
	if (!err)
		err = modprobe_info(module, &file);
	if (err) {
		note_unknown(p, VMXCORE_VBOX, err);
	} else if (!file.found) {
		reinstall_command(fix, true, p->s->machine.release);
		found(&p->plan->obstacles, "not-installed", "", fix,
		      "VirtualBox's driver is loaded, and modprobe does not find " VMXCORE_VBOX);
	} else {
		load_probed(p, module, &file);
	}
	kmod_module_unref(module);
}

static void load_ours(struct planning *p)
{
	struct kmod_module *module = NULL;
	struct module_file file;
	int err;

	err = kmod_module_new_from_name(p->ctx, KVM_INTEL, &module);
	if (!err)
		err = modprobe_info(module, &file);
	if (err) {
		note_unknown(p, KVM_INTEL, err);
	} else if (!needs_vmxcore(&file)) {
		vmxcore_missing(p, &file);
	} else {
		load_probed(p, module, &file);
		if (p->s->modules[MODULE_VBOXDRV].loaded)
			load_vbox(p);
	}
	kmod_module_unref(module);
}

static void load_stock(struct planning *p, const char *name, unsigned int depth);

static void load_dependencies(struct planning *p, const char *names, unsigned int depth)
{
	char copy[FILE_LINE], *rest = copy, *name;

	strcpy(copy, names);
	while ((name = strsep(&rest, ","))) {
		if (name[0])
			load_stock(p, name, depth);
	}
}

/*
 * The configuration's soft dependencies, whichever kvm_intel is loaded.
 * vmxcore's own modules are left out.
 */
static void load_soft(struct planning *p, struct kmod_list *list)
{
	struct kmod_module *module;
	struct kmod_list *entry;
	const char *name;

	kmod_list_foreach(entry, list) {
		module = kmod_module_get_module(entry);
		name = kmod_module_get_name(module);
		if (strcmp(name, "vmxcore") && strcmp(name, "vmxcore_tdx") &&
		    strcmp(name, VMXCORE_VBOX))
			probe(p, module);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
}

static int read_file(struct planning *p, const char *path, struct module_file *file)
{
	struct kmod_module *module = NULL;
	int err;

	err = kmod_module_new_from_path(p->plain, path, &module);
	if (!err)
		err = modprobe_info(module, file);
	kmod_module_unref(module);
	return err;
}

static void stock_missing(struct planning *p, const char *name, int err)
{
	char fix[FINDING_FIX];

	if (err != -ENOENT) {
		note_unknown(p, name, err);
		return;
	}
	install_command(fix, false, p->s->machine.release);
	found(&p->plan->obstacles, "not-installed", "", fix,
	      "there is no %s of the distribution's for this kernel (%s)", name,
	      p->s->machine.release);
}

static void load_stock(struct planning *p, const char *name, unsigned int depth)
{
	struct kmod_list *before = NULL, *after = NULL;
	struct kmod_module *module = NULL;
	struct module_file file;
	char path[PATH_MAX];
	int err;

	err = stock_find(p->s->machine.release, name, path);
	if (!err && path[0])
		err = read_file(p, path, &file);
	if (!err)
		err = depth ? kmod_module_new_from_name(p->ctx, name, &module) : -ELOOP;
	if (err) {
		stock_missing(p, name, err);
		return;
	}
	kmod_module_get_softdeps(module, &before, &after);
	load_soft(p, before);
	if (path[0] && !steps_find(&p->plan->load, name)) {
		load_dependencies(p, file.depends, depth - 1);
		if (!steps_add(&p->plan->load, ACTION_LOAD, kmod_module_get_name(module), path,
			       kmod_module_get_options(module)))
			note_unknown(p, path, -ENOMEM);
	}
	load_soft(p, after);
	kmod_module_unref(module);
}

/* Is the loaded module another one than the file? */
static bool is_another_module(struct planning *p, const struct step *step,
			      const struct module_file *file)
{
	bool foreign = file->intree;

	if (!strcmp(step->name, KVM_INTEL))
		return p->plan->loaded != p->plan->wanted;
	if (module_is_foreign(step->name, &foreign))
		p->plan->obstacles.blind = true;
	return foreign == file->intree;
}

static void check_step(struct planning *p, const struct step *step, const struct module_file *file)
{
	check_file(&p->plan->obstacles, file, p->s->machine.release);
	check_signature(&p->plan->obstacles, file, p->s->machine.release);
	check_blacklist(&p->plan->obstacles, p->ctx, step->name);
	/*
	 * An install command would load vmxcore's module, which has precedence.
	 */
	if (p->plan->wanted == FLAVOUR_STOCK && step->action == ACTION_LOAD)
		check_replaced(&p->plan->obstacles, p->ctx, step->name);
}

static bool is_loaded(struct planning *p, const char *name)
{
	struct module module;
	int err = module_read(name, &module);

	if (err)
		note_unknown(p, "/proc/modules", err);
	else if (module.built_in)
		found_built_in(&p->plan->obstacles, name);
	return !err && module.loaded;
}

static void unload(struct planning *p, const char *name)
{
	if (!steps_find(&p->plan->unload, name) &&
	    !steps_add(&p->plan->unload, ACTION_UNLOAD, name, NULL, NULL))
		note_unknown(p, name, -ENOMEM);
}

/*
 * A loaded module stays if it is the one to load. Otherwise it is unloaded
 * first.
 */
static void compare_with_loaded(struct planning *p)
{
	struct steps *load = &p->plan->load;
	struct module_file file;
	bool has_file;
	size_t i = 0;
	int err;

	while (i < load->n) {
		has_file = load->list[i].path[0];
		err = has_file ? read_file(p, load->list[i].path, &file) : 0;
		if (err)
			note_unknown(p, load->list[i].path, err);
		if (!err && is_loaded(p, load->list[i].name)) {
			if (!has_file || !is_another_module(p, &load->list[i], &file)) {
				steps_remove(load, i);
				continue;
			}
			unload(p, load->list[i].name);
		}
		if (!err && has_file)
			check_step(p, &load->list[i], &file);
		i++;
	}
}

/* Does another module of the list, from @from on, use this one? */
static bool is_in_use(const struct steps *list, size_t from, const char *name)
{
	struct module module;
	size_t i;

	if (module_read(name, &module))
		return false;
	for (i = from; i < list->n; i++) {
		if (module_used_by(&module, list->list[i].name))
			return true;
	}
	return false;
}

/*
 * Sorts users before what they use. Modules cannot depend on each other in a
 * circle. If a damaged file claims so, the order is arbitrary.
 */
static void sort_unload(struct steps *list)
{
	struct step step;
	size_t i, k;

	for (i = 0; i < list->n; i++) {
		for (k = i; k < list->n && is_in_use(list, i, list->list[k].name); k++)
			;
		if (k == i || k == list->n)
			continue;
		step = list->list[k];
		memmove(&list->list[i + 1], &list->list[i], (k - i) * sizeof(step));
		list->list[i] = step;
	}
}

/*
 * Finds the file that a loaded module most probably came from, to load it
 * again.
 */
static void find_loaded(struct planning *p, struct step *step)
{
	struct module_file file;
	bool foreign = false;

	if (module_is_foreign(step->name, &foreign))
		p->plan->obstacles.blind = true;
	else if (!foreign)
		stock_find(p->s->machine.release, step->name, step->path);
	else if (!modprobe_find(p->ctx, step->name, &file) && file.found && !file.intree)
		strcpy(step->path, file.path);
}

/* Passes a module's name through modprobe_parameters(). */
struct declaring {
	struct parameters *parameters;
	const char *module;
};

static int declare(const char *name, const char *type, void *data)
{
	const struct declaring *d = data;

	return parameters_declare(d->parameters, d->module, name, type);
}

/*
 * The current parameters follow those of modprobe's configuration because the
 * kernel takes the last value. The caller frees the text.
 */
static char *restore_options(struct planning *p, const struct step *step)
{
	struct declaring declaring = { &p->plan->before, step->name };
	struct kmod_module *module = NULL;
	char *text;
	int err;

	err = parameters_read(&p->plan->before, step->name);
	if (!err && step->path[0])
		err = modprobe_parameters(p->plain, step->path, declare, &declaring);
	if (err)
		note_unknown(p, step->path[0] ? step->path : step->name, err);
	kmod_module_new_from_name(p->ctx, step->name, &module);
	text = parameters_options(&p->plan->before, step->name,
				  module ? kmod_module_get_options(module) : NULL);
	kmod_module_unref(module);
	return text;
}

static void plan_restore(struct planning *p)
{
	struct step *step;
	char *text;
	size_t i;

	for (i = p->plan->unload.n; i-- > 0;) {
		step = &p->plan->unload.list[i];
		find_loaded(p, step);
		if (!step->path[0])
			note("the file of the loaded %s was not found; if the change fails, it cannot be loaded again",
			     step->name);
		text = restore_options(p, step);
		if (!steps_add(&p->plan->restore, ACTION_LOAD, step->name, step->path, text))
			note_unknown(p, step->name, -ENOMEM);
		free(text);
	}
}

static void plan_unload(struct planning *p)
{
	unsigned int i;

	/* vmxcore refuses the load of a stock kvm_intel. */
	for (i = MODULE_VMXCORE; i <= MODULE_VMXCORE_VBOX; i++) {
		if (p->plan->wanted == FLAVOUR_STOCK && p->s->modules[i].loaded)
			unload(p, p->s->modules[i].name);
	}
	sort_unload(&p->plan->unload);
	plan_restore(p);
	plan_users(&p->plan->obstacles, p->s, &p->plan->unload);
}

static void plan_whole(struct planning *p)
{
	struct plan *plan = p->plan;

	if (p->s->modules[MODULE_KVM_INTEL].built_in) {
		found_built_in(&plan->obstacles, KVM_INTEL);
		return;
	}
	if (plan->loaded == FLAVOUR_OTHER)
		found(&plan->obstacles, "other-kvm", "end all VMs", "rmmod kvm_intel",
		      "the kvm_intel that is loaded is neither vmxcore's nor the distribution's");
	if (!options.root[0] && !options.dry_run && geteuid())
		found(&plan->obstacles, "not-root", "become root", "",
		      "only root can load and unload modules");
	if (plan->wanted == FLAVOUR_OURS)
		load_ours(p);
	else
		load_stock(p, KVM_INTEL, DEPTH);
	compare_with_loaded(p);
	plan_unload(p);
}

/* The caller frees the plan. */
void plan_make(struct plan *plan, const struct snapshot *s, enum flavour wanted)
{
	struct planning p = { .plan = plan, .s = s };

	memset(plan, 0, sizeof(*plan));
	plan->wanted = wanted;
	plan->loaded = flavour_loaded(s->modules);
	plan->obstacles.blind = s->modules_err || s->processes.err;
	if (!s->machine.release[0]) {
		note("the kernel's release is unknown");
		plan->obstacles.blind = true;
		return;
	}
	if (plan->loaded == wanted)
		return;
	p.ctx = modprobe_open(s->machine.release);
	p.plain = modprobe_open_plain();
	if (p.ctx && p.plain)
		plan_whole(&p);
	else
		note_unknown(&p, "libkmod", -ENOMEM);
	modprobe_close(p.ctx);
	modprobe_close(p.plain);
}

void plan_free(struct plan *plan)
{
	steps_free(&plan->unload);
	steps_free(&plan->load);
	steps_free(&plan->restore);
	parameters_free(&plan->before);
	findings_free(&plan->obstacles);
}
