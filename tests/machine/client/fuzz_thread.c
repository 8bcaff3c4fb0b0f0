// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads of the current round of the fuzzer, and its first failure. All
 * other files of the fuzzer call this one, and it calls none of them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "fuzz.h"

struct fuzz_thread *fuzz_threads[FUZZ_MAX_THREADS];

static u64 round_seed;
static atomic_t failed;

/* A new round begins, and has not failed yet. */
void fuzz_clear_failure(u64 seed)
{
	round_seed = seed;
	atomic_set(&failed, 0);
}

bool fuzz_failed(void)
{
	return atomic_read(&failed);
}

/* Returns the thread that a running task is, or NULL. Callable in any context. */
struct fuzz_thread *fuzz_thread_of(const struct task_struct *task)
{
	unsigned int i;

	for (i = 0; i < FUZZ_MAX_THREADS; i++) {
		if (fuzz_threads[i] && fuzz_threads[i]->task == task)
			return fuzz_threads[i];
	}
	return NULL;
}

static void log_threads(void)
{
	const struct fuzz_thread *t;
	unsigned int i;

	for (i = 0; i < FUZZ_MAX_THREADS; i++) {
		t = fuzz_threads[i];
		if (t)
			pr_err("fuzz:   thread %u: step %u, %s\n", i, READ_ONCE(t->step),
			       READ_ONCE(t->call) ?: "-");
	}
}

/*
 * Logs what the contract does not allow, and ends the round. @t is the thread
 * that has seen it, or NULL. Only the first failure is logged, as later ones may
 * follow from it. Callable in any context but NMI.
 */
void fuzz_fail(const struct fuzz_thread *t, const char *format, ...)
{
	struct va_format what = { .fmt = format };
	va_list args;

	if (atomic_xchg(&failed, 1))
		return;
	va_start(args, format);
	what.va = &args;
	if (t)
		pr_err("fuzz: FAILED: seed %llu thread %u step %u %s: %pV\n", round_seed,
		       t->index, t->step, t->call ?: "-", &what);
	else
		pr_err("fuzz: FAILED: seed %llu: %pV\n", round_seed, &what);
	va_end(args);
	log_threads();
}
