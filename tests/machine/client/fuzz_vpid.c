// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's VPIDs and PID-pointer tables.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fuzz.h"

#define NR_VPIDS	(U16_MAX + 1)

/*
 * Nine rounds of these use up all VPIDs, so that freed ones are given out
 * again.
 */
#define MANY		8000

/* All VPIDs that any thread has */
static DECLARE_BITMAP(taken, NR_VPIDS);

static int alloc_for(struct fuzz_thread *t, unsigned int index)
{
	unsigned int misuses = t->misuses;
	int vpid = vmxcore_vpid_alloc(t->claims[index].handle);

	/* The machine has no VPIDs. */
	if (vpid == -EOPNOTSUPP)
		return 0;
	if (vpid <= 0 || vpid >= NR_VPIDS || t->misuses != misuses) {
		fuzz_fail(t, "vpid_alloc for %s returns %d, %u times misuse",
			  fuzz_clients[index].name, vpid, t->misuses - misuses);
		return 0;
	}
	if (test_and_set_bit(vpid, taken))
		fuzz_fail(t, "VPID %d is given twice", vpid);
	return vpid;
}

static void free_of(struct fuzz_thread *t, unsigned int index, int vpid)
{
	unsigned int misuses = t->misuses;

	clear_bit(vpid, taken);
	vmxcore_vpid_free(t->claims[index].handle, vpid);
	if (t->misuses != misuses)
		fuzz_fail(t, "vpid_free of %d by its owner %s counts as misuse", vpid,
			  fuzz_clients[index].name);
}

static void free_one(struct fuzz_thread *t, struct fuzz_vpid *v)
{
	int vpid = v->vpid;

	v->vpid = 0;
	if (vpid)
		free_of(t, v->client, vpid);
}

/* Call: allocate a VPID. */
void fuzz_vpid_alloc(struct fuzz_thread *t, const struct fuzz_step *s)
{
	struct fuzz_vpid *v = &t->vpids[s->how % FUZZ_VPIDS];
	unsigned int index = fuzz_pick_private(t, s->which);

	if (v->vpid || !fuzz_renew(t, index))
		return;
	v->client = index;
	v->vpid = alloc_for(t, index);
}

/* Call: free a VPID. */
void fuzz_vpid_free(struct fuzz_thread *t, const struct fuzz_step *s)
{
	free_one(t, &t->vpids[s->how % FUZZ_VPIDS]);
}

static void take_many(struct fuzz_thread *t, unsigned int index, u16 *vpids)
{
	int i, count;

	for (count = 0; count < MANY && !fuzz_failed(); count++) {
		vpids[count] = alloc_for(t, index);
		if (!vpids[count])
			break;
	}
	for (i = 0; i < count; i++)
		free_of(t, index, vpids[i]);
}

/* Call: allocate many VPIDs and free them. */
void fuzz_vpid_many(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick_private(t, s->which);
	u16 *vpids;

	if (!fuzz_renew(t, index))
		return;
	vpids = kmalloc_array(MANY, sizeof(*vpids), GFP_KERNEL);
	if (vpids)
		take_many(t, index, vpids);
	else
		fuzz_fail(t, "out of memory");
	kfree(vpids);
}

/* Frees all of a thread's VPIDs of a client. */
void fuzz_vpids_free_of(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_vpid *v;

	for (v = t->vpids; v < t->vpids + FUZZ_VPIDS; v++) {
		if (v->client == index)
			free_one(t, v);
	}
}

/* vmxcore is about to take back all VPIDs of a client. */
void fuzz_vpids_taken(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_vpid *v;

	for (v = t->vpids; v < t->vpids + FUZZ_VPIDS; v++) {
		if (v->client != index || !v->vpid)
			continue;
		clear_bit(v->vpid, taken);
		v->vpid = 0;
	}
}

bool fuzz_vpids_all_free(void)
{
	return bitmap_empty(taken, NR_VPIDS);
}

/* Call: use a PID-pointer table from allocation to free. */
void fuzz_pid_table(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int last = s->how % 2048, id = s->which % (last + 1);
	void *descriptor = (void *)t->root;
	struct vmxcore_pid_table *table = vmxcore_pid_table_alloc(last);

	if (IS_ERR(table)) {
		fuzz_fail(t, "pid_table_alloc(%u): %ld", last, PTR_ERR(table));
		return;
	}
	if (table->last != last || memchr_inv(table->entries, 0, (last + 1) * sizeof(u64)) ||
	    vmxcore_pid_table_set(table, last + 1, descriptor) != -EINVAL ||
	    vmxcore_pid_table_set(table, id, descriptor + 1) != -EINVAL ||
	    vmxcore_pid_table_set(table, id, descriptor) ||
	    table->entries[id] != (virt_to_phys(descriptor) | VMXCORE_PID_VALID))
		fuzz_fail(t, "PID-pointer table of %u, entry %u", last, id);
	vmxcore_pid_table_clear(table, id);
	if (memchr_inv(table->entries, 0, (last + 1) * sizeof(u64)))
		fuzz_fail(t, "PID-pointer table of %u, entry %u, is not clear", last, id);
	vmxcore_pid_table_free(table);
}
