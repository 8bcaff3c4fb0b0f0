/* SPDX-License-Identifier: GPL-2.0-only */
/* Executing a plan. */
#ifndef VMXCTL_EXECUTE_H
#define VMXCTL_EXECUTE_H

#include "switch/plan.h"

enum outcome {
	/* All steps succeeded. */
	OUTCOME_DONE,
	/* A module to be unloaded is in use now. All steps have been undone. */
	OUTCOME_REFUSED,
	/* A step failed. All steps have been undone. */
	OUTCOME_UNDONE,
	/* A step failed, and undoing failed too. */
	OUTCOME_BROKEN,
};

enum outcome execute(struct plan *plan, const char *release);

#endif /* VMXCTL_EXECUTE_H */
