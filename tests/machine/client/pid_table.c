// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PID-pointer table that all CPUs set, clear and read at the same time. The
 * emulator does not execute IPI virtualization, so the test compares what a CPU
 * would find.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

#define MAX_ID		1023
#define ROUNDS		2000

struct descriptor {
	u8 bytes[64];
} __aligned(64);

struct play {
	struct vmxcore_pid_table *table;
	struct descriptor *descriptors;
	atomic_t wrong;
};

static bool is_complete(const struct play *play, unsigned int id)
{
	u64 entry = READ_ONCE(play->table->entries[id]);

	return !entry ||
	       entry == (virt_to_phys(&play->descriptors[id]) | VMXCORE_PID_VALID);
}

static void set_and_clear(void *data)
{
	struct play *play = data;
	unsigned int i, id;

	for (i = 0; i < ROUNDS; i++) {
		id = (i * 7 + smp_processor_id()) % (MAX_ID + 1);
		if (i % 2)
			vmxcore_pid_table_clear(play->table, id);
		else if (vmxcore_pid_table_set(play->table, id, &play->descriptors[id]))
			atomic_inc(&play->wrong);
		if (!is_complete(play, id) || !is_complete(play, (id * 5) % (MAX_ID + 1)))
			atomic_inc(&play->wrong);
	}
}

static int check_refused(struct play *play)
{
	if (PTR_ERR_OR_ZERO(vmxcore_pid_table_alloc(VMXCORE_MAX_VCPU_ID + 1)) != -EINVAL ||
	    vmxcore_pid_table_set(play->table, MAX_ID + 1, play->descriptors) != -EINVAL ||
	    vmxcore_pid_table_set(play->table, 0, &play->descriptors->bytes[32]) != -EINVAL)
		return -EPROTO;
	return 0;
}

static int check_cleared(struct play *play)
{
	unsigned int id;

	for (id = 0; id <= MAX_ID; id++)
		vmxcore_pid_table_clear(play->table, id);
	return memchr_inv(play->table->entries, 0, (MAX_ID + 1) * sizeof(u64)) ? -EPROTO : 0;
}

/*
 * Returns -EPROTO if an entry was incomplete or an invalid argument was
 * accepted.
 */
int test_pid_table(void)
{
	struct play play = { .wrong = ATOMIC_INIT(0) };
	int err = -ENOMEM;

	play.table = vmxcore_pid_table_alloc(MAX_ID);
	if (IS_ERR(play.table))
		return PTR_ERR(play.table);
	play.descriptors = kcalloc(MAX_ID + 1, sizeof(*play.descriptors), GFP_KERNEL);
	if (play.descriptors) {
		on_each_cpu(set_and_clear, &play, 1);
		err = check_refused(&play) ?: check_cleared(&play);
		if (!err && atomic_read(&play.wrong))
			err = -EPROTO;
	}
	kfree(play.descriptors);
	vmxcore_pid_table_free(play.table);
	return err;
}
