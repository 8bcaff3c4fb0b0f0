// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer's references, on all CPUs and on single ones. */
#include <linux/cpumask.h>
#include <linux/smp.h>

#include "cpus.h"
#include "fuzz.h"

/* Keep this small, so that VMX is turned off often. */
#define MAX_REFS	4

/* One check in so many asks all CPUs, the others only this one. */
#define ASK_ALL_EVERY	8

/* A reference on all CPUs means that VMX is on there, as the CPUs report it. */
static void check_all(const struct fuzz_thread *t, unsigned int index, bool all)
{
	int phase = t->claims[index].phase, nr_off;

	if (fuzz_standing(index, phase) != FUZZ_GOOD)
		return;
	nr_off = test_cpus_off(all);
	if (nr_off && fuzz_standing(index, phase) == FUZZ_GOOD)
		fuzz_fail(t, "%s holds all CPUs, and VMX is off on %d",
			  fuzz_clients[index].name, nr_off);
}

static void put_once(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_claim *claim = &t->claims[index];
	struct fuzz_before before;

	claim->all--;
	fuzz_look(t, index, claim->phase, &before);
	vmxcore_put(claim->handle);
	fuzz_judge_silent(t, index, claim->phase, &before);
}

/* The handle may be stale; the call must then be refused. */
static bool get_once(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_claim *claim = &t->claims[index];
	struct fuzz_before before;
	int err;

	fuzz_look(t, index, claim->phase, &before);
	err = vmxcore_get(claim->handle);
	if (!fuzz_judge(t, index, claim->phase, claim->all, err, &before))
		return false;
	if (!claim->all++)
		claim->epoch++;
	return true;
}

/* Call: take a reference on all CPUs, and perhaps put it at once. */
void fuzz_get(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick(t, s->which);
	struct fuzz_claim *claim = &t->claims[index];

	if (s->how % 32 && !fuzz_renew(t, index))
		return;
	if (!claim->handle || claim->all == MAX_REFS || !get_once(t, index))
		return;
	check_all(t, index, !(s->how / 32 % ASK_ALL_EVERY));
	if (s->how / 256 % 2)
		put_once(t, index);
}

/* Takes a reference on all CPUs for a call that needs one. */
void fuzz_take(struct fuzz_thread *t, unsigned int index)
{
	if (fuzz_renew(t, index) && !t->claims[index].all)
		get_once(t, index);
}

/* Call: put a reference on all CPUs. */
void fuzz_put(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick(t, s->which);

	if (t->claims[index].all)
		put_once(t, index);
}

struct here {
	struct fuzz_thread *t;
	unsigned int index;
	bool back;
};

/*
 * The client is private or interrupts are off: no other call comes between the
 * get and this note.
 */
static void note_get(struct fuzz_claim *claim, struct fuzz_cell *cell)
{
	unsigned int cpu = smp_processor_id();

	if (cell->phase != claim->phase) {
		cell->phase = claim->phase;
		cell->live = 0;
		cell->dead = 0;
	}
	cell->live++;
	cell->dead = 0;
	if (claim->here[cpu].gone != cell->gone)
		claim->here[cpu].count = 0;
	claim->here[cpu].gone = cell->gone;
	claim->here[cpu].count++;
}

static void check_here(const struct here *here)
{
	int phase = here->t->claims[here->index].phase;

	if (!test_vmx_on() && fuzz_standing(here->index, phase) == FUZZ_GOOD)
		fuzz_fail(here->t, "%s holds CPU %u, and VMX is off there",
			  fuzz_clients[here->index].name, smp_processor_id());
}

static void put_living(const struct here *here, struct fuzz_claim *claim, struct fuzz_cell *cell)
{
	struct fuzz_before before;

	check_here(here);
	cell->live--;
	fuzz_look(here->t, here->index, claim->phase, &before);
	vmxcore_put_cpu(claim->handle);
	fuzz_judge_silent(here->t, here->index, claim->phase, &before);
}

/* Putting a dropped reference is no misuse until another one is taken there. */
static void put_dead(const struct here *here, struct fuzz_claim *claim, struct fuzz_cell *cell)
{
	struct fuzz_before before;

	if (cell->phase != claim->phase || cell->live || !cell->dead)
		return;
	cell->dead--;
	fuzz_look(here->t, here->index, claim->phase, &before);
	vmxcore_put_cpu(claim->handle);
	fuzz_judge_silent(here->t, here->index, claim->phase, &before);
}

