// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes each operation of vmxcore's with a failing allocation: first the
 * first one fails, then the second, and so on until none is left to fail. Each
 * time the error is the documented one, vmxcore's state and the hardware are as
 * before, the operation works right after, and no memory is leaked in the end.
 * An allocation that is added later is covered, too.
 */
#include <linux/err.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>

#include "../alloc.h"
#include "world.h"

#define MAX_ALLOCATIONS	200
/* This CPU goes offline and comes online. */
#define COMING_CPU	2

static struct vmxcore_client *client;
static struct vmxcore_vmcs *vmcs;
static struct vmxcore_pid_table *table;
static void *page;
static int vpid;

/**
 * struct operation - an operation that may allocate memory
 * @name: its name
 * @allocates: it allocates memory; if false, it must never do so
 * @begin: prepares the operation, and returns 0 or an error
 * @run: executes the operation completely and returns 0, or does nothing and
 *	returns -ENOMEM
 * @undo: undoes @run
 * @end: undoes @begin
 */
struct operation {
	const char *name;
	bool allocates;
	int (*begin)(void);
	int (*run)(void);
	void (*undo)(void);
	void (*end)(void);
};

static bool shown(const char *path)
{
	struct kernfs_node *node = kernfs_walk_and_get(kernel_kobj->sd, path);

	kernfs_put(node);
	return node;
}

static int nothing(void)
{
	return 0;
}

static void no_undo(void)
{
}

static int load(void)
{
	return world_load(NULL);
}

static void unload(void)
{
	world_unload(NULL);
}

/*
 * With enable_virt_at_load vmxcore is a client of itself, also if sysfs has no
 * memory to show it.
 */
static int load_always(void)
{
	int err;

	world_at_load(true);
	err = load();
	world_at_load(false);
	if (err || shown("vmxcore/clients/vmxcore"))
		return err;
	if (!hw_on(0))
		return -ENODATA;
	unload();
	return -ENOMEM;
}

static int register_with(unsigned int flags)
{
	client = world_register(0, false, flags);
	if (IS_ERR(client))
		return PTR_ERR(client);
	if (shown("vmxcore/clients/c0"))
		return 0;
	/* A client is registered even if sysfs has no memory to show it. */
	if (vmxcore_get(client))
		return -ENODATA;
	vmxcore_unregister(client);
	return -ENOMEM;
}

static int register_client(void)
{
	return register_with(0);
}

static int register_alone(void)
{
	return register_with(VMXCORE_EXCLUSIVE);
}

static void unregister_client(void)
{
	vmxcore_unregister(client);
}

static int have_client(void)
{
	return load() ?: register_client();
}

static void unregister_and_unload(void)
{
	unregister_client();
	unload();
}

static int get(void)
{
	return vmxcore_get(client);
}

static void put(void)
{
	vmxcore_put(client);
}

static int have_reference(void)
{
	return have_client() ?: get();
}

static int get_cpu_in_task(void)
{
	return world_get_cpu(client, 1, WORLD_TASK);
}

static int get_cpu_in_irq(void)
{
	return world_get_cpu(client, 1, WORLD_IRQ);
}

static void put_that_cpu(void)
{
	world_put_cpu(client, 1, WORLD_TASK);
}

static int have_cpu_offline(void)
{
	return have_reference() ?: world_down(COMING_CPU);
}

static int cpu_comes(void)
{
	return world_up(COMING_CPU);
}

static void cpu_goes(void)
{
	world_down(COMING_CPU);
}

static void cpu_is_back(void)
{
	cpu_comes();
	unregister_and_unload();
}

static int alloc_vmcs(void)
{
	vmcs = vmxcore_vmcs_alloc(client, NUMA_NO_NODE);
	return PTR_ERR_OR_ZERO(vmcs);
}

static void free_vmcs(void)
{
	vmxcore_vmcs_free(vmcs);
}

static int have_page(void)
{
	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOENT;
	*(u32 *)page = HW_REVISION;
	return have_client();
}

static int adopt_vmcs(void)
{
	vmcs = vmxcore_vmcs_adopt(client, page);
	return PTR_ERR_OR_ZERO(vmcs);
}

static void free_the_page(void)
{
	unregister_and_unload();
	free_page((unsigned long)page);
}

static int have_vmcs(void)
{
	return have_reference() ?: alloc_vmcs();
}

static int load_vmcs(void)
{
	int news = world_vmcs_load(1, vmcs);

	return news < 0 ? news : 0;
}

static void clear_vmcs(void)
{
	vmxcore_vmcs_clear(vmcs);
}

static int alloc_vpid(void)
{
	vpid = vmxcore_vpid_alloc(client);
	return vpid < 0 ? vpid : 0;
}

static void free_vpid(void)
{
	vmxcore_vpid_free(client, vpid);
}

static int alloc_table(void)
{
	table = vmxcore_pid_table_alloc(VMXCORE_MAX_VCPU_ID);
	return PTR_ERR_OR_ZERO(table);
}

static void free_table(void)
{
	vmxcore_pid_table_free(table);
}

