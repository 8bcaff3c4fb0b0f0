// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misuse of the API has the documented result, is noted for its client, and
 * changes nothing.
 */
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/smp.h>
#include <linux/workqueue.h>
#include <asm/set_memory.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>

#include "../alloc.h"
#include "model.h"

#define A		0
#define B		1

/*
 * Client A holds all CPUs once and the second CPU twice. Client B holds
 * nothing.
 */
struct scene {
	struct model model;
	struct vmxcore_client *handles[WORLD_CLIENTS];
};

static struct scene *scene_new(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	model_init(&s->model);
	for (i = A; i <= B; i++) {
		s->handles[i] = world_register(i, false, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR(s->handles[i]));
		model_register(&s->model, i, false, false);
	}
	model_get(&s->model, A);
	KUNIT_ASSERT_EQ(test, vmxcore_get(s->handles[A]), 0);
	for (i = 0; i < 2; i++) {
		model_get_cpu(&s->model, A, 1);
		KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[A], 1, WORLD_TASK), 0);
	}
	return s;
}

static void nothing_changed(struct kunit *test, struct scene *s)
{
	const char *differs = model_differs(&s->model, s->handles);

	KUNIT_EXPECT_STREQ_MSG(test, differs ?: "", "", "differs");
}

/*
 * Expects that exactly this kind of misuse is noted, for this client and for no
 * other.
 */
static void noted(struct kunit *test, struct scene *s, unsigned int i, enum vmxcore_misuse kind)
{
	unsigned int other = i == A ? B : A;

	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(s->handles[i])->warned, BIT(kind));
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(s->handles[other])->warned, 0);
	vmxcore_entry_find(s->handles[i])->warned = 0;
	nothing_changed(test, s);
}

static void nothing_noted(struct kunit *test, struct scene *s)
{
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(s->handles[A])->warned, 0);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(s->handles[B])->warned, 0);
	nothing_changed(test, s);
}

static void put_without_a_get(struct kunit *test)
{
	struct scene *s = scene_new(test);

	vmxcore_put(s->handles[B]);
	noted(test, s, B, VMXCORE_MISUSE_PUT);
}

/*
 * References of one kind are not put for those of the other, nor for those on
 * another CPU.
 */
static void put_of_another_kind(struct kunit *test)
{
	struct scene *s = scene_new(test);

	world_put_cpu(s->handles[A], 0, WORLD_TASK);
	noted(test, s, A, VMXCORE_MISUSE_PUT);
	world_put_cpu(s->handles[B], 1, WORLD_IRQ);
	noted(test, s, B, VMXCORE_MISUSE_PUT);

	model_put(&s->model, A);
	vmxcore_put(s->handles[A]);
	nothing_noted(test, s);
	vmxcore_put(s->handles[A]);
	noted(test, s, A, VMXCORE_MISUSE_PUT);
}

/* A reference that died may be put once, by the client that had it. */
static void put_of_the_dead(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned int i;

	model_down(&s->model, 1);
	KUNIT_ASSERT_EQ(test, world_down(1), 0);
	model_up(&s->model, 1);
	KUNIT_ASSERT_EQ(test, world_up(1), 0);
	world_put_cpu(s->handles[B], 1, WORLD_TASK);
	noted(test, s, B, VMXCORE_MISUSE_PUT);
	for (i = 0; i < 2; i++) {
		model_put_cpu(&s->model, A, 1);
		world_put_cpu(s->handles[A], 1, WORLD_TASK);
		nothing_noted(test, s);
	}
	world_put_cpu(s->handles[A], 1, WORLD_TASK);
	noted(test, s, A, VMXCORE_MISUSE_PUT);
}

static void call_all_with(struct kunit *test, struct vmxcore_client *handle)
{
	KUNIT_EXPECT_EQ(test, vmxcore_get(handle), -EINVAL);
	vmxcore_put(handle);
	KUNIT_EXPECT_EQ(test, world_get_cpu(handle, 1, WORLD_TASK), -EINVAL);
	world_put_cpu(handle, 1, WORLD_IRQ);
	vmxcore_unregister(handle);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_alloc(handle, NUMA_NO_NODE)), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmxcore_vpid_alloc(handle), -EINVAL);
	vmxcore_vpid_free(handle, 1);
}

/*
 * NULL, a stale handle, the handle that the next client in this entry will
 * have, and numbers that belong to no entry.
 */
