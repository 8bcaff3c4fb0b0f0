// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCSs of the clients that all threads share, one for each client: threads
 * load a VMCS while others clear it, free it or unregister its client. Which
 * results are then allowed follows from the client's phase (fuzz_clients.c),
 * which counts the steps of the client's life, and from the VMCS's turn
 * (fuzz.h), which counts when it is made and when it ends. Both are read before
 * and after each call.
 *
 * The contract allows one task at a time to use a VMCS. A load that breaks this
 * gets an error or the VMCS, and never a page that has another owner by now.
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
 * @loan: the VMCS as threads see it; its turn is odd while the VMCS exists
 * @begun: the number of calls, of all threads, that may move it
 * @ended: how many of them have ended
 */
struct shared_vmcs {
	/** @lock: serializes making and ending the VMCS */
	struct mutex lock;
	struct fuzz_loan loan;
	atomic_t begun;
	atomic_t ended;
};

static struct shared_vmcs shared[FUZZ_SHARED];

/*
 * Successful loads, those of them that no other call disturbed, and guests
 * entered
 */
static atomic_long_t nr_loads, nr_undisturbed, nr_guests;

/* Begins a call. Returns its number, or 0 if another call is under way. */
static int begin_call(unsigned int index)
{
	int number = atomic_inc_return(&shared[index].begun);

	return atomic_read(&shared[index].ended) == number - 1 ? number : 0;
}

/*
 * Returns true if no other call has been under way since begin_call(). What the
 * caller has read before is then valid for that time.
 */
static bool undisturbed(unsigned int index, int number)
{
	/* Pairs with the increment in begin_call(). */
	smp_mb();
	return number && atomic_read(&shared[index].begun) == number;
}

static void end_call(unsigned int index)
{
	/* Order the whole call before the increment. */
	smp_mb__before_atomic();
	atomic_inc(&shared[index].ended);
}

static int turn_of(unsigned int index)
{
	/* A thread that sees the turn sees the rest of the VMCS's fields. */
	return smp_load_acquire(&shared[index].loan.turn);
}

static void next_turn(unsigned int index)
{
	/* Pairs with turn_of(). */
	smp_store_release(&shared[index].loan.turn, shared[index].loan.turn + 1);
}

/*
 * Returns whether a shared client has a VMCS. The answer may be outdated at
 * once.
 */
bool fuzz_loan_there(unsigned int index)
{
	return turn_of(index) % 2;
}

/*
 * The turn does not change while the VMCS is being freed, and is read last: if
 * "ending" is false because the free is complete, the turn has changed and the
 * handle is stale.
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

/* The VMCS has been freed or taken back. */
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

	/* If the client is being unregistered, that thread ends the VMCS. */
	if (fuzz_standing(index, loan->phase) != FUZZ_GOOD)
		return;
	WRITE_ONCE(loan->ending, true);
	/*
	 * Pairs with the barriers in load(): a load that begins later finds it
	 * ending.
	 */
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
	if (!there && !fuzz_loan_there(index))
		make(t, index);
	else if (there && fuzz_loan_there(index))
		free_it(t, index);
	mutex_unlock(&shared[index].lock);
}

/*
 * Updates what a thread knows of the VMCS. If there is none, or if it was
 * replaced during the reads, the thread keeps its old handle, which may be
 * stale.
 */
static void renew(struct fuzz_loan *known, unsigned int index)
{
	struct fuzz_loan now = { .turn = turn_of(index) };

	if (now.turn % 2 == 0)
		return;
	now.handle = READ_ONCE(shared[index].loan.handle);
	now.page = READ_ONCE(shared[index].loan.page);
	now.phase = READ_ONCE(shared[index].loan.phase);
	/* Read all fields before reading the turn again. */
	smp_mb();
	if (turn_of(index) == now.turn)
		*known = now;
}

/*
 * With interrupts off, the page of the current VMCS cannot be freed: that needs
 * an IPI to this CPU for the VMCLEAR. A guest is entered so that the VMCS is
 * launched, and must_be_clear() notices a missing VMCLEAR.
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

/*
 * A load needs a reference from the VMCS's own registration, or a handle that
 * is certainly stale.
 */
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
		/* Order the reads above before the call. */
		smp_mb();
		number = begin_call(index);
		news = vmxcore_vmcs_load(known->handle);
		/* Order the reads below after the call. */
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

/* Call: make, load, clear or free the VMCS of a shared client. */
void fuzz_loan(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = s->which % FUZZ_SHARED, what = s->how % 8;
	struct fuzz_loan *known = &t->loans[index];

	/*
	 * Without a client, a VMCS or a reference, a thread could use only
	 * handles that are certainly stale. That happens too, but then too few
	 * calls would get any further.
	 */
	if (s->how / 8 % 8 && !fuzz_there(index))
		fuzz_register(t, &(const struct fuzz_step){ .which = 2 * index });
	if (what < 2 || (s->how / 8 % 8 && !fuzz_loan_there(index)))
		make_or_free(t, index, what == 1);
	if (what < 2)
		return;
	/* Otherwise the thread's handle may be stale by now. */
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

/*
 * Ends the VMCS of a client that this thread has unregistered, and that is not
 * registered again yet.
 */
void fuzz_loan_taken(const struct fuzz_thread *t, unsigned int index)
{
	mutex_lock(&shared[index].lock);
	if (fuzz_loan_there(index))
		end(t, index, "its client is unregistered");
	mutex_unlock(&shared[index].lock);
}

/* Frees the VMCS of a registered client, if there is one. */
void fuzz_loan_free(struct fuzz_thread *t, unsigned int index)
{
	make_or_free(t, index, true);
}

void fuzz_loans_show(struct seq_file *m)
{
	seq_printf(m, "loads %ld undisturbed %ld guests %ld\n", atomic_long_read(&nr_loads),
		   atomic_long_read(&nr_undisturbed), atomic_long_read(&nr_guests));
}

/* The counts are those of one round. */
void fuzz_loans_begin(void)
{
	atomic_long_set(&nr_loads, 0);
	atomic_long_set(&nr_undisturbed, 0);
	atomic_long_set(&nr_guests, 0);
}

void fuzz_loans_init(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_SHARED; i++)
		mutex_init(&shared[i].lock);
}