static const struct operation operations[] = {
	{ "load", true, nothing, load, unload, no_undo },
	{ "load, VMX on from there", true, nothing, load_always, unload, no_undo },
	{ "register", true, load, register_client, unregister_client, unload },
	{ "register alone", true, load, register_alone, unregister_client, unload },
	{ "first get", false, have_client, get, put, unregister_and_unload },
	{ "get_cpu", false, have_client, get_cpu_in_task, put_that_cpu, unregister_and_unload },
	{ "get_cpu in an interrupt", false, have_client, get_cpu_in_irq, put_that_cpu,
		unregister_and_unload },
	{ "a CPU comes online", false, have_cpu_offline, cpu_comes, cpu_goes, cpu_is_back },
	{ "suspend and resume", false, have_reference, world_suspend, no_undo,
		unregister_and_unload },
	{ "allocate a VMCS", true, have_client, alloc_vmcs, free_vmcs, unregister_and_unload },
	{ "adopt a VMCS", true, have_page, adopt_vmcs, free_vmcs, free_the_page },
	{ "load a VMCS", false, have_vmcs, load_vmcs, clear_vmcs, unregister_and_unload },
	{ "allocate a VPID", false, have_client, alloc_vpid, free_vpid, unregister_and_unload },
	{ "allocate a PID-pointer table", true, nothing, alloc_table, free_table, no_undo },
};

static void describe(const struct operation *operation, char *text)
{
	strscpy(text, operation->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(operation, operations, describe);

/* Everything that an operation that failed could have changed */
struct state {
	struct {
		bool online, on, vmxe, pt_told, all;
		unsigned int nr_active, refs;
		enum vmxcore_cpu_state state;
	} cpus[WORLD_CPUS];
	struct {
		int refs, places;
		unsigned int nr_vmcss, nr_vpids, live;
	} clients[VMXCORE_MAX_CLIENTS];
	bool shown, slot_filled;
	int pins;
};

static void look_at_clients(struct state *s)
{
	struct vmxcore_client_entry *entry = NULL;
	unsigned int cpu, i;

	while ((entry = vmxcore_entry_next(entry))) {
		i = vmxcore_entry_index(entry);
		s->clients[i].refs = vmxcore_entry_refs(entry);
		s->clients[i].places = atomic_read(&entry->nr_held);
		s->clients[i].nr_vmcss = entry->nr_vmcss;
		s->clients[i].nr_vpids = entry->nr_vpids;
		for_each_possible_cpu(cpu)
			s->clients[i].live += per_cpu_ptr(entry->cpu_refs, cpu)->live;
	}
}

static void look(struct state *s)
{
	unsigned int cpu;

	memset(s, 0, sizeof(*s));
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		const struct vmxcore_cpu *books = per_cpu_ptr(&vmxcore_cpu, cpu);
		const struct hw_cpu *hw = per_cpu_ptr(&hw_cpu, cpu);

		s->cpus[cpu].online = cpu_online(cpu);
		s->cpus[cpu].on = hw->on;
		s->cpus[cpu].vmxe = hw->vmxe;
		s->cpus[cpu].pt_told = hw->pt_told;
		s->cpus[cpu].nr_active = hw->nr_active;
		s->cpus[cpu].all = books->system_ref;
		s->cpus[cpu].refs = books->refs;
		s->cpus[cpu].state = books->state;
	}
	look_at_clients(s);
	s->shown = shown("vmxcore");
	s->slot_filled = hw_slot_filled();
	s->pins = hw_pins();
}

struct round {
	struct state before;
	struct state after;
	unsigned int calls;
};

static void expect_as_before(struct kunit *test, struct round *r, unsigned int nth)
{
	look(&r->after);
	KUNIT_ASSERT_EQ_MSG(test, memcmp(&r->before, &r->after, sizeof(r->before)), 0,
			    "something is left: allocation %u failed", nth);
	KUNIT_ASSERT_STREQ_MSG(test, hw_broken() ?: "", "", "broken rule");
}

/* Executes the operation once with its nth allocation failing. */
static void fail_one(struct kunit *test, const struct operation *o, struct round *r,
		     unsigned int nth)
{
	unsigned int before;
	int err;

	alloc_watch(0);
	KUNIT_ASSERT_EQ(test, o->begin(), 0);
	look(&r->before);
	before = alloc_calls();
	alloc_fail(nth);
	err = o->run();
	alloc_fail(0);
	r->calls = alloc_calls() - before;
	KUNIT_ASSERT_EQ_MSG(test, err, r->calls < nth ? 0 : -ENOMEM, "allocation %u failed", nth);
	if (err) {
		expect_as_before(test, r, nth);
		KUNIT_ASSERT_EQ_MSG(test, o->run(), 0, "allocation %u had failed", nth);
	}
	o->undo();
	expect_as_before(test, r, nth);
	o->end();
	KUNIT_ASSERT_EQ_MSG(test, alloc_live(), 0, "leaked: allocation %u failed", nth);
	KUNIT_ASSERT_FALSE(test, shown("vmxcore"));
}

static void fail_each_alloc(struct kunit *test)
{
	const struct operation *o = test->param_value;
	struct round *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	unsigned int nth = 0;

	KUNIT_ASSERT_NOT_NULL(test, r);
	do {
		nth++;
		KUNIT_ASSERT_LT(test, nth, MAX_ALLOCATIONS);
		fail_one(test, o, r, nth);
	} while (r->calls >= nth);
	kunit_info(test, "%s: %u allocations", o->name, r->calls);
	KUNIT_EXPECT_EQ_MSG(test, !!r->calls, o->allocates, "%u allocations", r->calls);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(fail_each_alloc, operation_gen_params),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "memory",
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
