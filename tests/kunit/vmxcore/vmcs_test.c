// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests when VMCSs of clients are VMCLEARed, what a load returns, when the
 * branch history is flushed, and that stale handles are recognised.
 */
#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>

#include "world.h"

#define NEW		(VMXCORE_VMCS_CLEAR | VMXCORE_VMCS_MOVED)
#define A		0
#define B		1
#define NR_CLIENTS	2

/* A thread waits no longer than this for another one. */
#define GIVE_UP_US	20000000

static struct vmxcore_client *clients[NR_CLIENTS];

/* Both clients hold all CPUs. */
static int vmcs_begin(struct kunit *test)
{
	int err = world_begin(test);
	unsigned int i;

	for (i = 0; !err && i < NR_CLIENTS; i++) {
		clients[i] = world_register(i, false, 0);
		err = PTR_ERR_OR_ZERO(clients[i]) ?: vmxcore_get(clients[i]);
	}
	return err;
}

static struct vmxcore_vmcs *vmcs_of(struct kunit *test, unsigned int i)
{
	struct vmxcore_vmcs *vmcs = vmxcore_vmcs_alloc(clients[i], NUMA_NO_NODE);

	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	return vmcs;
}

static u32 *page_for(struct kunit *test)
{
	u32 *page = (u32 *)get_zeroed_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	*page = HW_REVISION;
	return page;
}

static struct vmxcore_vmcs *adopt(struct kunit *test, unsigned int i, void *page)
{
	struct vmxcore_vmcs *vmcs = vmxcore_vmcs_adopt(clients[i], page);

	KUNIT_ASSERT_FALSE(test, IS_ERR(vmcs));
	return vmcs;
}

/* Expects the result of a load, and what the CPU was told to do for it. */
static void expect_load(struct kunit *test, unsigned int cpu, struct vmxcore_vmcs *vmcs,
			int result, const char *did)
{
	hw_forget();
	KUNIT_EXPECT_EQ(test, world_vmcs_load(cpu, vmcs), result);
	KUNIT_EXPECT_STREQ(test, hw_did(cpu), did);
}

static unsigned int misuses(unsigned int i)
{
	return vmxcore_entry_find(clients[i])->warned;
}

/* Only the first VMPTRLD of a VMCS needs a VMCLEAR before it. */
static void cleared_before_its_first_load(struct kunit *test)
{
	struct vmxcore_vmcs *a = vmcs_of(test, A), *b = vmcs_of(test, A);
	u32 *page = page_for(test);
	struct vmxcore_vmcs *adopted = adopt(test, A, page);

	expect_load(test, 1, a, NEW, "ibpb vmclear vmptrld");
	expect_load(test, 1, a, 0, "");
	expect_load(test, 1, b, NEW, "vmclear vmptrld");
	expect_load(test, 1, a, 0, "vmptrld");
	expect_load(test, 1, adopted, NEW, "vmclear vmptrld");
	expect_load(test, 2, adopted, NEW, "ibpb vmptrld");
	vmxcore_vmcs_clear(a);
	expect_load(test, 1, a, VMXCORE_VMCS_CLEAR, "ibpb vmptrld");
	vmxcore_vmcs_free(adopted);
	free_page((unsigned long)page);
}

/*
 * A page that is adopted again is another VMCS, as its content may have changed
 * meanwhile.
 */
static void cleared_when_adopted_again(struct kunit *test)
{
	u32 *page = page_for(test);
	struct vmxcore_vmcs *vmcs = adopt(test, A, page);

	expect_load(test, 1, vmcs, NEW, "ibpb vmclear vmptrld");
	vmxcore_vmcs_free(vmcs);
	clear_page(page);
	*page = HW_REVISION;
	vmcs = adopt(test, A, page);
	expect_load(test, 1, vmcs, NEW, "ibpb vmclear vmptrld");
	vmxcore_vmcs_free(vmcs);
	free_page((unsigned long)page);
}

/*
 * A load that fails does not count, so the next one says what has to be done
 * again.
 */
