/* SPDX-License-Identifier: GPL-2.0-only */
/* Failed VMXONs in the kernel log. */
#ifndef VMXCTL_LOG_H
#define VMXCTL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/files.h"

/**
 * struct vmxon_failure - the last failed VMXON
 * @found: a VMXON failed
 * @faulted: it faulted; otherwise it reported VMfail
 * @us: the time stamp in the log
 * @text: the message in the log
 * @cpu: the CPU, or -1 if the log does not name it
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
