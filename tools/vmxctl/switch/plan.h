/* SPDX-License-Identifier: GPL-2.0-only */
/* How to change from one kvm_intel to the other. */
#ifndef VMXCTL_PLAN_H
#define VMXCTL_PLAN_H

#include "lib/findings.h"
#include "machine/snapshot.h"
#include "switch/parameters.h"
#include "switch/steps.h"

enum flavour {
	FLAVOUR_NONE,
	FLAVOUR_OURS,
	FLAVOUR_STOCK,
	/* Built out of the tree, and no client of vmxcore. */
	FLAVOUR_OTHER,
};

/**
 * struct plan - how to change over
 * @wanted: the kvm_intel there is to be
 * @loaded: the one there is
 * @unload: what has to go, in this order
 * @load: what comes then
 * @restore: for each of @unload, from the last to the first, how it is loaded again
 * @before: the parameters that each of @unload has
 * @obstacles: what is in the way
 */
struct plan {
	enum flavour wanted;
	enum flavour loaded;
	struct steps unload;
	struct steps load;
	struct steps restore;
	struct parameters before;
	struct findings obstacles;
};

void plan_make(struct plan *plan, const struct snapshot *s, enum flavour wanted);
void plan_users(struct findings *findings, const struct snapshot *s, const struct steps *unload);
void plan_free(struct plan *plan);
enum flavour flavour_loaded(const struct module *modules);

#endif /* VMXCTL_PLAN_H */