static void moved_after_a_load_that_failed(struct kunit *test)
{
	u32 *page = page_for(test);
	struct vmxcore_vmcs *vmcs = adopt(test, A, page);

	expect_load(test, 1, vmcs, NEW, "ibpb vmclear vmptrld");
	*page = HW_REVISION + 1;
	KUNIT_EXPECT_EQ(test, world_vmcs_load(2, vmcs), -EIO);
	KUNIT_EXPECT_EQ(test, per_cpu(hw_cpu.nr_active, 1) + per_cpu(hw_cpu.nr_active, 2), 0);
	*page = HW_REVISION;
	KUNIT_EXPECT_EQ(test, world_vmcs_load(2, vmcs), NEW);
	KUNIT_EXPECT_EQ(test, world_vmcs_load(2, vmcs), 0);
	vmxcore_vmcs_free(vmcs);
	free_page((unsigned long)page);
}

/* kvm_intel stores its page here before its VMPTRLD. */
static void load_as_kvm(void *page)
{
	this_cpu_write(vmxcore_current_vmcs, page);
}

/*
 * The IBPB comes whenever the owner of the current VMCS changes, and at no
 * other time.
 */
static void ibpb_when_the_owner_changes(struct kunit *test)
{
	struct vmxcore_vmcs *a = vmcs_of(test, A), *more = vmcs_of(test, A), *b = vmcs_of(test, B);

	expect_load(test, 1, a, NEW, "ibpb vmclear vmptrld");
	expect_load(test, 1, more, NEW, "vmclear vmptrld");
	expect_load(test, 1, b, NEW, "ibpb vmclear vmptrld");
	expect_load(test, 1, a, 0, "ibpb vmptrld");
	expect_load(test, 1, b, 0, "ibpb vmptrld");
	smp_call_function_single(1, load_as_kvm, test, 1);
	expect_load(test, 1, b, 0, "ibpb vmptrld");
	expect_load(test, 2, a, NEW, "ibpb vmptrld");
	smp_call_function_single(1, load_as_kvm, NULL, 1);
}

/*
 * The page of a VMCS is freed, and KVM uses it for a VMCS. Its address does not
 * say which client owns it, neither to vmxcore nor to KVM, which checks whether
 * another client's VMCS is current.
 */
static void ibpb_when_a_page_changes_hands(struct kunit *test)
{
	struct vmxcore_vmcs *other = vmcs_of(test, A);
	u32 *page = page_for(test);
	struct vmxcore_vmcs *vmcs = adopt(test, A, page);

	expect_load(test, 1, vmcs, NEW, "ibpb vmclear vmptrld");
	KUNIT_EXPECT_PTR_EQ(test, per_cpu(vmxcore_current_vmcs, 1),
			    per_cpu(vmxcore_lent_vmcs, 1));
	vmxcore_vmcs_free(vmcs);
	KUNIT_EXPECT_NULL(test, per_cpu(vmxcore_current_vmcs, 1));
	smp_call_function_single(1, load_as_kvm, page, 1);
	KUNIT_EXPECT_PTR_NE(test, per_cpu(vmxcore_current_vmcs, 1),
			    per_cpu(vmxcore_lent_vmcs, 1));
	expect_load(test, 1, other, NEW, "ibpb vmclear vmptrld");
	free_page((unsigned long)page);
}

static void borrow_and_return(void *vmcs)
{
	u64 interrupted;

	if (vmxcore_vmcs_borrow(vmcs, &interrupted) >= 0)
		vmxcore_vmcs_return(vmcs, interrupted);
}

/*
 * A borrow in an interrupt needs an IBPB for the borrowed VMCS and one for the
 * interrupted VMCS.
 */
static void ibpb_when_borrowed(struct kunit *test)
{
	struct vmxcore_vmcs *a = vmcs_of(test, A), *b = vmcs_of(test, B);

	expect_load(test, 1, a, NEW, "ibpb vmclear vmptrld");
	hw_forget();
	smp_call_function_single(1, borrow_and_return, b, 1);
	KUNIT_EXPECT_STREQ(test, hw_did(1), "ibpb vmclear vmptrld ibpb vmptrld");
}

static void crash_here(void)
{
	vmxcore_cpu_emergency();
}

