/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracefs instance with buffers and enabled events of its own. */
#ifndef VMXCTL_INSTANCE_H
#define VMXCTL_INSTANCE_H

#include <poll.h>
#include <stdint.h>

struct tracefs_instance;

/**
 * struct instance - a tracefs instance
 * @tracefs: libtracefs's handle
 * @lock: the descriptor of its folder, locked while it is in use
 * @fds: the buffers of the CPUs for poll(); a descriptor that poll() has to skip
 *	is inverted, and so negative
 * @lost: number of events lost, for each CPU
 * @n_fds: number of CPUs
 */
struct instance {
	struct tracefs_instance *tracefs;
	int lock;
	struct pollfd *fds;
	uint64_t *lost;
	unsigned int n_fds;
};

int instance_make(struct instance *instance);
int instance_remove(struct instance *instance);
uint64_t instance_lost(struct instance *instance);

#endif /* VMXCTL_INSTANCE_H */
