// SPDX-License-Identifier: GPL-2.0-only
/*
 * All VPIDs of a machine, allocated by two clients in turns; and the VPID of a
 * guest.
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

/*
 * Two clients allocate VPIDs in turns until none is left. Returns -EPROTO if
 * one was given out twice, -ERANGE if one is out of range or there were not
 * @wanted of them.
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

/* Frees the VPIDs that the first or the second client has allocated. */
void test_vpids_free(struct vmxcore_client *client, bool second)
{
	int vpid;

	for_each_set_bit(vpid, taken[second], NR_VPIDS)
		vmxcore_vpid_free(client, vpid);
	bitmap_zero(taken[second], NR_VPIDS);
}

/* Forgets the VPIDs of a client that vmxcore has taken back. */
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

/*
 * Asks a CPU for the VPID in its current VMCS. @wanted: the guest must have
 * one, and none that was allocated here. Returns -EPROTO if not, -EFAULT or
 * -EIO if no guest runs there.
 */
int test_guest_vpid(unsigned int cpu, bool wanted)
{
	return test_call_on(cpu, "", compare_vpid, &wanted);
}