/*
 * An NMI right after VMPTRLD finds the VMCS that it has to VMCLEAR before
 * VMXOFF.
 */
static void crash_right_after_vmptrld(struct kunit *test)
{
	struct vmxcore_vmcs *vmcs = vmcs_of(test, A);

	hw_when_loaded(crash_here);
	world_vmcs_load(1, vmcs);
	KUNIT_EXPECT_FALSE(test, hw_on(1));
	KUNIT_EXPECT_STREQ(test, hw_broken() ?: "", "");
	/*
	 * vmxcore does not know that VMX is off here, so its VMCLEAR and VMXOFF
	 * fault.
	 */
	vmxcore_put(clients[A]);
	vmxcore_put(clients[B]);
}

/*
 * A second free is misuse, even if another VMCS has the structure of the freed
 * one by then.
 */
static void freed_twice(struct kunit *test)
{
	struct vmxcore_vmcs *vmcs = vmcs_of(test, A), *next;

	expect_load(test, 1, vmcs, NEW, "ibpb vmclear vmptrld");
	vmxcore_vmcs_free(vmcs);
	KUNIT_EXPECT_EQ(test, per_cpu(hw_cpu.nr_active, 1), 0);
	vmxcore_vmcs_free(vmcs);
	next = vmcs_of(test, B);
	KUNIT_EXPECT_PTR_NE(test, next, vmcs);
	expect_load(test, 1, next, NEW, "ibpb vmclear vmptrld");
	hw_forget();
	vmxcore_vmcs_free(vmcs);
	vmxcore_vmcs_clear(vmcs);
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, vmcs), -EINVAL);
	KUNIT_EXPECT_STREQ(test, hw_did(1), "");
	expect_load(test, 1, next, 0, "");
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(clients[A])->nr_vmcss, 0);
	KUNIT_EXPECT_EQ(test, vmxcore_entry_find(clients[B])->nr_vmcss, 1);
	KUNIT_EXPECT_EQ(test, misuses(A) | misuses(B), 0);
}

static void no_handle(struct kunit *test)
{
	struct vmxcore_vmcs *const none[] = {
		NULL, (void *)1, (void *)-1L, (void *)BIT(31), ERR_PTR(-ENOMEM),
	};
	u64 interrupted;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		KUNIT_EXPECT_EQ(test, world_vmcs_load(1, none[i]), -EINVAL);
		local_irq_disable();
		err = vmxcore_vmcs_borrow(none[i], &interrupted);
		local_irq_enable();
		KUNIT_EXPECT_EQ(test, err, -EINVAL);
		vmxcore_vmcs_clear(none[i]);
		vmxcore_vmcs_free(none[i]);
	}
	KUNIT_EXPECT_EQ(test, misuses(A) | misuses(B), 0);
}

/* A borrow that failed must not be returned. Such a return loads nothing. */
static void return_of_what_was_not_borrowed(struct kunit *test)
{
	struct vmxcore_vmcs *vmcs = vmcs_of(test, A), *stale = vmcs_of(test, A);
	unsigned int cpu;

	vmxcore_vmcs_free(stale);
	hw_forget();
	local_irq_disable();
	cpu = smp_processor_id();
	vmxcore_vmcs_return(vmcs, PAGE_SIZE);
	vmxcore_vmcs_return(stale, PAGE_SIZE);
	vmxcore_vmcs_return(NULL, PAGE_SIZE);
	local_irq_enable();
	KUNIT_EXPECT_STREQ(test, hw_did(cpu), "");
	KUNIT_EXPECT_EQ(test, misuses(A), BIT(VMXCORE_MISUSE_HANDLE));
	KUNIT_EXPECT_EQ(test, misuses(B), 0);
}

/*
 * One task is in the middle of a load while another one unregisters the client
 * of the VMCS.
 */
static struct {
	struct completion loading;
	bool refused;
	struct vmxcore_vmcs *vmcs;
} race;

