/* SPDX-License-Identifier: GPL-2.0-only */
/* Planning the change from one kvm_intel to the other. */
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
	/* Built outside the kernel tree, and no client of vmxcore. */
	FLAVOUR_OTHER,
};

/**
 * struct plan - the change from one kvm_intel to the other
 * @wanted: the kvm_intel to load
 * @loaded: the kvm_intel that is loaded
 * @unload: the modules to unload, in this order
 * @load: the modules to load after that
 * @restore: how to load the modules of @unload again, from the last to the first
 * @before: the parameters of the modules of @unload
 * @obstacles: what prevents the change
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
