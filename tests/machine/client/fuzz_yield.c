// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of the fuzzer that yields VMX to an exclusive client, and regains it
 * afterwards, as vmxcore's own client for enable_virt_at_load does.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "fuzz.h"

static struct vmxcore_client *yielder;
static DEFINE_MUTEX(lock);

/* Whether it wants a reference, and whether it has one */
static bool wanted, held;

static void yield_it(void)
{
	mutex_lock(&lock);
	if (held)
		vmxcore_put(yielder);
	held = false;
	mutex_unlock(&lock);
}

/*
 * An exclusive client may be registered (again); regain() is called when that
 * ends.
 */
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

void fuzz_yielder_exit(void)
{
	mutex_lock(&lock);
	wanted = false;
	mutex_unlock(&lock);
	yield_it();
	vmxcore_unregister(yielder);
}

bool fuzz_yielder_holds(void)
{
	bool answer;

	mutex_lock(&lock);
	answer = held;
	mutex_unlock(&lock);
	return answer;
}

/* Call: let the client want a reference, or no longer. */
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