static void wait_for_the_other(void)
{
	struct vmxcore_client_entry *entry;
	unsigned int us;

	complete(&race.loading);
	/*
	 * The other task closes the client first, and frees the VMCS after
	 * that.
	 */
	for (us = 0; us < GIVE_UP_US; us++) {
		entry = vmxcore_entry_find(clients[A]);
		if (!entry)
			break;
		udelay(1);
	}
	race.refused = !entry;
}

static int load_it(void *vmcs)
{
	int err;

	preempt_disable();
	err = vmxcore_vmcs_load(vmcs);
	preempt_enable();
	return err;
}

/*
 * A loaded VMCS is VMCLEARed before its page is freed. KASAN sees a VMPTRLD of
 * a page that has been freed, and hw_rule() sees a VMCS that is still active
 * when VMX goes off.
 */
static void load_against_unregister(struct kunit *test)
{
	struct task_struct *thread;

	init_completion(&race.loading);
	race.vmcs = vmcs_of(test, A);
	hw_when_loaded(wait_for_the_other);
	thread = world_thread(test, 1, load_it, race.vmcs);
	wait_for_completion(&race.loading);
	vmxcore_unregister(clients[A]);
	KUNIT_EXPECT_EQ(test, world_thread_end(thread), NEW);
	KUNIT_EXPECT_TRUE(test, race.refused);
	KUNIT_EXPECT_EQ(test, per_cpu(hw_cpu.nr_active, 1), 0);
	KUNIT_EXPECT_EQ(test, per_cpu(hw_cpu.current_vmcs, 1), HW_NO_VMCS);
	KUNIT_EXPECT_EQ(test, world_vmcs_load(1, race.vmcs), -EINVAL);
}

/*
 * No VMCS can be loaded while a client uses enlightened VMCSs. Those that exist
 * are VMCLEARed and are not loaded again.
 */
static void none_beside_evmcs(struct kunit *test)
{
	struct vmxcore_vmcs *a = vmcs_of(test, A), *b = vmcs_of(test, B);
	struct vmxcore_client *evmcs;
	u64 interrupted;
	int err;

	expect_load(test, 1, a, NEW, "ibpb vmclear vmptrld");
	expect_load(test, 2, b, NEW, "ibpb vmclear vmptrld");
	evmcs = world_register(2, false, VMXCORE_EVMCS);
	KUNIT_ASSERT_FALSE(test, IS_ERR(evmcs));
	KUNIT_EXPECT_EQ(test, per_cpu(hw_cpu.nr_active, 1) + per_cpu(hw_cpu.nr_active, 2), 0);
	expect_load(test, 1, a, -EOPNOTSUPP, "");
	expect_load(test, 2, b, -EOPNOTSUPP, "");
	local_irq_disable();
	err = vmxcore_vmcs_borrow(a, &interrupted);
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, err, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmxcore_vmcs_alloc(clients[A], NUMA_NO_NODE)), -EOPNOTSUPP);
	vmxcore_unregister(evmcs);
	expect_load(test, 1, a, VMXCORE_VMCS_CLEAR, "ibpb vmptrld");
	expect_load(test, 2, b, VMXCORE_VMCS_CLEAR, "ibpb vmptrld");
}

static struct kunit_case vmcs_cases[] = {
	KUNIT_CASE(cleared_before_its_first_load),
	KUNIT_CASE(cleared_when_adopted_again),
	KUNIT_CASE(moved_after_a_load_that_failed),
	KUNIT_CASE(ibpb_when_the_owner_changes),
	KUNIT_CASE(ibpb_when_a_page_changes_hands),
	KUNIT_CASE(ibpb_when_borrowed),
	KUNIT_CASE(crash_right_after_vmptrld),
	KUNIT_CASE(freed_twice),
	KUNIT_CASE(no_handle),
	KUNIT_CASE(return_of_what_was_not_borrowed),
	KUNIT_CASE(load_against_unregister),
	KUNIT_CASE(none_beside_evmcs),
	{}
};

static struct kunit_suite vmcs_suite = {
	.name = "vmcs",
	.suite_init = world_load,
	.suite_exit = world_unload,
	.init = vmcs_begin,
	.exit = world_end,
	.test_cases = vmcs_cases,
};

kunit_test_suite(vmcs_suite);
