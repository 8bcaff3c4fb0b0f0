// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's clients: registering them, and what a call may return while
 * another thread unregisters its client.
 *
 * Both follow from a client's phase. It is incremented at each step of the
 * client's life, and a phase in which the client was registered never comes
 * again. A thread that has noted the phase of a handle knows whether the client
 * is registered, is being unregistered, or has been unregistered.
 */
#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string_helpers.h>

#include "cpus.h"
#include "fuzz.h"

/* The phase modulo NR_STEPS. GONE follows GOING. */
enum {
	GONE,
	COMING,
	THERE,
	GOING,
	NR_STEPS,
};

struct fuzz_client fuzz_clients[FUZZ_CLIENTS];
DEFINE_PER_CPU(struct fuzz_cell[FUZZ_CLIENTS], fuzz_cells);

/* How often each CPU has gone offline */
static unsigned int downs[FUZZ_MAX_CPUS];
static enum cpuhp_state dead_state;

/*
 * How often an exclusive registration has begun, and how often one has ended,
 * because it failed or was unregistered. While both are equal no call may get
 * -EBUSY.
 */
static atomic_t alone_begun, alone_ended;

static int phase_of(unsigned int index)
{
	/* A thread that sees THERE sees the handle. */
	return smp_load_acquire(&fuzz_clients[index].phase);
}

/*
 * cpu_gone for a client without a reference there means that vmxcore has
 * counted one too many.
 */
static void gone(unsigned int index, unsigned int cpu)
{
	struct fuzz_cell *cell = this_cpu_ptr(&fuzz_cells[index]);
	int phase = phase_of(index);

	if (cpu != smp_processor_id() || !irqs_disabled() || !test_vmx_on())
		fuzz_fail(NULL, "cpu_gone(%u) of %s: on CPU %u, irqs %s, VMX %s", cpu,
			  fuzz_clients[index].name, smp_processor_id(),
			  irqs_disabled() ? "off" : "on", str_on_off(test_vmx_on()));
	if (!cell->live || cell->phase != (phase & ~1))
		fuzz_fail(NULL, "cpu_gone(%u) of %s, which has no reference there", cpu,
			  fuzz_clients[index].name);
	cell->dead = cell->live;
	cell->live = 0;
	cell->gone++;
}

/* cpu_gone has no argument that names its client. */
#define GONE_OF(index) \
	static void gone_##index(unsigned int cpu) { gone(index, cpu); }
GONE_OF(0) GONE_OF(1) GONE_OF(2) GONE_OF(3) GONE_OF(4)
GONE_OF(5) GONE_OF(6) GONE_OF(7) GONE_OF(8) GONE_OF(9)
GONE_OF(10) GONE_OF(11) GONE_OF(12) GONE_OF(13) GONE_OF(14)
GONE_OF(15) GONE_OF(16) GONE_OF(17) GONE_OF(18) GONE_OF(19)

static void (*const cpu_gone[])(unsigned int cpu) = {
	gone_0, gone_1, gone_2, gone_3, gone_4, gone_5, gone_6, gone_7, gone_8, gone_9,
	gone_10, gone_11, gone_12, gone_13, gone_14, gone_15, gone_16, gone_17, gone_18, gone_19,
};

static_assert(ARRAY_SIZE(cpu_gone) == FUZZ_CLIENTS);

static int cpu_dead(unsigned int cpu)
{
	if (cpu < FUZZ_MAX_CPUS)
		WRITE_ONCE(downs[cpu], downs[cpu] + 1);
	return 0;
}

/* Returns how often a CPU below FUZZ_MAX_CPUS has gone offline. */
unsigned int fuzz_downs(unsigned int cpu)
{
	return READ_ONCE(downs[cpu]);
}

