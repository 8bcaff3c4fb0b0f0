// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's VMCSs, each used by one task as the contract demands, and EPT
 * roots. A guest runs on each VMCS that is loaded, and the CPU is asked whether
 * it has been VMCLEARed (launch.c).
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "cpus.h"
#include "fuzz.h"
#include "test.h"

/* Memory type write-back, and a page walk of four levels */
#define EPTP_BITS	0x1e

static struct fuzz_vmcs *vmcs_of(struct fuzz_thread *t, u32 which)
{
	return &t->vmcss[which % FUZZ_VMCSS];
}

static void must_be_clear(const struct fuzz_thread *t, const struct fuzz_vmcs *v, const char *why)
{
	int err = v->page ? test_vmcs_cleared(virt_to_phys(v->page)) : 0;

	if (err == -EPROTO)
		fuzz_fail(t, "VMCS %d of CPU %d has not been VMCLEARed: %s",
			  (int)(v - t->vmcss), v->last_cpu, why);
	else if (err)
		fuzz_fail(t, "no CPU can tell whether VMCS %d has been VMCLEARed: %d",
			  (int)(v - t->vmcss), err);
}

/* Returns whether the CPU on which it was active has gone offline since. */
static bool gone_with_cpu(const struct fuzz_vmcs *v)
{
	return v->last_cpu >= 0 && v->downs != fuzz_downs(v->last_cpu);
}

static void check_gone(const struct fuzz_thread *t, const struct fuzz_vmcs *v)
{
	if (!v->clear && gone_with_cpu(v))
		must_be_clear(t, v, "its CPU has gone offline");
}

/*
 * Returns true if VMX has certainly been on since the load, on the CPU of the
 * load.
 */
static bool active(const struct fuzz_thread *t, const struct fuzz_vmcs *v)
{
	const struct fuzz_claim *claim = &t->claims[v->client];

	return !v->clear && v->last_cpu >= 0 && !gone_with_cpu(v) && claim->all && v->epoch &&
	       v->epoch == claim->epoch;
}

static void note_load(const struct fuzz_thread *t, struct fuzz_vmcs *v)
{
	const struct fuzz_claim *claim = &t->claims[v->client];

	v->last_cpu = smp_processor_id();
	v->downs = fuzz_downs(v->last_cpu);
	v->clear = false;
	v->epoch = claim->all ? claim->epoch : 0;
	if (v->page && test_launch(v->page))
		fuzz_fail(t, "a VMCS is loaded on CPU %u, and no guest can be entered there",
			  v->last_cpu);
}

static struct vmxcore_vmcs *adopt(struct fuzz_vmcs *v, struct vmxcore_client *client)
{
	v->page = test_vmcs_page();
	if (!v->page)
		return ERR_PTR(-ENOMEM);
	return vmxcore_vmcs_adopt(client, v->page);
}

static void forget(struct fuzz_vmcs *v)
{
	free_page((unsigned long)v->page);
	memset(v, 0, sizeof(*v));
}

/* Call: allocate or adopt a VMCS. */
void fuzz_vmcs_make(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick_private(t, s->which);
	struct fuzz_vmcs *v = vmcs_of(t, s->how);
	struct vmxcore_client *client;

	if (v->state != FUZZ_VMCS_NONE || !fuzz_renew(t, index))
		return;
	client = t->claims[index].handle;
	v->client = index;
	v->last_cpu = -1;
	v->clear = true;
	if (s->how / 8 % 4)
		v->handle = adopt(v, client);
	else
		v->handle = vmxcore_vmcs_alloc(client, NUMA_NO_NODE);
	if (!IS_ERR(v->handle)) {
		v->state = FUZZ_VMCS_THERE;
		return;
	}
	fuzz_fail(t, "a VMCS for %s: %ld", fuzz_clients[index].name, PTR_ERR(v->handle));
	forget(v);
}

