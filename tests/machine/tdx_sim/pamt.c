// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDH.SYS.TDMR.INIT initialises the PAMT of a TDMR, a part with each call.
 * Rules: Base, "TDMR and PAMT Initialization"; ABI and source of the leaf
 * (tdh_sys_tdmr_init.c, pamt_manager.c), which also has the size of a part.
 *
 * On real hardware the PAMT is private memory, and a host that writes to it
 * destroys it and may notice that only much later. The simulation fills the
 * PAMT with a pattern, and a test can check at any time whether the pattern is
 * intact.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "sim.h"

/* The number of 4 KiB pages whose entries one call initialises */
#define STEP_PAGES	1024ULL
#define STEP		(STEP_PAGES * SIZE_4K)
#define PATTERN		0x7464782073696d21ULL

static u64 entries_size(u64 covered, u64 page)
{
	return covered / page * PAMT_ENTRY_SIZE;
}

/*
 * Returns the address of the PAMT entries for the TDMR's bytes from @from to
 * @to, or NULL if there is no memory there.
 */
static u64 *entries(u64 pamt, u64 from, u64 to, u64 page, u64 *pa, u64 *count)
{
	u64 start = entries_size(from, page), size = entries_size(to, page) - start;

	*pa = pamt + start;
	*count = size / sizeof(u64);
	return size ? sim_memory(*pa, size) : NULL;
}

static void fill(u64 pamt, u64 from, u64 to, u64 page)
{
	u64 pa, count, i, *word = entries(pamt, from, to, page, &pa, &count);

	for (i = 0; word && i < count; i++)
		word[i] = PATTERN ^ (pa + i * sizeof(*word));
}

static u64 count_damaged(u64 pamt, u64 to, u64 page)
{
	u64 pa, count, i, damaged = 0, *word = entries(pamt, 0, to, page, &pa, &count);

	for (i = 0; word && i < count; i++)
		damaged += READ_ONCE(word[i]) != (PATTERN ^ (pa + i * sizeof(*word)));
	return damaged;
}

static u64 step(struct tdmr *tdmr)
{
	u64 from = tdmr->next - tdmr->base, to = from + STEP;

	fill(tdmr->pamt_4k, from, to, SIZE_4K);
	fill(tdmr->pamt_2m, from, to, SIZE_2M);
	fill(tdmr->pamt_1g, from, to, SIZE_1G);
	/* Pairs with the acquire in covered_by(). */
	smp_store_release(&tdmr->next, tdmr->next + STEP);
	return tdmr->next;
}

static struct tdmr *find(u64 base)
{
	unsigned int i;

	for (i = 0; i < sim.num_tdmrs; i++) {
		if (sim.tdmrs[i].base == base)
			return &sim.tdmrs[i];
	}
	return NULL;
}

static u64 init_locked(struct tdmr *tdmr, u64 *ready)
{
	sim_stall(TDH_SYS_TDMR_INIT);
	if (tdmr->next >= tdmr->base + tdmr->size)
		return TDX_TDMR_ALREADY_INITIALIZED;
	*ready = round_down(step(tdmr), SIZE_1G);
	return TDX_SUCCESS;
}

/*
 * RCX: the start of a TDMR. Output: RDX, the end of the part that can be used
 */
u64 sim_sys_tdmr_init(struct sim_regs *regs)
{
	struct tdmr *tdmr = find(regs->rcx);
	u64 status;

	sim_default_outputs(regs);
	if (!tdmr)
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	if (atomic_xchg(&tdmr->locked, 1))
		return TDX_OPERAND_BUSY | OPERAND_RCX;
	status = init_locked(tdmr, &regs->rdx);
	atomic_set_release(&tdmr->locked, 0);
	return status;
}

static u64 damaged_words(const struct tdmr *tdmr, u64 covered)
{
	return count_damaged(tdmr->pamt_4k, covered, SIZE_4K) +
	       count_damaged(tdmr->pamt_2m, covered, SIZE_2M) +
	       count_damaged(tdmr->pamt_1g, covered, SIZE_1G);
}

static u64 covered_by(const struct tdmr *tdmr)
{
	/* Pairs with the release in step(). */
	return smp_load_acquire(&tdmr->next) - tdmr->base;
}

/*
 * Returns -EIO if something has overwritten initialised entries, and -ENODATA
 * if none is initialised.
 */
int sim_pamt_intact(void)
{
	u64 covered, total = 0, damaged = 0;
	unsigned int i;

	for (i = 0; i < sim.num_tdmrs; i++) {
		covered = covered_by(&sim.tdmrs[i]);
		total += covered;
		damaged += damaged_words(&sim.tdmrs[i], covered);
	}
	if (damaged)
		return -EIO;
	return total ? 0 : -ENODATA;
}

void sim_pamt_show(struct seq_file *m)
{
	const struct tdmr *tdmr;
	u64 covered;

	for (tdmr = sim.tdmrs; tdmr < sim.tdmrs + sim.num_tdmrs; tdmr++) {
		covered = covered_by(tdmr);
		seq_printf(m, "tdmr 0x%llx size 0x%llx initialised 0x%llx damaged %llu pamt_4k 0x%llx pamt_2m 0x%llx pamt_1g 0x%llx\n",
			   tdmr->base, tdmr->size, covered, damaged_words(tdmr, covered),
			   tdmr->pamt_4k, tdmr->pamt_2m, tdmr->pamt_1g);
	}
}
