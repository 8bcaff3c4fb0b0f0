/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simplest model of references: it has the references of each client, and
 * no state that can be computed from these. It shares no code with vmxcore.
 */
#ifndef VMXCORE_KUNIT_MODEL_H
#define VMXCORE_KUNIT_MODEL_H

#include "world.h"

struct model_client {
	bool registered;
	bool alone;
	bool pins;
	unsigned int refs;
	unsigned int live[WORLD_CPUS];
	unsigned int dead[WORLD_CPUS];
};

/**
 * struct model - the expected state of the machine
 * @clients: what each client holds
 * @online: which CPUs are online
 * @lost: the error by which a CPU lost VMX at resume although a client holds
 *	it, or 0
 * @fails: the result of VMXON on a CPU
 * @gone: how often cpu_gone() of each client was called for a CPU
 * @pin_fails: the module that lends VMX cannot be pinned
 */
struct model {
	struct model_client clients[WORLD_CLIENTS];
	bool online[WORLD_CPUS];
	int lost[WORLD_CPUS];
	int fails[WORLD_CPUS];
	unsigned int gone[WORLD_CLIENTS][WORLD_CPUS];
	bool pin_fails;
};

void model_init(struct model *m);
bool model_on(const struct model *m, unsigned int cpu);

int model_register(struct model *m, unsigned int i, bool pins, bool alone);
int model_unregister(struct model *m, unsigned int i);
int model_get(struct model *m, unsigned int i);
int model_put(struct model *m, unsigned int i);
int model_get_cpu(struct model *m, unsigned int i, unsigned int cpu);
int model_put_cpu(struct model *m, unsigned int i, unsigned int cpu);
int model_up(struct model *m, unsigned int cpu);
int model_down(struct model *m, unsigned int cpu);
int model_suspend(struct model *m);

const char *model_differs(const struct model *m, struct vmxcore_client *const *handles);

#endif