static void invalid_handles(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned long old = (unsigned long)s->handles[B];
	unsigned int i;

	vmxcore_unregister(s->handles[B]);
	s->handles[B] = world_register(B, false, 0);
	KUNIT_ASSERT_EQ(test, (unsigned long)s->handles[B], old + VMXCORE_MAX_CLIENTS);
	call_all_with(test, NULL);
	call_all_with(test, (void *)old);
	call_all_with(test, (void *)(old + 2 * VMXCORE_MAX_CLIENTS));
	call_all_with(test, ERR_PTR(-EBUSY));
	for (i = 0; i < VMXCORE_MAX_CLIENTS; i++)
		call_all_with(test, (void *)(unsigned long)i);
	nothing_noted(test, s);
}

static void unregister_twice(struct kunit *test)
{
	struct scene *s = scene_new(test);
	struct vmxcore_client *handle = s->handles[A];

	model_unregister(&s->model, A);
	vmxcore_unregister(handle);
	nothing_changed(test, s);
	vmxcore_unregister(handle);
	nothing_changed(test, s);
	s->handles[A] = world_register(A, false, 0);
	model_register(&s->model, A, false, false);
	vmxcore_unregister(handle);
	nothing_noted(test, s);
}

static void all_that_sleep(void *scene)
{
	struct scene *s = scene;

	vmxcore_get(s->handles[A]);
	vmxcore_put(s->handles[A]);
	vmxcore_unregister(s->handles[A]);
	vmxcore_vmcs_alloc(s->handles[A], NUMA_NO_NODE);
}

static void sleep_where_one_must_not(struct kunit *test)
{
	struct scene *s = scene_new(test);
	int err;

	preempt_disable();
	all_that_sleep(s);
	preempt_enable();
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	local_irq_disable();
	all_that_sleep(s);
	local_irq_enable();
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	smp_call_function_single(2, all_that_sleep, s, 1);
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	preempt_disable();
	err = vmxcore_get(s->handles[A]);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
}

/* The task could be on another CPU when the call returns. */
static void this_cpu_where_it_may_change(struct kunit *test)
{
	struct scene *s = scene_new(test);

	KUNIT_EXPECT_EQ(test, vmxcore_get_cpu(s->handles[B]), -EINVAL);
	noted(test, s, B, VMXCORE_MISUSE_CONTEXT);
	vmxcore_put_cpu(s->handles[A]);
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	KUNIT_EXPECT_EQ(test, vmxcore_ept_activate(0x1000), -EINVAL);
	nothing_noted(test, s);
}

/*
 * A borrow interrupts the user of the current VMCS, which a task must not do.
 */
static void borrowed_by_a_task(struct kunit *test)
{
	struct scene *s = scene_new(test);
	struct vmxcore_vmcs *vmcs = vmxcore_vmcs_alloc(s->handles[A], NUMA_NO_NODE);
	u64 interrupted;
	int err;

	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	KUNIT_EXPECT_EQ(test, vmxcore_vmcs_borrow(vmcs, &interrupted), -EINVAL);
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	vmxcore_vmcs_return(vmcs, 0);
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	local_irq_disable();
	err = vmxcore_vmcs_borrow(NULL, &interrupted);
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	vmxcore_vmcs_free(vmcs);
	nothing_noted(test, s);
}

/*
 * The page has a revision identifier that the CPU does not know. After a failed
 * load the VMCS is active nowhere.
 */
