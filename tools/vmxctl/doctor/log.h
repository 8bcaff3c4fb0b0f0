/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel log has of a VMXON that did not work. */
#ifndef VMXCTL_LOG_H
#define VMXCTL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/files.h"

/**
 * struct vmxon_failure - the last VMXON that did not work
 * @found: there is one
 * @faulted: it faulted, instead of reporting VMfail
 * @us: when, in the log's own time
 * @text: what the log says
 * @cpu: where, or -1 where the log does not say
 */
struct vmxon_failure {
	bool found;
	bool faulted;
	uint64_t us;
	char text[FILE_LINE];
	int cpu;
};

int log_vmxon(struct vmxon_failure *last);

#endif /* VMXCTL_LOG_H */
