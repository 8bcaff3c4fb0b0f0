// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer unregisters clients, with or without the references, VMCSs and
 * VPIDs that they hold. This is a file of its own because it calls the files
 * that keep these, and they call fuzz_clients.c.
 */
#include "fuzz.h"

/*
 * Unregisters a client, whichever threads use it at the moment. What this
 * thread holds of it is void afterwards.
 */
void fuzz_unregister_one(struct fuzz_thread *t, unsigned int index)
{
	unsigned int misuses = t->misuses;
	int phase;

	if (!fuzz_begin_unregister(index, &phase))
		return;
	if (fuzz_is_private(index))
		fuzz_vpids_taken(t, index);
	vmxcore_unregister(fuzz_clients[index].handle);
	if (index < FUZZ_SHARED)
		fuzz_loan_taken(t, index);
	fuzz_end_unregister(index, phase);
	if (misuses != t->misuses)
		fuzz_fail(t, "unregister of %s counts as misuse", fuzz_clients[index].name);
	if (fuzz_is_private(index))
		fuzz_vmcss_taken(t, index);
}

/* One time in four the client still holds something, which vmxcore takes back. */
static void unregister_private(struct fuzz_thread *t, unsigned int index, u32 how)
{
	if (how % 4) {
		fuzz_vmcss_free_of(t, index);
		fuzz_vpids_free_of(t, index);
		fuzz_put_all_of(t, index);
	}
	fuzz_unregister_one(t, index);
}

/* Call: unregister one of this thread's own clients, or one that others use. */
void fuzz_unregister(struct fuzz_thread *t, const struct fuzz_step *s)
{
	if (s->which % 4)
		unregister_private(t, fuzz_pick_private(t, s->which / 4), s->how);
	else
		fuzz_unregister_one(t, s->which / 4 % FUZZ_SHARED);
}

/* Call: register the exclusive client, or unregister it. */
void fuzz_alone(struct fuzz_thread *t, const struct fuzz_step *s)
{
	if (fuzz_there(FUZZ_ALONE))
		fuzz_unregister_one(t, FUZZ_ALONE);
	else
		fuzz_register_exclusive(t, s->how);
}
