// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of the fuzzer whose reference is held for nobody's sake: it yields when somebody wants
 * VMX for himself, and regains it afterwards. The pattern is that of vmxcore's own.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "fuzz.h"

static struct vmxcore_client *yielder;
static DEFINE_MUTEX(lock);

/* What it wants, and what it has. */
static bool wanted, held;

static void yield_it(void)
{
	mutex_lock(&lock);
	if (held)
		vmxcore_put(yielder);
	held = false;
	mutex_unlock(&lock);
}

/* Somebody may have VMX for himself, again: he will say when that ends. */
static int take(void)
{
	int err = 0;

	if (wanted && !held) {
		err = vmxcore_get(yielder);
		held = !err;
	}
	return err == -EBUSY ? 0 : err;
}

static void take_again(void)
{
	int err;

	mutex_lock(&lock);
	err = take();
	mutex_unlock(&lock);
	if (err)
		fuzz_fail(NULL, "the client that yields does not get VMX back: %d", err);
}

/**
 * fuzz_yielder_init - register it
 *
 * Return: 0 or the errno of vmxcore_register().
 */
int fuzz_yielder_init(void)
{
	static const struct vmxcore_client_desc desc = {
		.name = "fuzz-yields",
		.owner = THIS_MODULE,
		.yield = yield_it,
		.regain = take_again,
	};

	wanted = false;
	held = false;
	yielder = vmxcore_register(&desc);
	return PTR_ERR_OR_ZERO(yielder);
}

/**
 * fuzz_yielder_exit - unregister it
 */
void fuzz_yielder_exit(void)
{
	mutex_lock(&lock);
	wanted = false;
	mutex_unlock(&lock);
	yield_it();
	vmxcore_unregister(yielder);
}

/**
 * fuzz_yielder_holds - does it hold VMX?
 *
 * Return: true or false.
 */
bool fuzz_yielder_holds(void)
{
	bool answer;

	mutex_lock(&lock);
	answer = held;
	mutex_unlock(&lock);
	return answer;
}

/**
 * fuzz_yielder - call: let it want VMX, or no longer
 * @t: thread
 * @s: step
 */
void fuzz_yielder(struct fuzz_thread *t, const struct fuzz_step *s)
{
	int err;

	mutex_lock(&lock);
	wanted = s->how % 2;
	err = take();
	mutex_unlock(&lock);
	if (err)
		fuzz_fail(t, "the client that yields gets no VMX: %d", err);
	if (!(s->how % 2))
		yield_it();
}