static void put_here(void *data)
{
	const struct here *here = data;
	struct fuzz_claim *claim = &here->t->claims[here->index];
	struct fuzz_cell *cell = this_cpu_ptr(&fuzz_cells[here->index]);
	unsigned int cpu = smp_processor_id();

	claim->here[cpu].count--;
	if (cell->phase == claim->phase && cell->gone == claim->here[cpu].gone)
		put_living(here, claim, cell);
	else
		put_dead(here, claim, cell);
}

/*
 * An interrupt can still arrive on a CPU that has passed vmxcore's hotplug
 * callback. The get must then be refused.
 */
static bool refused_while_offline(const struct fuzz_thread *t, int err)
{
	bool online = cpu_online(smp_processor_id());

	if (!err && !online)
		fuzz_fail(t, "a reference on CPU %u, which is offline", smp_processor_id());
	return err == -ESHUTDOWN && !online;
}

static void get_here(void *data)
{
	const struct here *here = data;
	struct fuzz_claim *claim = &here->t->claims[here->index];
	bool had = fuzz_holds_here(here->t, here->index);
	struct fuzz_before before;
	int err;

	if (smp_processor_id() >= FUZZ_MAX_CPUS)
		return;
	fuzz_look(here->t, here->index, claim->phase, &before);
	err = vmxcore_get_cpu(claim->handle);
	if (refused_while_offline(here->t, err) ||
	    !fuzz_judge(here->t, here->index, claim->phase, had, err, &before))
		return;
	note_get(claim, this_cpu_ptr(&fuzz_cells[here->index]));
	check_here(here);
	if (here->back)
		put_here(data);
}

/*
 * Other threads use a shared client, so only disabled interrupts keep them away
 * here.
 */
static enum fuzz_context context_of(unsigned int index, u32 how)
{
	if (how % 3 == FUZZ_TASK && !fuzz_is_private(index))
		return FUZZ_IRQS_OFF;
	return how % 3;
}

static unsigned int refs_here(const struct fuzz_claim *claim)
{
	unsigned int cpu, sum = 0;

	for (cpu = 0; cpu < FUZZ_MAX_CPUS; cpu++)
		sum += claim->here[cpu].count;
	return sum;
}

/* Call: take a reference on this CPU or another, and perhaps put it at once. */
void fuzz_get_cpu(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick(t, s->which);
	struct here here = { .t = t, .index = index, .back = s->how / 128 % 2 };
	struct fuzz_claim *claim = &t->claims[index];

	if (s->how % 32 && !fuzz_renew(t, index))
		return;
	if (!claim->handle || refs_here(claim) >= MAX_REFS)
		return;
	if (s->how / 32 % 4)
		fuzz_here(t, context_of(index, s->how / 256), get_here, &here);
	else
		fuzz_there_on(t, s->how / 256 % FUZZ_MAX_CPUS % num_possible_cpus(), get_here,
			      &here);
}

static void put_on(struct fuzz_thread *t, unsigned int index, unsigned int cpu)
{
	struct here here = { .t = t, .index = index };

	/* The CPU is offline, and the reference is dropped. */
	if (fuzz_there_on(t, cpu, put_here, &here))
		t->claims[index].here[cpu].count--;
}

/* Call: put a reference on the CPU on which it was taken. */
void fuzz_put_cpu(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick(t, s->which);
	unsigned int i, cpu;

	for (i = 0; i < FUZZ_MAX_CPUS; i++) {
		cpu = (s->how + i) % FUZZ_MAX_CPUS;
		if (t->claims[index].here[cpu].count) {
			put_on(t, index, cpu);
			return;
		}
	}
}

/* Puts all of a thread's references of a client. */
void fuzz_put_all_of(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_claim *claim = &t->claims[index];
	unsigned int cpu;

	while (claim->all)
		put_once(t, index);
	for (cpu = 0; cpu < FUZZ_MAX_CPUS; cpu++) {
		while (claim->here[cpu].count)
			put_on(t, index, cpu);
	}
}

/* Call: put all of the thread's references. */
void fuzz_release(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index;

	for (index = 0; index < FUZZ_CLIENTS; index++)
		fuzz_put_all_of(t, index);
}

static void check_this_cpu(void *data)
{
	struct here *here = data;

	for (here->index = 0; here->index < FUZZ_CLIENTS; here->index++) {
		if (smp_processor_id() < FUZZ_MAX_CPUS && fuzz_holds_here(here->t, here->index))
			check_here(here);
	}
}

/*
 * Checks that VMX is on, on the current CPU, if the thread holds it. fuzz_get()
 * checks all CPUs now and then.
 */
void fuzz_check_holds(const struct fuzz_thread *t)
{
	struct here here = { .t = (struct fuzz_thread *)t };

	fuzz_here(here.t, FUZZ_IRQS_OFF, check_this_cpu, &here);
}
