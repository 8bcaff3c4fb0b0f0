// SPDX-License-Identifier: GPL-2.0-only
/*
 * All VPIDs of a machine, taken by two clients in turns.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/limits.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

#define NR_VPIDS	(U16_MAX + 1)

static DECLARE_BITMAP(taken[2], NR_VPIDS);

static int take_all(struct vmxcore_client *clients[2], unsigned int *count)
{
	unsigned int turn;
	int vpid;

	for (turn = 0;; turn = !turn) {
		vpid = vmxcore_vpid_alloc(clients[turn]);
		if (vpid == -ENOSPC)
			return 0;
		if (vpid <= 0 || vpid >= NR_VPIDS)
			return vpid ?: -ERANGE;
		if (test_bit(vpid, taken[0]) || test_bit(vpid, taken[1])) {
			pr_err("VPID %d is given twice\n", vpid);
			return -EPROTO;
		}
		__set_bit(vpid, taken[turn]);
		(*count)++;
	}
}

/**
 * test_vpids_take - two clients take VPIDs in turns until there are none
 * @a: one
 * @b: the other
 * @wanted: how many there should be
 *
 * Return: 0; -EPROTO: one was given twice; -ERANGE: one out of range, or there were more or
 * less than wanted; another error of vmxcore_vpid_alloc().
 */
int test_vpids_take(struct vmxcore_client *a, struct vmxcore_client *b, unsigned int wanted)
{
	struct vmxcore_client *clients[] = { a, b };
	unsigned int count = 0;
	int err = take_all(clients, &count);

	if (!err && count != wanted) {
		pr_err("%u VPIDs instead of %u\n", count, wanted);
		return -ERANGE;
	}
	return err;
}

/**
 * test_vpids_free - a client gives back what it took
 * @client: who
 * @second: the second of the two
 */
void test_vpids_free(struct vmxcore_client *client, bool second)
{
	int vpid;

	for_each_set_bit(vpid, taken[second], NR_VPIDS)
		vmxcore_vpid_free(client, vpid);
	bitmap_zero(taken[second], NR_VPIDS);
}

/**
 * test_vpids_forget - a client has lost what it took
 * @second: the second of the two
 */
void test_vpids_forget(bool second)
{
	bitmap_zero(taken[second], NR_VPIDS);
}
