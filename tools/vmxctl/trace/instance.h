/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracefs instance of our own: buffers and enabled events that are nobody else's. */
#ifndef VMXCTL_INSTANCE_H
#define VMXCTL_INSTANCE_H

#include <poll.h>
#include <stdint.h>

struct tracefs_instance;

/**
 * struct instance - an instance
 * @tracefs: the library's
 * @lock: says that it is in use, as long as we live
 * @fds: the buffers of the CPUs, to be waited for; inverted, and so negative: not to be
 * @lost: of each CPU's buffer, how many events it has lost
 * @n_fds: how many CPUs
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
