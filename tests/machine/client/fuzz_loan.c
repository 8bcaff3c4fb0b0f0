// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of the clients that all threads share, one each: threads load one while others clear
 * it, free it, or unregister its client. What a call may return then is told by the client's
 * phase and by the VMCS's own turn, both read before the call and after it.
 *
 * The contract lets one task at a time use a VMCS. A load that breaks this gets an error or the
 * VMCS, and never a page that another owner has by now.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "cpus.h"
#include "fuzz.h"
#include "test.h"

/**
 * struct shared_vmcs - the VMCS of a shared client
 * @loan: as threads see it; its turn is odd while the VMCS is there
 */
struct shared_vmcs {
	/** @lock: serializes its making and its end */
	struct mutex lock;
	struct fuzz_loan loan;
};

static struct shared_vmcs shared[FUZZ_SHARED];

static int turn_of(unsigned int index)
{
	/* A thread that finds it there finds the rest of it. */
	return smp_load_acquire(&shared[index].loan.turn);
}

static void next_turn(unsigned int index)
{
	/* Pairs with turn_of(). */
	smp_store_release(&shared[index].loan.turn, shared[index].loan.turn + 1);
}

static bool is_there(unsigned int index)
{
	return turn_of(index) % 2;
}

/*
 * While a VMCS is being freed its turn is still the same. Its turn is read last: a VMCS that is not
 * ending any more has another one.
 */
static enum fuzz_standing standing(unsigned int index, const struct fuzz_loan *loan)
{
	/* Pairs with end(). */
	bool ending = smp_load_acquire(&shared[index].loan.ending);
	enum fuzz_standing client = fuzz_standing(index, loan->phase);

	if (turn_of(index) != loan->turn)
		return FUZZ_STALE;
	return ending ? FUZZ_UNSURE : client;
}

static void must_be_clear(const struct fuzz_thread *t, unsigned int index, const char *why)
{
	int err = test_vmcs_cleared(virt_to_phys(shared[index].loan.page));

	if (err)
		fuzz_fail(t, "the VMCS of %s has not been VMCLEARed, %s: %d",
			  fuzz_clients[index].name, why, err);
}

/* It has been freed, or taken back. */
static void end(const struct fuzz_thread *t, unsigned int index, const char *why)
{
	struct fuzz_loan *loan = &shared[index].loan;

	lockdep_assert_held(&shared[index].lock);

	must_be_clear(t, index, why);
	next_turn(index);
	free_page((unsigned long)loan->page);
	loan->page = NULL;
	/* Pairs with standing(). */
	smp_store_release(&loan->ending, false);
}

static void make(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_loan *loan = &shared[index].loan;
	const struct fuzz_claim *claim = &t->claims[index];
	unsigned int misuses = READ_ONCE(t->misuses);
	u32 *page;

	lockdep_assert_held(&shared[index].lock);

	page = test_vmcs_page();
	if (!page)
		return;
	loan->handle = vmxcore_vmcs_adopt(claim->handle, page);
	if (!IS_ERR(loan->handle)) {
		loan->page = page;
		loan->phase = claim->phase;
		next_turn(index);
		return;
	}
	free_page((unsigned long)page);
	if (fuzz_standing(index, claim->phase) == FUZZ_GOOD ||
	    PTR_ERR(loan->handle) != -EINVAL || READ_ONCE(t->misuses) != misuses + 1)
		fuzz_fail(t, "a VMCS for %s: %ld", fuzz_clients[index].name,
			  PTR_ERR(loan->handle));
}

static void free_it(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_loan *loan = &shared[index].loan;
	unsigned int misuses = READ_ONCE(t->misuses);

	lockdep_assert_held(&shared[index].lock);

	/* The thread that unregisters its client ends what has been taken back. */
	if (fuzz_standing(index, loan->phase) != FUZZ_GOOD)
		return;
	WRITE_ONCE(loan->ending, true);
	/* Pairs with the barriers of load(): a load that begins later finds it ending. */
	smp_mb();
	vmxcore_vmcs_free(loan->handle);
	if (READ_ONCE(t->misuses) != misuses && fuzz_standing(index, loan->phase) == FUZZ_GOOD)
		fuzz_fail(t, "freeing the VMCS of %s counts as misuse", fuzz_clients[index].name);
	end(t, index, "it is freed");
}

static void make_or_free(struct fuzz_thread *t, unsigned int index, bool there)
{
	if (!fuzz_renew(t, index))
		return;
	mutex_lock(&shared[index].lock);
	if (!there && !is_there(index))
		make(t, index);
	else if (there && is_there(index))
		free_it(t, index);
	mutex_unlock(&shared[index].lock);
}

/* What a thread knows stays, for as long as the VMCS may be another one by now. */
static void renew(struct fuzz_loan *known, unsigned int index)
{
	struct fuzz_loan now = { .turn = turn_of(index) };

	if (now.turn % 2 == 0)
		return;
	now.handle = READ_ONCE(shared[index].loan.handle);
	now.page = READ_ONCE(shared[index].loan.page);
	now.phase = READ_ONCE(shared[index].loan.phase);
	/* All of it is read before its turn is looked at again. */
	smp_mb();
	if (turn_of(index) == now.turn)
		*known = now;
}

