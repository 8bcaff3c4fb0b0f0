// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misuse on purpose, each kind in a state in which it certainly is misuse; and
 * a count of the misuse that vmxcore reports, by calling thread. The count
 * shows that a good call was refused even if the call has no result.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "fuzz.h"
#include "test.h"

static int count_misuse(struct kprobe *probe, struct pt_regs *regs)
{
	struct fuzz_thread *t = fuzz_caller();

	if (t)
		WRITE_ONCE(t->misuses, t->misuses + 1);
	else
		fuzz_fail(NULL, "misuse by a task that is not the fuzzer's");
	return 0;
}

static struct kprobe probe;

/* Counts misuse from here on. */
int fuzz_misuse_init(void)
{
	memset(&probe, 0, sizeof(probe));
	probe.symbol_name = "vmxcore:vmxcore_misuse";
	probe.pre_handler = count_misuse;
	return register_kprobe(&probe);
}

void fuzz_misuse_exit(void)
{
	unregister_kprobe(&probe);
}

/*
 * Results of a wrong call: it would not be wrong now and was not made, or it
 * returns void.
 */
#define NOT_CALLED	1
#define VOID		0

static int get_null(struct fuzz_thread *t, unsigned int index)
{
	return vmxcore_get(NULL);
}

static int put_null(struct fuzz_thread *t, unsigned int index)
{
	vmxcore_put(NULL);
	return VOID;
}

static int unregister_null(struct fuzz_thread *t, unsigned int index)
{
	vmxcore_unregister(NULL);
	return VOID;
}

static int vmcs_null(struct fuzz_thread *t, unsigned int index)
{
	int err;

	preempt_disable();
	err = vmxcore_vmcs_load(NULL);
	preempt_enable();
	return err;
}

static int get_atomic(struct fuzz_thread *t, unsigned int index)
{
	return test_get_atomic(t->claims[index].handle);
}

static int put_atomic(struct fuzz_thread *t, unsigned int index)
{
	return test_put_atomic(t->claims[index].handle);
}

static int unregister_atomic(struct fuzz_thread *t, unsigned int index)
{
	return test_unregister_atomic(t->claims[index].handle);
}

static int vmcs_atomic(struct fuzz_thread *t, unsigned int index)
{
	struct vmxcore_vmcs *vmcs;

	preempt_disable();
	vmcs = vmxcore_vmcs_alloc(t->claims[index].handle, NUMA_NO_NODE);
	preempt_enable();
	return PTR_ERR_OR_ZERO(vmcs);
}

static int vpid_atomic(struct fuzz_thread *t, unsigned int index)
{
	int err;

	preempt_disable();
	err = vmxcore_vpid_alloc(t->claims[index].handle);
	preempt_enable();
	return err;
}

static int get_cpu_preemptible(struct fuzz_thread *t, unsigned int index)
{
	return vmxcore_get_cpu(t->claims[index].handle);
}

static int put_without_get(struct fuzz_thread *t, unsigned int index)
{
	if (t->claims[index].all)
		return NOT_CALLED;
	vmxcore_put(t->claims[index].handle);
	return VOID;
}

static int put_cpu_without_get(struct fuzz_thread *t, unsigned int index)
{
	const struct fuzz_cell *cell;
	int result = NOT_CALLED;

	preempt_disable();
	cell = this_cpu_ptr(&fuzz_cells[index]);
	if (cell->phase != t->claims[index].phase || (!cell->live && !cell->dead)) {
		vmxcore_put_cpu(t->claims[index].handle);
		result = VOID;
	}
	preempt_enable();
	return result;
}

static int free_foreign_vpid(struct fuzz_thread *t, unsigned int index)
{
	const struct fuzz_vpid *v;

	for (v = t->vpids; v < t->vpids + FUZZ_VPIDS; v++) {
		if (v->vpid && v->client != index) {
			vmxcore_vpid_free(t->claims[index].handle, v->vpid);
			return VOID;
		}
	}
	return NOT_CALLED;
}

static struct fuzz_vmcs *stale_vmcs(struct fuzz_thread *t)
{
	struct fuzz_vmcs *v;

	for (v = t->vmcss; v < t->vmcss + FUZZ_VMCSS; v++) {
		if (v->state == FUZZ_VMCS_STALE)
			return v;
	}
	return NULL;
}

static int load_stale(struct fuzz_thread *t, unsigned int index)
{
	const struct fuzz_vmcs *v = stale_vmcs(t);
	int err;

	if (!v)
		return NOT_CALLED;
	preempt_disable();
	err = vmxcore_vmcs_load(v->handle);
	preempt_enable();
	return err;
}

static int clear_stale(struct fuzz_thread *t, unsigned int index)
{
	const struct fuzz_vmcs *v = stale_vmcs(t);

	if (!v)
		return NOT_CALLED;
	vmxcore_vmcs_clear(v->handle);
	return VOID;
}

static int free_stale(struct fuzz_thread *t, unsigned int index)
{
	const struct fuzz_vmcs *v = stale_vmcs(t);

	if (!v)
		return NOT_CALLED;
	vmxcore_vmcs_free(v->handle);
	return VOID;
}

static const struct {
	const char *what;
	int (*call)(struct fuzz_thread *t, unsigned int index);
} wrong[] = {
	{ "get of NULL", get_null },
	{ "put of NULL", put_null },
	{ "unregister of NULL", unregister_null },
	{ "vmcs_load of NULL", vmcs_null },
	{ "get in atomic context", get_atomic },
	{ "put in atomic context", put_atomic },
	{ "unregister in atomic context", unregister_atomic },
	{ "vmcs_alloc in atomic context", vmcs_atomic },
	{ "vpid_alloc in atomic context", vpid_atomic },
	{ "get_cpu where it can be preempted", get_cpu_preemptible },
	{ "put without a get", put_without_get },
	{ "put_cpu without a get", put_cpu_without_get },
	{ "vpid_free of another client's", free_foreign_vpid },
	{ "vmcs_load by a stale handle", load_stale },
	{ "vmcs_clear by a stale handle", clear_stale },
	{ "vmcs_free by a stale handle", free_stale },
};

/* Call: make one wrong call and check that it is reported once. */
void fuzz_misuse(struct fuzz_thread *t, const struct fuzz_step *s)
{
	unsigned int index = fuzz_pick_private(t, s->which), i = s->how % ARRAY_SIZE(wrong);
	unsigned int misuses = t->misuses;
	int result;

	if (!fuzz_renew(t, index))
		return;
	result = wrong[i].call(t, index);
	if (result == NOT_CALLED)
		return;
	if ((result != VOID && result != -EINVAL) || t->misuses != misuses + 1)
		fuzz_fail(t, "%s returns %d and is reported as misuse %u times",
			  wrong[i].what, result, t->misuses - misuses);
}