static void name_one(unsigned int index)
{
	struct fuzz_client *c = &fuzz_clients[index];
	unsigned int i = index - FUZZ_SHARED;

	if (index < FUZZ_SHARED)
		snprintf(c->name, sizeof(c->name), "fuzz-shared%u", index);
	else if (index == FUZZ_ALONE)
		strscpy(c->name, "fuzz-alone", sizeof(c->name));
	else
		snprintf(c->name, sizeof(c->name), "fuzz-%u.%u", i / FUZZ_PRIVATE,
			 i % FUZZ_PRIVATE);
}

int fuzz_clients_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < FUZZ_CLIENTS; i++)
		name_one(i);
	err = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "x86/vmxcore_test:dead", NULL,
					cpu_dead);
	if (err < 0)
		return err;
	dead_state = err;
	return 0;
}

/* Clients that are still registered are left for vmxcore to take back. */
void fuzz_clients_exit(void)
{
	cpuhp_remove_state_nocalls(dead_state);
}

/* Picks one of this thread's own clients. */
unsigned int fuzz_pick_private(const struct fuzz_thread *t, u32 which)
{
	return FUZZ_SHARED + t->index * FUZZ_PRIVATE + which % FUZZ_PRIVATE;
}

/* Picks any client that this thread may use. */
unsigned int fuzz_pick(const struct fuzz_thread *t, u32 which)
{
	if (which % 16 == 15)
		return FUZZ_ALONE;
	if (which % 2)
		return fuzz_pick_private(t, which / 16);
	return which / 16 % FUZZ_SHARED;
}

/* Private clients are used by one thread only. */
bool fuzz_is_private(unsigned int index)
{
	return index >= FUZZ_SHARED && index < FUZZ_ALONE;
}

/* The state of a handle that was good in @phase of its client */
enum fuzz_standing fuzz_standing(unsigned int index, int phase)
{
	switch (phase_of(index) - phase) {
	case 0:
		return FUZZ_GOOD;
	case 1:
		return FUZZ_UNSURE;
	default:
		return FUZZ_STALE;
	}
}

/* Returns whether a client is registered. The answer may be outdated at once. */
bool fuzz_there(unsigned int index)
{
	return phase_of(index) % NR_STEPS == THERE;
}

/*
 * Moves a thread's claim to the client as registered now, which voids what it
 * held of an earlier registration. Returns false if the client is not
 * registered.
 */
bool fuzz_renew(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_claim *claim = &t->claims[index];
	int phase = phase_of(index);

	if (phase % NR_STEPS != THERE)
		return false;
	if (phase == claim->phase)
		return true;
	memset(claim->here, 0, sizeof(claim->here));
	claim->all = 0;
	claim->handle = READ_ONCE(fuzz_clients[index].handle);
	claim->phase = phase;
	if (phase_of(index) == phase)
		return true;
	/* The handle may already belong to a later registration. */
	claim->phase = FUZZ_NEVER;
	claim->handle = NULL;
	return false;
}

/*
 * Returns whether a thread has a reference that keeps VMX on, on this CPU,
 * unless the client is unregistered. Preemption is off.
 */
bool fuzz_holds_here(const struct fuzz_thread *t, unsigned int index)
{
	const struct fuzz_claim *claim = &t->claims[index];
	const struct fuzz_cell *cell = this_cpu_ptr(&fuzz_cells[index]);
	unsigned int cpu = smp_processor_id();

	if (claim->all)
		return true;
	return cpu < FUZZ_MAX_CPUS && claim->here[cpu].count && cell->phase == claim->phase &&
	       cell->gone == claim->here[cpu].gone;
}

/*
 * Notes the state before a call for a client. @phase is that in which the
 * thread's handle was good.
 */
void fuzz_look(const struct fuzz_thread *t, unsigned int index, int phase,
	       struct fuzz_before *before)
{
	int ended = atomic_read_acquire(&alone_ended);

	before->quiet = atomic_read_acquire(&alone_begun) == ended;
	before->alone = phase_of(FUZZ_ALONE);
	before->standing = fuzz_standing(index, phase);
	before->misuses = READ_ONCE(t->misuses);
	before->ended = ended;
	/* Order these reads before the call. */
	smp_mb();
}