static void what_is_no_vmcs(struct kunit *test)
{
	struct scene *s = scene_new(test);
	u32 *page = (u32 *)get_zeroed_page(GFP_KERNEL);
	struct vmxcore_vmcs *vmcs;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_adopt(s->handles[A], page)), -EINVAL);
	page[16] = HW_REVISION;
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_adopt(s->handles[A], page + 16)), -EINVAL);
	/* This is a shadow VMCS. */
	*page = HW_REVISION | BIT(31);
	vmcs = vmxcore_vmcs_adopt(s->handles[A], page);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	vmxcore_vmcs_free(vmcs);
	*page = HW_REVISION;
	vmcs = vmxcore_vmcs_adopt(s->handles[A], page);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_adopt(s->handles[B], page)), -EEXIST);
	*page = 0;
	KUNIT_EXPECT_EQ(test, world_vmcs_load(0, vmcs), -EIO);
	*page = HW_REVISION;
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, vmcs), VMXCORE_VMCS_CLEAR | VMXCORE_VMCS_MOVED);
	vmxcore_vmcs_free(vmcs);
	vmcs = vmxcore_vmcs_adopt(s->handles[B], page);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	vmxcore_vmcs_free(vmcs);
	KUNIT_ASSERT_EQ(test, set_memory_np((unsigned long)page, 1), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_adopt(s->handles[A], page)), -EINVAL);
	KUNIT_ASSERT_EQ(test, set_memory_p((unsigned long)page, 1), 0);
	free_page((unsigned long)page);

	/*
	 * A page outside of the direct map has an address there that belongs to
	 * another page.
	 */
	page = vmalloc(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	*page = HW_REVISION;
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_adopt(s->handles[A], page)), -EINVAL);
	vfree(page);
	nothing_noted(test, s);
}

static struct vmxcore_client *goes;

static void unregister_it(void)
{
	vmxcore_unregister(goes);
}

/*
 * Another task unregisters the client after vmxcore_vmcs_alloc() has looked up
 * its handle.
 */
static void unregistered_while_it_gets_a_vmcs(struct kunit *test)
{
	struct scene *s = scene_new(test);
	int live = alloc_live();

	goes = s->handles[B];
	model_unregister(&s->model, B);
	alloc_meanwhile(unregister_it);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_alloc(goes, NUMA_NO_NODE)), -EINVAL);
	KUNIT_EXPECT_NULL(test, vmxcore_entry_find(goes));
	KUNIT_EXPECT_EQ(test, alloc_live(), live);
	nothing_changed(test, s);
}

static long get_cpu_work(void *handle)
{
	return vmxcore_get_cpu(handle);
}

/* A call in a thread that is bound to a CPU is no misuse. */
static void this_cpu_in_a_bound_thread(struct kunit *test)
{
	struct scene *s = scene_new(test);

	model_get_cpu(&s->model, B, 3);
	KUNIT_EXPECT_EQ(test, work_on_cpu(3, get_cpu_work, s->handles[B]), 0);
	nothing_noted(test, s);
}

static void too_many_on_a_cpu(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned int i;

	for (i = 0; i < U16_MAX; i++) {
		model_get_cpu(&s->model, B, 0);
		KUNIT_ASSERT_EQ(test, world_get_cpu(s->handles[B], 0, WORLD_IRQ), 0);
	}
	nothing_noted(test, s);
	KUNIT_EXPECT_EQ(test, world_get_cpu(s->handles[B], 0, WORLD_IRQ), -EOVERFLOW);
	noted(test, s, B, VMXCORE_MISUSE_OVERFLOW);
}

/* So many gets would take too long, so the test writes the counter. */
static void too_many_on_all(struct kunit *test)
{
	struct scene *s = scene_new(test);
	struct vmxcore_client_entry *entry = vmxcore_entry_find(s->handles[A]);

	atomic64_add(INT_MAX - vmxcore_entry_refs(entry), &entry->handle_refs);
	s->model.clients[A].refs = INT_MAX;
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[A]), -EOVERFLOW);
	noted(test, s, A, VMXCORE_MISUSE_OVERFLOW);
}

static int try_name(const char *name)
{
	static struct module owner = { .name = "tester" };
	const struct vmxcore_client_desc desc = { .name = name, .owner = &owner };
	struct vmxcore_client *client = vmxcore_register(&desc);

	if (IS_ERR(client))
		return PTR_ERR(client);
	vmxcore_unregister(client);
	return 0;
}

static void names(struct kunit *test)
{
	static const char *const bad[] = {
		NULL, "", ".", ".a", "a b", " ", "a/b", "a\n", "a:b", "\xc3\xa4", "a\x7f",
		"a,b", "a%s",
		"a12345678901234567890123456789012", "a123456789012345678901234567890123456789",
		"a1234567890123456789012345678901",
	};
	static const char *const good[] = {
		"a", "A", "0", "-", "_", "a.", "kvm_intel", "Az09_.-",
		"a123456789012345678901234567890",
	};
	struct scene *s = scene_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, try_name(bad[i]), -EINVAL, "%s", bad[i] ?: "NULL");
		nothing_noted(test, s);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_EQ_MSG(test, try_name(good[i]), 0, "%s", good[i]);
	KUNIT_EXPECT_EQ(test, try_name("c0"), -EEXIST);
	KUNIT_EXPECT_EQ(test, try_name("c1"), -EEXIST);
	nothing_noted(test, s);
}

