// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of the clients that all threads share, one each: threads load one while others clear
 * it, free it, or unregister its client. What a call may return then is told by the client's phase
 * (fuzz_clients.c), which counts the steps of the client's life, and by the VMCS's turn (fuzz.h),
 * which counts when it is made and ends. Both are read before the call and after it.
 *
 * The contract lets one task at a time use a VMCS. A load that breaks this gets an error or the
 * VMCS, and never a page that another owner has by now.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/seq_file.h>

#include "cpus.h"
#include "fuzz.h"
#include "test.h"

/**
 * struct shared_vmcs - the VMCS of a shared client
 * @loan: as threads see it; its turn is odd while the VMCS is there
 * @begun: calls of all threads that may move it, when they begin
 * @ended: the same calls, when they have ended
 */
struct shared_vmcs {
	/** @lock: serializes its making and its end */
	struct mutex lock;
	struct fuzz_loan loan;
	atomic_t begun;
	atomic_t ended;
};

static struct shared_vmcs shared[FUZZ_SHARED];

/* Loads that succeeded; those of them that no other call disturbed; guests that were entered. */
static atomic_long_t nr_loads, nr_undisturbed, nr_guests;

/* Begins a call. Returns its number if no other call was under way, 0 otherwise. */
static int begin_call(unsigned int index)
{
	int number = atomic_inc_return(&shared[index].begun);

	return atomic_read(&shared[index].ended) == number - 1 ? number : 0;
}

/* Has no other call been under way since then? What was read before this was so before it. */
static bool undisturbed(unsigned int index, int number)
{
	/* Pairs with the increment in begin_call(). */
	smp_mb();
	return number && atomic_read(&shared[index].begun) == number;
}

static void end_call(unsigned int index)
{
	/* All of the call comes before it has ended. */
	smp_mb__before_atomic();
	atomic_inc(&shared[index].ended);
}

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
 * The turn stays the same while the VMCS is being freed, and is read last: when "ending" is false
 * because the free has come to its end, the turn has changed, and the handle is stale.
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

/* To be called when the VMCS has been freed, or taken back. */
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
	begin_call(index);
	vmxcore_vmcs_free(loan->handle);
	end_call(index);
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

/*
 * Tells a thread of the VMCS that is there. If there is none, or if it was replaced during the
 * reads, the thread keeps its old handle, which may be stale.
 */
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
 * With interrupts off the page of the VMCS that is current here cannot be freed: the free has to
 * interrupt this CPU first, for the VMCLEAR. A guest is entered, so that the VMCS is launched and
 * must_be_clear() sees a VMCLEAR that is left out.
 */
static void launch_where_current(const struct fuzz_thread *t, unsigned int index,
				 const struct fuzz_loan *known, int number)
{
	const char *name = fuzz_clients[index].name;
	unsigned long flags;
	bool is_current;

	local_irq_save(flags);
	is_current = this_cpu_read(vmxcore_current_vmcs) == known->handle;
	if (undisturbed(index, number) && standing(index, known) == FUZZ_GOOD) {
		atomic_long_inc(&nr_undisturbed);
		if (!is_current)
			fuzz_fail(t, "the VMCS of %s has been loaded, and is not current", name);
	}
	if (is_current) {
		atomic_long_inc(&nr_guests);
		if (test_current_vmcs() != virt_to_phys(known->page))
			fuzz_fail(t, "the VMCS of %s is called current on CPU %u, and is not",
				  name, smp_processor_id());
		else if (test_launch(known->page))
			fuzz_fail(t, "no guest can be entered on the VMCS of %s", name);
	}
	local_irq_restore(flags);
}

static void judge(const struct fuzz_thread *t, unsigned int index, const struct fuzz_loan *known,
		  enum fuzz_standing before, unsigned int misuses, int number, int news)
{
	const char *name = fuzz_clients[index].name;
	bool misused = READ_ONCE(t->misuses) != misuses;

	if (news >= 0 && before == FUZZ_STALE)
		fuzz_fail(t, "a stale VMCS of %s is loaded", name);
	else if (news == -EINVAL && standing(index, known) == FUZZ_GOOD)
		fuzz_fail(t, "the VMCS of %s, which is held here, is refused", name);
	else if (news == -EBUSY && before == FUZZ_STALE)
		fuzz_fail(t, "a stale VMCS of %s is busy", name);
	else if (news == -EBUSY && undisturbed(index, number))
		fuzz_fail(t, "the VMCS of %s is busy, and no other thread loads it", name);
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
	int number, news;

	preempt_disable();
	before = standing(index, known);
	if (may_load(t, index, known, before)) {
		/* The reads above come before the call. */
		smp_mb();
		number = begin_call(index);
		news = vmxcore_vmcs_load(known->handle);
		/* The reads below come after the call. */
		smp_mb();
		judge(t, index, known, before, misuses, number, news);
		if (news >= 0) {
			atomic_long_inc(&nr_loads);
			launch_where_current(t, index, known, number);
		}
		end_call(index);
	}
	preempt_enable();
}

static void clear(struct fuzz_thread *t, unsigned int index, const struct fuzz_loan *known)
{
	enum fuzz_standing before = standing(index, known);
	unsigned int misuses = READ_ONCE(t->misuses);

	/* As in load(). */
	smp_mb();
	begin_call(index);
	vmxcore_vmcs_clear(known->handle);
	end_call(index);
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

	/*
	 * Where there is no client, no VMCS or no reference, a thread could only use what is
	 * stale for sure. That happens, too, but too few calls would come any further.
	 */
	if (s->how / 8 % 8 && !fuzz_there(index))
		fuzz_register(t, &(const struct fuzz_step){ .which = 2 * index });
	if (what < 2 || (s->how / 8 % 8 && !is_there(index)))
		make_or_free(t, index, what == 1);
	if (what < 2)
		return;
	/* Otherwise by a handle that may be stale by now. */
	if (s->how / 64 % 4)
		renew(known, index);
	if (!known->turn)
		return;
	if (s->how / 256 % 4)
		fuzz_take(t, index);
	if (what == 2)
		clear(t, index, known);
	else
		load(t, index, known);
}

/**
 * fuzz_loan_taken - end the VMCS of a client that has been unregistered, and not registered anew
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
 * fuzz_loans_show - what came of the loads of a round
 * @m: where to
 */
void fuzz_loans_show(struct seq_file *m)
{
	seq_printf(m, "loads %ld undisturbed %ld guests %ld\n", atomic_long_read(&nr_loads),
		   atomic_long_read(&nr_undisturbed), atomic_long_read(&nr_guests));
}

/**
 * fuzz_loans_begin - a round begins: count its loads alone
 */
void fuzz_loans_begin(void)
{
	atomic_long_set(&nr_loads, 0);
	atomic_long_set(&nr_undisturbed, 0);
	atomic_long_set(&nr_guests, 0);
}

/**
 * fuzz_loans_init - initialise the locks, once
 */
void fuzz_loans_init(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_SHARED; i++)
		mutex_init(&shared[i].lock);
}
