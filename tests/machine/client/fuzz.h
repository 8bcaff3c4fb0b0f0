/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer: threads that make random API calls, each with a model of what it
 * holds. What several threads hold together is counted per CPU, as vmxcore
 * does: see fuzz_clients.c.
 */
#ifndef _VMXCORE_TEST_FUZZ_H
#define _VMXCORE_TEST_FUZZ_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/types.h>

#include <vmxcore/vmxcore.h>

struct seq_file;

#define FUZZ_MAX_THREADS	8
#define FUZZ_MAX_CPUS		8

/*
 * Clients that all threads share, then those of each thread, then the exclusive
 * one
 */
#define FUZZ_SHARED		3
#define FUZZ_PRIVATE		2
#define FUZZ_ALONE		(FUZZ_SHARED + FUZZ_PRIVATE * FUZZ_MAX_THREADS)
#define FUZZ_CLIENTS		(FUZZ_ALONE + 1)

/* No client is ever in this phase, so a handle noted with it is always stale. */
#define FUZZ_NEVER		(-2)

#define FUZZ_VMCSS		4
#define FUZZ_VPIDS		16

/**
 * struct fuzz_client - a client as the threads see it
 * @name: the client's name
 * @handle: the latest handle; kept after the client is unregistered
 * @phase: incremented at each step of the client's life, see fuzz_clients.c
 */
struct fuzz_client {
	char name[VMXCORE_NAME_LEN];
	struct vmxcore_client *handle;
	int phase;
};

/**
 * struct fuzz_cell - the references of one client on one CPU, of all threads
 * @phase: the client's phase when they were taken; in any other phase there are
 *	none
 * @live: taken and not put
 * @dead: dropped because the CPU went offline, and not put since
 * @gone: how often that has happened
 *
 * Written on that CPU only, with interrupts off unless the client is private.
 */
struct fuzz_cell {
	int phase;
	unsigned int live;
	unsigned int dead;
	unsigned int gone;
};

/**
 * struct fuzz_claim - what one thread holds of one client
 * @handle: the handle that the references were taken with
 * @phase: the client's phase then; in any other phase all of this is void
 * @all: references on all CPUs
 * @epoch: how often @all has become more than 0
 * @here: references on one CPU each, and the @gone of the cell that they
 *	belong to
 */
struct fuzz_claim {
	struct vmxcore_client *handle;
	int phase;
	unsigned int all;
	unsigned int epoch;
	struct {
		unsigned int count;
		unsigned int gone;
	} here[FUZZ_MAX_CPUS];
};

/**
 * enum fuzz_vmcs_state - the state of a VMCS's handle
 * @FUZZ_VMCS_NONE: there is no VMCS
 * @FUZZ_VMCS_THERE: the VMCS exists, and its client is registered
 * @FUZZ_VMCS_STALE: the VMCS has been freed, or its client unregistered
 */
enum fuzz_vmcs_state {
	FUZZ_VMCS_NONE,
	FUZZ_VMCS_THERE,
	FUZZ_VMCS_STALE,
};

/**
 * struct fuzz_vmcs - one VMCS of a thread
 * @state: what @handle is worth
 * @handle: the VMCS's handle
 * @page: the page of an adopted VMCS; NULL if vmxcore has allocated it
 * @client: index of its client
 * @last_cpu: the CPU that loaded it last, or -1
 * @clear: the VMCS is certainly not active on any CPU
 * @downs: how often @last_cpu had gone offline when the VMCS was loaded
 * @epoch: the claim's epoch when the VMCS was loaded, or 0 if the client held no
 *	reference on all CPUs
 */
struct fuzz_vmcs {
	enum fuzz_vmcs_state state;
	struct vmxcore_vmcs *handle;
	u32 *page;
	unsigned int client;
	int last_cpu;
	bool clear;
	unsigned int downs;
	unsigned int epoch;
};

/**
 * struct fuzz_vpid - one VPID of a thread
 * @vpid: the VPID, or 0
 * @client: index of its client
 */
struct fuzz_vpid {
	int vpid;
	unsigned int client;
};

/**
 * struct fuzz_loan - the VMCS of a client that all threads share
 * @turn: incremented when the VMCS is made and when it ends: odd while it exists
 * @ending: the VMCS is being freed
 * @handle: the VMCS's handle
 * @page: the VMCS itself
 * @phase: the client's phase when the VMCS was made
 */
struct fuzz_loan {
	int turn;
	bool ending;
	struct vmxcore_vmcs *handle;
	u32 *page;
	int phase;
};

/**
 * struct fuzz_step - the random numbers of one step
 * @call: index of the call to make
 * @which: selects its object
 * @how: selects its variant
 */
struct fuzz_step {
	unsigned int call;
	u32 which;
	u32 how;
};

/**
 * struct fuzz_thread - one thread
 * @index: its index in fuzz_threads[]
 * @chance: the state of its random numbers
 * @task: its task, while it runs
 * @step: the number of steps that it has done
 * @call: name of the call that it makes at the moment, or NULL
 * @misuses: how often vmxcore has reported misuse by its calls
 * @claims: the references that it holds, by client
 * @vmcss: its VMCSs
 * @loans: what it knows of the VMCSs of shared clients, which may be stale
 * @vpids: its VPIDs
 * @root: a page that serves as EPT root
 */
struct fuzz_thread {
	unsigned int index;
	struct rnd_state chance;
	struct task_struct *task;
	unsigned int step;
	const char *call;
	unsigned int misuses;
	struct fuzz_claim claims[FUZZ_CLIENTS];
	struct fuzz_vmcs vmcss[FUZZ_VMCSS];
	struct fuzz_loan loans[FUZZ_SHARED];
	struct fuzz_vpid vpids[FUZZ_VPIDS];
	unsigned long root;
};