/* A client does not know the address of a VMCS that vmxcore has allocated. */
static bool is_current(const struct fuzz_vmcs *v)
{
	u64 pa = test_current_vmcs();

	if (this_cpu_read(vmxcore_current_vmcs) != v->handle)
		return false;
	return v->page ? pa == virt_to_phys(v->page) : pa != NO_CURRENT_VMCS;
}

static void judge_load(const struct fuzz_thread *t, const struct fuzz_vmcs *v, bool was_active,
		       int news)
{
	bool moved = v->last_cpu != smp_processor_id();
	int wanted = VMXCORE_VMCS_CLEAR | (moved ? VMXCORE_VMCS_MOVED : 0);

	if (news < 0)
		fuzz_fail(t, "loading a VMCS of %s, which holds CPU %u: %d",
			  fuzz_clients[v->client].name, smp_processor_id(), news);
	else if (news != wanted && (news || moved || v->clear))
		fuzz_fail(t, "loading a VMCS: result %d instead of %d, last on CPU %d, clear %d",
			  news, wanted, v->last_cpu, v->clear);
	else if (news && was_active && !moved)
		fuzz_fail(t, "a VMCS that is active on CPU %d is clear", v->last_cpu);
	else if (!is_current(v))
		fuzz_fail(t, "a VMCS is loaded on CPU %u, and is not current",
			  smp_processor_id());
	else if (news & VMXCORE_VMCS_CLEAR)
		must_be_clear(t, v, "the load says so");
}

/*
 * A load without a reference is misuse, but if the VMCS is still current the
 * load is only a comparison and succeeds.
 */
static void judge_without_reference(const struct fuzz_thread *t, const struct fuzz_vmcs *v,
				    unsigned int misuses, int news)
{
	bool may_be_current = v->last_cpu == smp_processor_id() && !v->clear;

	if (!news && may_be_current && t->misuses == misuses)
		return;
	if (news != -EINVAL || t->misuses != misuses + 1)
		fuzz_fail(t, "loading a VMCS without a reference: %d", news);
}

static void load_here(struct fuzz_thread *t, struct fuzz_vmcs *v, bool wrongly)
{
	bool holds = fuzz_holds_here(t, v->client), was_active = active(t, v);
	unsigned int misuses = t->misuses;
	int news;

	if (!holds && !wrongly)
		return;
	news = vmxcore_vmcs_load(v->handle);
	if (!holds) {
		judge_without_reference(t, v, misuses, news);
		return;
	}
	judge_load(t, v, was_active, news);
	if (news >= 0)
		note_load(t, v);
}

/* Call: load a VMCS. */
void fuzz_vmcs_load(struct fuzz_thread *t, const struct fuzz_step *s)
{
	struct fuzz_vmcs *v = vmcs_of(t, s->which);

	if (v->state != FUZZ_VMCS_THERE)
		return;
	check_gone(t, v);
	preempt_disable();
	if (smp_processor_id() < FUZZ_MAX_CPUS)
		load_here(t, v, !(s->how % 16));
	preempt_enable();
}

struct borrow {
	struct fuzz_thread *t;
	struct fuzz_vmcs *v;
};

static void judge_borrow(const struct borrow *borrow, bool was_active, int news)
{
	const struct fuzz_vmcs *v = borrow->v;
	bool here = v->clear || v->last_cpu == smp_processor_id();

	if (news == -EBUSY && !here)
		return;
	if (news < 0)
		fuzz_fail(borrow->t, "borrowing a VMCS on CPU %u: %d", smp_processor_id(), news);
	else if (was_active && !here)
		fuzz_fail(borrow->t, "borrowed on CPU %u while active on CPU %d",
			  smp_processor_id(), v->last_cpu);
	else if (v->page && test_current_vmcs() != virt_to_phys(v->page))
		fuzz_fail(borrow->t, "a VMCS is borrowed, and is not current");
}