static void no_description(struct kunit *test)
{
	const struct vmxcore_client_desc no_owner = { .name = "a" };
	struct scene *s = scene_new(test);

	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_register(NULL)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_register(&no_owner)), -EINVAL);
	nothing_noted(test, s);
}

static void the_description_is_copied(struct kunit *test)
{
	static struct module owner = { .name = "tester" };
	char name[] = "before";
	struct vmxcore_client_desc desc = { .name = name, .owner = &owner };
	struct vmxcore_client *client = vmxcore_register(&desc);

	KUNIT_ASSERT_FALSE(test, IS_ERR(client));
	strscpy(name, "after");
	memset(&desc, 0xff, sizeof(desc));
	KUNIT_EXPECT_STREQ(test, vmxcore_client_name(client), "before");
	KUNIT_EXPECT_STREQ(test, vmxcore_entry_find(client)->desc.name, "before");
	KUNIT_EXPECT_PTR_EQ(test, vmxcore_entry_find(client)->desc.owner, &owner);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(client)->desc.flags, 0);
}

static void too_many_clients(struct kunit *test)
{
	struct vmxcore_client *clients[VMXCORE_MAX_CLIENTS];
	char name[] = "m00";
	unsigned int i;

	for (i = 0; i < VMXCORE_MAX_CLIENTS; i++) {
		snprintf(name, sizeof(name), "m%02u", i);
		clients[i] = world_client(test, name);
	}
	KUNIT_EXPECT_EQ(test, try_name("more"), -ENOSPC);
	KUNIT_EXPECT_EQ(test, try_name("m07"), -EEXIST);
	vmxcore_unregister(clients[7]);
	KUNIT_EXPECT_EQ(test, try_name("more"), 0);
	KUNIT_EXPECT_EQ(test, try_name("m07"), 0);
}

/*
 * An exclusive client can register only while no client holds anything. All
 * others are refused then.
 */
static void alone(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned int cpu;

	KUNIT_EXPECT_EQ(test, PTR_ERR(world_register(2, false, VMXCORE_EXCLUSIVE)), -EBUSY);
	nothing_noted(test, s);
	model_put(&s->model, A);
	vmxcore_put(s->handles[A]);
	KUNIT_EXPECT_EQ(test, PTR_ERR(world_register(2, false, VMXCORE_EXCLUSIVE)), -EBUSY);
	nothing_noted(test, s);
	for (cpu = 0; cpu < 2; cpu++) {
		model_put_cpu(&s->model, A, 1);
		world_put_cpu(s->handles[A], 1, WORLD_TASK);
	}
	s->handles[2] = world_register(2, false, VMXCORE_EXCLUSIVE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->handles[2]));
	model_register(&s->model, 2, false, true);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[A]), -EBUSY);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		KUNIT_EXPECT_EQ(test, world_get_cpu(s->handles[A], cpu, WORLD_IRQ), -EBUSY);
	KUNIT_EXPECT_EQ(test, try_name("another"), -EBUSY);
	KUNIT_EXPECT_EQ(test, PTR_ERR(world_register(3, false, VMXCORE_EXCLUSIVE)), -EBUSY);
	nothing_noted(test, s);
	model_get(&s->model, 2);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[2]), 0);
	nothing_noted(test, s);
	model_unregister(&s->model, 2);
	vmxcore_unregister(s->handles[2]);
	model_get(&s->model, A);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[A]), 0);
	nothing_noted(test, s);
}

/* CR4.VMXE shows a foreign owner, unless vmxcore has set it. */
static void foreign_owner(struct kunit *test)
{
	struct scene *s = scene_new(test);
	unsigned int cpu, other;

	model_put(&s->model, A);
	vmxcore_put(s->handles[A]);
	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		per_cpu(hw_cpu.foreign, cpu) = true;
		for (other = 0; other < WORLD_CPUS; other++)
			KUNIT_EXPECT_EQ_MSG(test, vmxcore_cpu_foreign(other),
					    other == cpu && !model_on(&s->model, cpu),
					    "CPU %u of %u", other, cpu);
		per_cpu(hw_cpu.foreign, cpu) = false;
	}
	nothing_noted(test, s);
}