/**
 * enum fuzz_standing - the state of the client that a handle belongs to
 * @FUZZ_GOOD: the client is registered
 * @FUZZ_UNSURE: the client is being unregistered
 * @FUZZ_STALE: the client has been unregistered
 */
enum fuzz_standing {
	FUZZ_GOOD,
	FUZZ_UNSURE,
	FUZZ_STALE,
};

/**
 * struct fuzz_before - the state before a call
 * @standing: the state of the call's client
 * @misuses: the thread's count of misuses
 * @alone: the phase of the exclusive client
 * @ended: how often exclusive use has ended
 * @quiet: exclusive use has not begun again since
 */
struct fuzz_before {
	enum fuzz_standing standing;
	unsigned int misuses;
	int alone;
	int ended;
	bool quiet;
};

/* fuzz_thread.c */
extern struct fuzz_thread *fuzz_threads[FUZZ_MAX_THREADS];

void fuzz_clear_failure(u64 seed);
void fuzz_fail(const struct fuzz_thread *t, const char *format, ...) __printf(2, 3);
bool fuzz_failed(void);
struct fuzz_thread *fuzz_thread_of(const struct task_struct *task);

/* fuzz_clients.c */
extern struct fuzz_client fuzz_clients[FUZZ_CLIENTS];
DECLARE_PER_CPU(struct fuzz_cell[FUZZ_CLIENTS], fuzz_cells);

int fuzz_clients_init(void);
void fuzz_clients_exit(void);
unsigned int fuzz_downs(unsigned int cpu);
unsigned int fuzz_pick(const struct fuzz_thread *t, u32 which);
unsigned int fuzz_pick_private(const struct fuzz_thread *t, u32 which);
bool fuzz_is_private(unsigned int index);
enum fuzz_standing fuzz_standing(unsigned int index, int phase);
bool fuzz_there(unsigned int index);
bool fuzz_renew(struct fuzz_thread *t, unsigned int index);
bool fuzz_holds_here(const struct fuzz_thread *t, unsigned int index);
void fuzz_look(const struct fuzz_thread *t, unsigned int index, int phase,
	       struct fuzz_before *before);
bool fuzz_judge(const struct fuzz_thread *t, unsigned int index, int phase, bool had, int err,
		const struct fuzz_before *before);
void fuzz_judge_silent(const struct fuzz_thread *t, unsigned int index, int phase,
		       const struct fuzz_before *before);

void fuzz_register(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_register_exclusive(struct fuzz_thread *t, u32 how);
bool fuzz_begin_unregister(unsigned int index, int *phase);
void fuzz_end_unregister(unsigned int index, int phase);

/* fuzz_unregister.c */
void fuzz_unregister(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_alone(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_unregister_one(struct fuzz_thread *t, unsigned int index);

/* fuzz_yield.c: a client that yields */
int fuzz_yielder_init(void);
void fuzz_yielder_exit(void);
bool fuzz_yielder_holds(void);
void fuzz_yielder(struct fuzz_thread *t, const struct fuzz_step *s);

/* fuzz_refs.c */
void fuzz_get(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_take(struct fuzz_thread *t, unsigned int index);
void fuzz_put(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_get_cpu(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_put_cpu(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_release(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_put_all_of(struct fuzz_thread *t, unsigned int index);
void fuzz_check_holds(const struct fuzz_thread *t);

/* fuzz_irq.c */
enum fuzz_context { FUZZ_TASK, FUZZ_IRQS_OFF, FUZZ_IRQ };
void fuzz_here(struct fuzz_thread *t, enum fuzz_context context, void (*fn)(void *arg), void *arg);
int fuzz_there_on(struct fuzz_thread *t, unsigned int cpu, void (*fn)(void *arg), void *arg);
struct fuzz_thread *fuzz_caller(void);

/* fuzz_vmcs.c */
void fuzz_vmcs_make(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vmcs_load(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vmcs_borrow(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vmcs_clear(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vmcs_free(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vmcss_free_of(struct fuzz_thread *t, unsigned int index);
void fuzz_vmcss_taken(struct fuzz_thread *t, unsigned int index);
void fuzz_vmcss_forget(struct fuzz_thread *t);
void fuzz_ept(struct fuzz_thread *t, const struct fuzz_step *s);

/* fuzz_loan.c */
void fuzz_loans_init(void);
void fuzz_loans_begin(void);
void fuzz_loans_show(struct seq_file *m);
void fuzz_loan(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_loan_taken(const struct fuzz_thread *t, unsigned int index);
void fuzz_loan_free(struct fuzz_thread *t, unsigned int index);
bool fuzz_loan_there(unsigned int index);

/* fuzz_vpid.c */
void fuzz_vpid_alloc(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vpid_free(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vpid_many(struct fuzz_thread *t, const struct fuzz_step *s);
void fuzz_vpids_free_of(struct fuzz_thread *t, unsigned int index);
void fuzz_vpids_taken(struct fuzz_thread *t, unsigned int index);
bool fuzz_vpids_all_free(void);
void fuzz_pid_table(struct fuzz_thread *t, const struct fuzz_step *s);

/* fuzz_misuse.c */
int fuzz_misuse_init(void);
void fuzz_misuse_exit(void);
void fuzz_misuse(struct fuzz_thread *t, const struct fuzz_step *s);

/* fuzz_expected.c */
void fuzz_check_cpus(void);
void fuzz_show_expected(struct seq_file *m);

#endif /* _VMXCORE_TEST_FUZZ_H */