/*
 * Where it is current its page is not freed before an interrupt of this CPU has VMCLEARed it.
 * A guest runs, and is what a VMCLEAR that is left out leaves behind.
 */
static void launch_where_current(const struct fuzz_thread *t, unsigned int index,
				 const struct fuzz_loan *known)
{
	unsigned long flags;

	local_irq_save(flags);
	if (this_cpu_read(vmxcore_current_vmcs) == known->handle) {
		if (test_current_vmcs() != virt_to_phys(known->page))
			fuzz_fail(t, "the VMCS of %s is called current on CPU %u, and is not",
				  fuzz_clients[index].name, smp_processor_id());
		else if (test_launch(known->page))
			fuzz_fail(t, "no guest can be entered on the VMCS of %s",
				  fuzz_clients[index].name);
	}
	local_irq_restore(flags);
}

static void judge(const struct fuzz_thread *t, unsigned int index, const struct fuzz_loan *known,
		  enum fuzz_standing before, unsigned int misuses, int news)
{
	const char *name = fuzz_clients[index].name;
	bool misused = READ_ONCE(t->misuses) != misuses;

	if (news >= 0 && before == FUZZ_STALE)
		fuzz_fail(t, "a stale VMCS of %s is loaded", name);
	else if (news == -EINVAL && standing(index, known) == FUZZ_GOOD)
		fuzz_fail(t, "the VMCS of %s, which is held here, is refused", name);
	else if (news == -EBUSY && before == FUZZ_STALE)
		fuzz_fail(t, "a stale VMCS of %s is busy", name);
	else if (news < 0 && news != -EINVAL && news != -EBUSY)
		fuzz_fail(t, "loading the VMCS of %s: %d", name, news);
	else if (misused != (news == -EINVAL))
		fuzz_fail(t, "loading the VMCS of %s: %d, and misuse is reported: %d", name, news,
			  misused);
}

/* With a reference of the registration that the VMCS is of, or when it is stale for sure. */
static bool may_load(const struct fuzz_thread *t, unsigned int index,
		     const struct fuzz_loan *known, enum fuzz_standing before)
{
	if (before == FUZZ_STALE)
		return true;
	return t->claims[index].phase == known->phase && fuzz_holds_here(t, index);
}

static void load(struct fuzz_thread *t, unsigned int index, const struct fuzz_loan *known)
{
	unsigned int misuses = READ_ONCE(t->misuses);
	enum fuzz_standing before;
	int news;

	preempt_disable();
	before = standing(index, known);
	if (may_load(t, index, known, before)) {
		/* What is seen before the call has been so before it. */
		smp_mb();
		news = vmxcore_vmcs_load(known->handle);
		/* What is seen from here on is so after the call. */
		smp_mb();
		judge(t, index, known, before, misuses, news);
		if (news >= 0)
			launch_where_current(t, index, known);
	}
	preempt_enable();
}

static void clear(struct fuzz_thread *t, unsigned int index, const struct fuzz_loan *known)
{
	enum fuzz_standing before = standing(index, known);
	unsigned int misuses = READ_ONCE(t->misuses);

	/* As in load(). */
	smp_mb();
	vmxcore_vmcs_clear(known->handle);
	/* As in load(). */
	smp_mb();
	if (READ_ONCE(t->misuses) == misuses && before == FUZZ_STALE)
		fuzz_fail(t, "a stale VMCS of %s is cleared", fuzz_clients[index].name);
	if (READ_ONCE(t->misuses) != misuses && standing(index, known) == FUZZ_GOOD)
		fuzz_fail(t, "clearing the VMCS of %s counts as misuse", fuzz_clients[index].name);
}

/**
 * fuzz_loan - call: make, load, clear or free the VMCS of a client that all threads share
 * @t: thread
 * @s: step
 */
void fuzz_loan(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = s->which % FUZZ_SHARED, what = s->how % 8;
	struct fuzz_loan *known = &t->loans[index];

	if (what < 2) {
		make_or_free(t, index, what);
		return;
	}
	/* Otherwise by a handle that may be stale by now. */
	if (s->how / 8 % 4)
		renew(known, index);
	if (!known->turn)
		return;
	if (what == 2)
		clear(t, index, known);
	else
		load(t, index, known);
}

/**
 * fuzz_loan_taken - a client is unregistered, and not registered anew yet
 * @t: the thread that has done it
 * @index: the client
 */
void fuzz_loan_taken(const struct fuzz_thread *t, unsigned int index)
{
	mutex_lock(&shared[index].lock);
	if (is_there(index))
		end(t, index, "its client is unregistered");
	mutex_unlock(&shared[index].lock);
}

/**
 * fuzz_loan_free - free a client's VMCS, if there is one
 * @t: the thread that does it
 * @index: the client, which is registered
 */
void fuzz_loan_free(struct fuzz_thread *t, unsigned int index)
{
	make_or_free(t, index, true);
}

/**
 * fuzz_loan_there - has a shared client a VMCS?
 * @index: the client
 *
 * Return: true or false, as of a moment ago.
 */
bool fuzz_loan_there(unsigned int index)
{
	return is_there(index);
}

/**
 * fuzz_loans_init - none of them has been made
 */
void fuzz_loans_init(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_SHARED; i++)
		mutex_init(&shared[i].lock);
}