static void too_late(struct kunit *test)
{
	struct scene *s = scene_new(test);

	vmxcore_rebooting = true;
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[A]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, vmxcore_get(s->handles[B]), -ESHUTDOWN);
	vmxcore_rebooting = false;
	nothing_noted(test, s);
}

static void a_vmcs_without_a_reference(struct kunit *test)
{
	struct scene *s = scene_new(test);
	struct vmxcore_vmcs *vmcs = vmxcore_vmcs_alloc(s->handles[B], NUMA_NO_NODE);
	u64 interrupted;
	int err;

	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, vmcs), -EINVAL);
	noted(test, s, B, VMXCORE_MISUSE_REFERENCE);
	local_irq_disable();
	err = vmxcore_vmcs_borrow(vmcs, &interrupted);
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	noted(test, s, B, VMXCORE_MISUSE_REFERENCE);
	KUNIT_EXPECT_EQ(test, per_cpu(hw_cpu.nr_active, 0) + per_cpu(hw_cpu.nr_active, 1), 0);
	vmxcore_vmcs_free(vmcs);
	nothing_noted(test, s);
}

static void a_vmcs_where_one_must_not(struct kunit *test)
{
	struct scene *s = scene_new(test);
	struct vmxcore_vmcs *vmcs = vmxcore_vmcs_alloc(s->handles[A], NUMA_NO_NODE);
	u64 interrupted;

	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	KUNIT_EXPECT_EQ(test, vmxcore_vmcs_load(vmcs), -EINVAL);
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	KUNIT_EXPECT_EQ(test, vmxcore_vmcs_borrow(vmcs, &interrupted), -EINVAL);
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	local_irq_disable();
	vmxcore_vmcs_clear(vmcs);
	vmxcore_vmcs_free(vmcs);
	local_irq_enable();
	noted(test, s, A, VMXCORE_MISUSE_CONTEXT);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(s->handles[A])->nr_vmcss, 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_adopt(s->handles[A], NULL)), -EINVAL);
	nothing_noted(test, s);
	vmxcore_vmcs_free(vmcs);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(s->handles[A])->nr_vmcss, 0);
}

/*
 * The client has unregistered and did not free its VMCS. The stale handle is
 * recognised, and the misuse is noted for no client.
 */
static void a_vmcs_that_was_taken_back(struct kunit *test)
{
	struct scene *s = scene_new(test);
	struct vmxcore_vmcs *vmcs = vmxcore_vmcs_alloc(s->handles[A], NUMA_NO_NODE);

	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, vmcs), VMXCORE_VMCS_CLEAR | VMXCORE_VMCS_MOVED);
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, vmcs), 0);
	model_unregister(&s->model, A);
	vmxcore_unregister(s->handles[A]);
	s->handles[A] = world_register(A, false, 0);
	model_register(&s->model, A, false, false);
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, vmcs), -EINVAL);
	vmxcore_vmcs_clear(vmcs);
	vmxcore_vmcs_free(vmcs);
	nothing_noted(test, s);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE(put_without_a_get),
	KUNIT_CASE(put_of_another_kind),
	KUNIT_CASE(put_of_the_dead),
	KUNIT_CASE(invalid_handles),
	KUNIT_CASE(unregister_twice),
	KUNIT_CASE(sleep_where_one_must_not),
	KUNIT_CASE(this_cpu_where_it_may_change),
	KUNIT_CASE(borrowed_by_a_task),
	KUNIT_CASE(what_is_no_vmcs),
	KUNIT_CASE(unregistered_while_it_gets_a_vmcs),
	KUNIT_CASE(this_cpu_in_a_bound_thread),
	KUNIT_CASE_SLOW(too_many_on_a_cpu),
	KUNIT_CASE(too_many_on_all),
	KUNIT_CASE(names),
	KUNIT_CASE(no_description),
	KUNIT_CASE(the_description_is_copied),
	KUNIT_CASE(too_many_clients),
	KUNIT_CASE(alone),
	KUNIT_CASE(foreign_owner),
	KUNIT_CASE(too_late),
	KUNIT_CASE(a_vmcs_without_a_reference),
	KUNIT_CASE(a_vmcs_where_one_must_not),
	KUNIT_CASE(a_vmcs_that_was_taken_back),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "misuse",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = world_begin,
	.exit = world_end,
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);
