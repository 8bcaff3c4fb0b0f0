/* SPDX-License-Identifier: GPL-2.0-only */
/* Doing what a plan says. */
#ifndef VMXCTL_EXECUTE_H
#define VMXCTL_EXECUTE_H

#include "switch/plan.h"

enum outcome {
	/* Everything has been done. */
	OUTCOME_DONE,
	/* Something that was to be unloaded is in use now; all is as it was. */
	OUTCOME_REFUSED,
	/* It failed; all is as it was. */
	OUTCOME_UNDONE,
	/* It failed, and so did the way back. */
	OUTCOME_BROKEN,
};

enum outcome execute(struct plan *plan, const char *release);

#endif /* VMXCTL_EXECUTE_H */
