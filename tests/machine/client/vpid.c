// SPDX-License-Identifier: GPL-2.0-only
/*
 * All VPIDs of a machine, taken by two clients in turns; and that of a guest.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/smp.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>
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

static int read_vpid(unsigned long *vpid)
{
	unsigned long first = 0, second = 0;
	int err = vmxcore_vmread(CPU_BASED_VM_EXEC_CONTROL, &first);

	if (!err && (first & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS))
		err = vmxcore_vmread(SECONDARY_VM_EXEC_CONTROL, &second);
	*vpid = 0;
	if (!err && (second & SECONDARY_EXEC_ENABLE_VPID))
		err = vmxcore_vmread(VIRTUAL_PROCESSOR_ID, vpid);
	return err;
}

static int compare_vpid(void *data)
{
	bool wanted = *(bool *)data;
	unsigned long vpid;
	int err = read_vpid(&vpid);

	if (err)
		return err;
	if (wanted == !!vpid && !test_bit(vpid, taken[0]) && !test_bit(vpid, taken[1]))
		return 0;
	pr_err("the guest on CPU %u has VPID %lu\n", smp_processor_id(), vpid);
	return -EPROTO;
}

/**
 * test_guest_vpid - ask a CPU for the VPID of the guest whose VMCS is current there
 * @cpu: where a guest runs
 * @wanted: is it to have one? It must be none of those that were taken here
 *
 * Return: 0; -EPROTO: it is not so; -EFAULT, -EIO: there is no guest; -ENXIO: no such CPU.
 */
int test_guest_vpid(unsigned int cpu, bool wanted)
{
	return test_call_on(cpu, "", compare_vpid, &wanted);
}