static void borrow_here(void *data)
{
	const struct borrow *borrow = data;
	bool was_active = active(borrow->t, borrow->v);
	u64 before = test_current_vmcs(), interrupted;
	int news;

	if (smp_processor_id() >= FUZZ_MAX_CPUS || !fuzz_holds_here(borrow->t, borrow->v->client))
		return;
	news = vmxcore_vmcs_borrow(borrow->v->handle, &interrupted);
	judge_borrow(borrow, was_active, news);
	if (news < 0)
		return;
	vmxcore_vmcs_return(borrow->v->handle, interrupted);
	if (before != NO_CURRENT_VMCS && test_current_vmcs() != before)
		fuzz_fail(borrow->t, "a VMCS is borrowed, and the interrupted one not back");
	note_load(borrow->t, borrow->v);
}

/* Call: borrow a VMCS in an interrupt and return it. */
void fuzz_vmcs_borrow(struct fuzz_thread *t, const struct fuzz_step *s)
{
	struct borrow borrow = { .t = t, .v = vmcs_of(t, s->which) };

	if (borrow.v->state != FUZZ_VMCS_THERE)
		return;
	check_gone(t, borrow.v);
	fuzz_here(t, s->how % 2 ? FUZZ_IRQ : FUZZ_IRQS_OFF, borrow_here, &borrow);
}

/* Call: VMCLEAR a VMCS. */
void fuzz_vmcs_clear(struct fuzz_thread *t, const struct fuzz_step *s)
{
	struct fuzz_vmcs *v = vmcs_of(t, s->which);

	if (v->state != FUZZ_VMCS_THERE)
		return;
	check_gone(t, v);
	vmxcore_vmcs_clear(v->handle);
	must_be_clear(t, v, "vmcs_clear");
	v->clear = true;
}

static void free_one(struct fuzz_thread *t, struct fuzz_vmcs *v)
{
	unsigned int misuses = t->misuses;

	if (v->state != FUZZ_VMCS_THERE)
		return;
	check_gone(t, v);
	vmxcore_vmcs_free(v->handle);
	if (t->misuses != misuses)
		fuzz_fail(t, "freeing a VMCS counts as misuse");
	must_be_clear(t, v, "vmcs_free");
	free_page((unsigned long)v->page);
	v->page = NULL;
	v->state = FUZZ_VMCS_STALE;
}

/* Call: free a VMCS, or forget a stale handle. */
void fuzz_vmcs_free(struct fuzz_thread *t, const struct fuzz_step *s)
{
	struct fuzz_vmcs *v = vmcs_of(t, s->which);

	if (v->state == FUZZ_VMCS_STALE)
		forget(v);
	else
		free_one(t, v);
}

/* Frees all of a thread's VMCSs of a client. */
void fuzz_vmcss_free_of(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_vmcs *v;

	for (v = t->vmcss; v < t->vmcss + FUZZ_VMCSS; v++) {
		if (v->client == index)
			free_one(t, v);
	}
}

/* vmxcore has taken back all VMCSs of a client. */
void fuzz_vmcss_taken(struct fuzz_thread *t, unsigned int index)
{
	struct fuzz_vmcs *v;

	for (v = t->vmcss; v < t->vmcss + FUZZ_VMCSS; v++) {
		if (v->state != FUZZ_VMCS_THERE || v->client != index)
			continue;
		must_be_clear(t, v, "its client is unregistered");
		v->state = FUZZ_VMCS_STALE;
	}
}

void fuzz_vmcss_forget(struct fuzz_thread *t)
{
	struct fuzz_vmcs *v;

	for (v = t->vmcss; v < t->vmcss + FUZZ_VMCSS; v++)
		forget(v);
}

/* Call: activate an EPT root on this CPU. */
void fuzz_ept(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick_private(t, s->which);
	int err = 0;

	preempt_disable();
	if (fuzz_holds_here(t, index))
		err = vmxcore_ept_activate(virt_to_phys((void *)t->root) | EPTP_BITS);
	preempt_enable();
	/* The machine has no EPT. */
	if (err && err != -EOPNOTSUPP)
		fuzz_fail(t, "ept_activate for %s: %d", fuzz_clients[index].name, err);
}
