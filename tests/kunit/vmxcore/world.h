/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads vmxcore on the simulated hardware, with clients and with the CPUs of
 * this machine
 */
#ifndef VMXCORE_KUNIT_WORLD_H
#define VMXCORE_KUNIT_WORLD_H

#include <kunit/test.h>
#include <vmxcore/vmxcore.h>

#include "hw.h"

/*
 * A machine for the suites has exactly these CPUs. The first one never goes
 * offline.
 */
#define WORLD_CPUS	4
#define WORLD_ANY_CPU	WORLD_CPUS
#define WORLD_CLIENTS	6

/* The context of a call on one CPU */
enum world_context {
	WORLD_TASK,
	WORLD_IRQ,
	WORLD_NR_CONTEXTS,
};

/* The module of the clients, which are no part of vmxcore */
extern struct module world_owner;

void world_at_load(bool always);
int world_insert(void);
int world_load(struct kunit_suite *suite);
void world_unload(struct kunit_suite *suite);
int world_begin(struct kunit *test);
void world_end(struct kunit *test);
void world_expect_on(struct kunit *test, bool on);

struct vmxcore_client *world_register(unsigned int i, bool pins, unsigned int flags);
struct vmxcore_client *world_client(struct kunit *test, const char *name);
int world_get_cpu(struct vmxcore_client *client, unsigned int cpu, enum world_context context);
void world_put_cpu(struct vmxcore_client *client, unsigned int cpu, enum world_context context);
int world_vmcs_load(unsigned int cpu, struct vmxcore_vmcs *vmcs);
struct task_struct *world_thread(struct kunit *test, unsigned int cpu, int (*function)(void *data),
				 void *data);
int world_thread_end(struct task_struct *thread);
unsigned int world_gone(unsigned int i, unsigned int cpu);
void world_when_gone(void (*then)(unsigned int i, unsigned int cpu));

int world_up(unsigned int cpu);
int world_down(unsigned int cpu);
int world_suspend_and(int (*then)(void));
int world_suspend(void);

#endif