/* Returns true if no exclusive client existed from before the call until now. */
static bool still_quiet(const struct fuzz_before *before)
{
	/* Order the call before this read. */
	smp_mb();
	return before->quiet && atomic_read(&alone_begun) == before->ended;
}

/*
 * Returns true if an exclusive client was registered from before the call until
 * now.
 */
static bool still_alone(const struct fuzz_before *before)
{
	/* Order the call before these reads. */
	smp_mb();
	return !before->quiet && before->alone % NR_STEPS == THERE &&
	       phase_of(FUZZ_ALONE) == before->alone;
}

static void judge_success(const struct fuzz_thread *t, unsigned int index, bool had,
			  const struct fuzz_before *before)
{
	const char *name = fuzz_clients[index].name;

	if (before->standing == FUZZ_STALE)
		fuzz_fail(t, "a stale handle of %s is accepted", name);
	if (t->misuses != before->misuses)
		fuzz_fail(t, "misuse by %s, and it succeeds", name);
	if (index != FUZZ_ALONE && still_alone(before))
		fuzz_fail(t, "%s gets VMX%s while an exclusive client is registered", name,
			  had ? " again" : "");
}

/*
 * Judges the result @err of a get. @phase is that in which the handle was good;
 * @had says whether the client had a reference there already. Returns true if
 * the thread has the reference.
 */
bool fuzz_judge(const struct fuzz_thread *t, unsigned int index, int phase, bool had, int err,
		const struct fuzz_before *before)
{
	const char *name = fuzz_clients[index].name;
	enum fuzz_standing now = fuzz_standing(index, phase);

	switch (err) {
	case 0:
		judge_success(t, index, had, before);
		return true;
	case -EBUSY:
		if (still_quiet(before) || (had && now == FUZZ_GOOD) || index == FUZZ_ALONE)
			fuzz_fail(t, "%s gets -EBUSY, had %d, alone: phase %d", name, had,
				  phase_of(FUZZ_ALONE));
		break;
	case -EINVAL:
		if (now == FUZZ_GOOD)
			fuzz_fail(t, "the good handle of %s is refused", name);
		if (t->misuses != before->misuses + 1)
			fuzz_fail(t, "-EINVAL for %s, and no misuse is reported", name);
		return false;
	default:
		fuzz_fail(t, "%s gets error %d", name, err);
	}
	if (t->misuses != before->misuses)
		fuzz_fail(t, "a call for %s counts as misuse", name);
	return false;
}

/*
 * Judges a call without a result: it must not be reported as misuse if the
 * handle is good, and must be if the handle is stale.
 */
void fuzz_judge_silent(const struct fuzz_thread *t, unsigned int index, int phase,
		       const struct fuzz_before *before)
{
	unsigned int misuses = t->misuses - before->misuses;

	if (misuses && fuzz_standing(index, phase) == FUZZ_GOOD)
		fuzz_fail(t, "a call for %s counts as misuse", fuzz_clients[index].name);
	if (!misuses && before->standing == FUZZ_STALE)
		fuzz_fail(t, "a stale handle of %s is accepted", fuzz_clients[index].name);
}

/* Returns true for one thread only. */
static bool begin_step(unsigned int index, int phase)
{
	return cmpxchg(&fuzz_clients[index].phase, phase, phase + 1) == phase;
}

static void end_step(unsigned int index, int phase)
{
	/* Pairs with phase_of(). */
	smp_store_release(&fuzz_clients[index].phase, phase);
}

static struct vmxcore_client *call_register(unsigned int index, unsigned int flags)
{
	struct vmxcore_client_desc desc = {
		.name = fuzz_clients[index].name,
		.owner = THIS_MODULE,
		.flags = flags,
		.cpu_gone = cpu_gone[index],
	};

	return vmxcore_register(&desc);
}

static void finish_register(unsigned int index, int phase, struct vmxcore_client *client)
{
	if (IS_ERR(client)) {
		end_step(index, phase);
		return;
	}
	WRITE_ONCE(fuzz_clients[index].handle, client);
	end_step(index, phase + THERE);
}

static void register_one(struct fuzz_thread *t, unsigned int index, int phase)
{
	struct fuzz_before before;
	struct vmxcore_client *client;

	fuzz_look(t, index, phase, &before);
	client = call_register(index, 0);
	if (IS_ERR(client) && (PTR_ERR(client) != -EBUSY || still_quiet(&before)))
		fuzz_fail(t, "register %s: %ld", fuzz_clients[index].name, PTR_ERR(client));
	if (!IS_ERR(client) && still_alone(&before))
		fuzz_fail(t, "%s registers while an exclusive client is registered",
			  fuzz_clients[index].name);
	finish_register(index, phase, client);
}

/* The client is private, so no other thread unregisters it. */
static void register_again(struct fuzz_thread *t, unsigned int index)
{
	struct vmxcore_client *client;
	struct fuzz_before before;

	fuzz_look(t, index, 0, &before);
	client = call_register(index, 0);
	if (PTR_ERR_OR_ZERO(client) == -EBUSY && !still_quiet(&before))
		return;
	if (PTR_ERR_OR_ZERO(client) != -EEXIST)
		fuzz_fail(t, "register %s again: %d", fuzz_clients[index].name,
			  PTR_ERR_OR_ZERO(client));
}

/* Call: register a client, perhaps one that is registered already. */
void fuzz_register(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = s->which % 2 ? fuzz_pick_private(t, s->which / 2) :
					    s->which / 2 % FUZZ_SHARED;
	int phase = phase_of(index);

	if (phase % NR_STEPS == GONE && begin_step(index, phase))
		register_one(t, index, phase);
	else if (phase % NR_STEPS == THERE && fuzz_is_private(index) && !(s->how % 8))
		register_again(t, index);
}

/* Looks at this thread's own clients, since no other thread changes them. */
static bool holds_something(struct fuzz_thread *t)
{
	unsigned int i, index;

	for (i = 0; i < FUZZ_PRIVATE; i++) {
		index = fuzz_pick_private(t, i);
		if (fuzz_there(index) && t->claims[index].all)
			return true;
	}
	return false;
}

/* Tries to register the exclusive client, unless another thread does so now. */
void fuzz_register_exclusive(struct fuzz_thread *t, u32 how)
{
	unsigned int flags = VMXCORE_EXCLUSIVE;
	int phase = phase_of(FUZZ_ALONE), err;
	struct vmxcore_client *client;

	if (phase % NR_STEPS != GONE || !begin_step(FUZZ_ALONE, phase))
		return;
	if (!(how % 16))
		flags |= VMXCORE_TAKE_OVER;
	/* A call that gets -EBUSY because of this must find that it has begun. */
	atomic_inc_return(&alone_begun);
	client = call_register(FUZZ_ALONE, flags);
	err = PTR_ERR_OR_ZERO(client);
	if (err && err != -EBUSY)
		fuzz_fail(t, "register exclusively: %d", err);
	if (!err && holds_something(t))
		fuzz_fail(t, "registered exclusively while others hold references");
	finish_register(FUZZ_ALONE, phase, client);
	if (err)
		atomic_inc(&alone_ended);
}

/*
 * Begins the end of a registered client's life. Returns false if the client is
 * not registered, or if another thread has begun to unregister it.
 */
bool fuzz_begin_unregister(unsigned int index, int *phase)
{
	*phase = phase_of(index);
	return *phase % NR_STEPS == THERE && begin_step(index, *phase);
}

/* The client is unregistered: all handles of it are stale from here on. */
void fuzz_end_unregister(unsigned int index, int phase)
{
	end_step(index, phase + 2);
	if (index == FUZZ_ALONE)
		atomic_inc(&alone_ended);
}
