// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the ops of the borrowed backend on a simulated kernel that lends VMX.
 * The functions of kvm_intel for this are simulated, and its struct module
 * belongs to no loaded module.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <vmxcore/backend.h>
#include <vmxcore/caps.h>
#include <vmxcore/provider.h>

#include "hw.h"

/* The module loader holds this reference. */
static struct module lender_module = { .name = "lender", .refcnt = ATOMIC_INIT(1) };
static struct module client_module = { .name = "client" };

/*
 * The kernel's response to a get: an error, or VMXON, which the kernel takes
 * for success even if it reports VMfail. If the kernel has a user of its own,
 * it only counts.
 */
static struct {
	int error;
	bool vmfail;
	bool has_user;
	unsigned int ibpbs;
	unsigned int gets;
	unsigned int puts;
} kernel;

static struct {
	unsigned int came;
	unsigned int going;
	unsigned int emergency;
	bool lent_while_going;
	int on_while_going;
	int pin_while_going;
} told;

static int on(unsigned int cpu);

static int get_ref(void)
{
	kernel.gets++;
	if (kernel.error)
		return kernel.error;
	if (kernel.has_user)
		return 0;
	this_cpu_write(hw_cpu.vmxe, true);
	this_cpu_write(hw_cpu.on, !kernel.vmfail);
	return 0;
}

static void put_ref(void)
{
	kernel.puts++;
	if (kernel.has_user)
		return;
	this_cpu_write(hw_cpu.on, false);
	this_cpu_write(hw_cpu.vmxe, false);
}

static void ibpb(void)
{
	kernel.ibpbs++;
}

static const struct vmxcore_provider lender = {
	.owner = &lender_module,
	.get_ref = get_ref,
	.put_ref = put_ref,
	.ibpb = ibpb,
};

static const struct vmxcore_provider other = {
	.owner = &client_module,
	.get_ref = get_ref,
	.put_ref = put_ref,
	.ibpb = ibpb,
};

static void on_emergency(void)
{
	told.emergency++;
}

static void on_added(void)
{
	told.came++;
}

static void on_removing(void)
{
	char name[MODULE_NAME_LEN] = "";

	told.going++;
	vmxcore_backend_kernel.provider(name);
	told.lent_while_going = !strcmp(name, "lender");
	told.on_while_going = on(2);
	told.pin_while_going = vmxcore_backend_kernel.pin();
}

static const struct vmxcore_backend_events events = {
	.emergency = on_emergency,
	.added = on_added,
	.removing = on_removing,
};

static int borrowed_begin(struct kunit *test)
{
	hw_reset();
	memset(&kernel, 0, sizeof(kernel));
	memset(&told, 0, sizeof(told));
	return vmxcore_backend_kernel.start(&events) ?: vmxcore_caps_init();
}

static void borrowed_end(struct kunit *test)
{
	vmxcore_provider_unregister(&lender);
	KUNIT_EXPECT_STREQ_MSG(test, hw_broken() ?: "", "", "broken rule");
	KUNIT_EXPECT_EQ(test, atomic_read(&lender_module.refcnt), 1);
}

static void lend(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, vmxcore_provider_register(&lender), 0);
}

static void do_on(void *err)
{
	*(int *)err = vmxcore_backend_kernel.on();
}

static void do_off(void *err)
{
	*(int *)err = vmxcore_backend_kernel.off();
}

static int on(unsigned int cpu)
{
	int err;

	return smp_call_function_single(cpu, do_on, &err, 1) ?: err;
}

static int off(unsigned int cpu)
{
	int err;

	return smp_call_function_single(cpu, do_off, &err, 1) ?: err;
}

static void no_provider(struct kunit *test)
{
	char name[MODULE_NAME_LEN] = "as it was";

	KUNIT_EXPECT_EQ(test, on(1), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmxcore_backend_kernel.pin(), -ENODEV);
	vmxcore_backend_kernel.provider(name);
	KUNIT_EXPECT_STREQ(test, name, "as it was");
	KUNIT_EXPECT_EQ(test, kernel.gets, 0);
}

static void comes_and_goes(struct kunit *test)
{
	char name[MODULE_NAME_LEN] = "";

	lend(test);
	KUNIT_EXPECT_EQ(test, told.came, 1);
	KUNIT_EXPECT_EQ(test, vmxcore_provider_register(&other), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmxcore_provider_register(&lender), -EBUSY);
	vmxcore_provider_unregister(&other);
	KUNIT_EXPECT_EQ(test, told.came, 1);
	KUNIT_EXPECT_EQ(test, told.going, 0);
	vmxcore_backend_kernel.provider(name);
	KUNIT_EXPECT_STREQ(test, name, "lender");

	/* The callback still has to be able to put references. */
	vmxcore_provider_unregister(&lender);
	KUNIT_EXPECT_EQ(test, told.going, 1);
	KUNIT_EXPECT_TRUE(test, told.lent_while_going);
	/* No reference is taken meanwhile, as it would never be put. */
	KUNIT_EXPECT_EQ(test, told.on_while_going, -ENODEV);
	KUNIT_EXPECT_EQ(test, told.pin_while_going, -ENODEV);
	KUNIT_EXPECT_EQ(test, kernel.gets, 0);
	KUNIT_EXPECT_EQ(test, on(1), -ENODEV);
	lend(test);
	KUNIT_EXPECT_EQ(test, told.came, 2);
}

static void on_and_off(struct kunit *test)
{
	unsigned int vpid;

	lend(test);
	per_cpu(hw_cpu.on, 1) = true;
	for (vpid = 1; vpid < 9; vpid++)
		hw_run_guest(1, vpid);
	per_cpu(hw_cpu.on, 1) = false;
	KUNIT_EXPECT_EQ(test, on(1), 0);
	KUNIT_EXPECT_TRUE(test, hw_on(1));
	KUNIT_EXPECT_EQ(test, kernel.gets, 1);
	/*
	 * TLB entries of guests are flushed, as the owner of VMX before this is
	 * not known.
	 */
	for (vpid = 1; vpid < 9; vpid++)
		KUNIT_EXPECT_FALSE(test, hw_run_guest(1, vpid));
	KUNIT_EXPECT_EQ(test, off(1), 0);
	KUNIT_EXPECT_FALSE(test, hw_on(1));
	KUNIT_EXPECT_EQ(test, kernel.puts, 1);
}

static void kernel_refuses(struct kunit *test)
{
	static const int errors[] = { -EBUSY, -EOPNOTSUPP, -EIO, -EFAULT };
	unsigned int i;

	lend(test);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		kernel.error = errors[i];
		KUNIT_EXPECT_EQ(test, on(2), errors[i]);
	}
	KUNIT_EXPECT_EQ(test, kernel.gets, ARRAY_SIZE(errors));
	KUNIT_EXPECT_EQ(test, kernel.puts, 0);
	kernel.error = 0;
	KUNIT_EXPECT_EQ(test, on(2), 0);
	KUNIT_EXPECT_EQ(test, off(2), 0);
}

static void another_kind_of_cpu(struct kunit *test)
{
	lend(test);
	hw_set_msr(MSR_IA32_VMX_BASIC, hw_msr(MSR_IA32_VMX_BASIC) ^ BIT_ULL(7));
	KUNIT_EXPECT_EQ(test, on(1), -EXDEV);
	hw_forget_vmx();
	KUNIT_EXPECT_EQ(test, on(1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, kernel.gets, 0);
}

/*
 * The reference is never put, as VMXOFF would fault, and the kernel has a BUG()
 * for that.
 */
static void kernel_takes_vmfail_for_success(struct kunit *test)
{
	lend(test);
	kernel.vmfail = true;
	KUNIT_EXPECT_EQ(test, on(3), -EIO);
	kernel.vmfail = false;
	KUNIT_EXPECT_EQ(test, on(3), -EIO);
	KUNIT_EXPECT_EQ(test, kernel.gets, 1);
	KUNIT_EXPECT_EQ(test, kernel.puts, 0);
	/* This concerns that CPU only. */
	KUNIT_EXPECT_EQ(test, on(2), 0);
	KUNIT_EXPECT_EQ(test, off(2), 0);
}

/*
 * The call interrupts the kernel after it has counted a user of its own and
 * before its VMXON, when CR4.VMXE is still clear or already set. That is no
 * error of the CPU, which works as soon as that VMXON is executed.
 */
static void interrupts_the_kernel(struct kunit *test)
{
	unsigned int vmxe;

	lend(test);
	for (vmxe = 0; vmxe <= 1; vmxe++) {
		kernel.has_user = true;
		per_cpu(hw_cpu.vmxe, 1) = vmxe;
		KUNIT_EXPECT_EQ(test, on(1), -EAGAIN);
		KUNIT_EXPECT_EQ(test, kernel.gets, kernel.puts);
		per_cpu(hw_cpu.vmxe, 1) = true;
		per_cpu(hw_cpu.on, 1) = true;
		KUNIT_EXPECT_EQ(test, on(1), 0);
		KUNIT_EXPECT_EQ(test, off(1), 0);
		KUNIT_EXPECT_TRUE(test, hw_on(1));
		per_cpu(hw_cpu.on, 1) = false;
		per_cpu(hw_cpu.vmxe, 1) = false;
		kernel.has_user = false;
		KUNIT_EXPECT_EQ(test, on(1), 0);
		KUNIT_EXPECT_EQ(test, off(1), 0);
	}
}

/* Only the provider knows whether and how the kernel flushes between guests. */
static void flushes_as_kvm(struct kunit *test)
{
	lend(test);
	vmxcore_backend_kernel.ibpb();
	KUNIT_EXPECT_EQ(test, kernel.ibpbs, 1);
}

static void pins_the_lender(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, vmxcore_backend_kernel.pins(&lender_module));
	lend(test);
	KUNIT_EXPECT_FALSE(test, vmxcore_backend_kernel.pins(&lender_module));
	KUNIT_EXPECT_TRUE(test, vmxcore_backend_kernel.pins(&client_module));
	KUNIT_EXPECT_EQ(test, vmxcore_backend_kernel.pin(), 0);
	KUNIT_EXPECT_EQ(test, vmxcore_backend_kernel.pin(), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&lender_module.refcnt), 3);
	vmxcore_backend_kernel.unpin();
	vmxcore_backend_kernel.unpin();
	KUNIT_EXPECT_EQ(test, atomic_read(&lender_module.refcnt), 1);

	lender_module.state = MODULE_STATE_GOING;
	KUNIT_EXPECT_EQ(test, vmxcore_backend_kernel.pin(), -ENODEV);
	lender_module.state = MODULE_STATE_LIVE;
}

/* The pins end with the module. They are no references to the next provider. */
static void is_unloaded_by_force(struct kunit *test)
{
	int references = atomic_read(&client_module.refcnt);

	lend(test);
	KUNIT_EXPECT_EQ(test, vmxcore_backend_kernel.pin(), 0);
	vmxcore_provider_unregister(&lender);
	KUNIT_EXPECT_EQ(test, vmxcore_provider_register(&other), -EBUSY);
	vmxcore_backend_kernel.unpin();
	atomic_dec(&lender_module.refcnt);
	KUNIT_EXPECT_EQ(test, vmxcore_provider_register(&other), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&client_module.refcnt), references);
	vmxcore_provider_unregister(&other);
}

static void emergency(struct kunit *test)
{
	lend(test);
	vmxcore_provider_emergency();
	KUNIT_EXPECT_EQ(test, told.emergency, 1);
	/* The kernel executes VMXOFF. */
	KUNIT_EXPECT_NULL(test, vmxcore_backend_kernel.emergency_off);
	KUNIT_EXPECT_EQ(test, kernel.puts, 0);
}

static struct kunit_case borrowed_cases[] = {
	KUNIT_CASE(no_provider),
	KUNIT_CASE(comes_and_goes),
	KUNIT_CASE(on_and_off),
	KUNIT_CASE(kernel_refuses),
	KUNIT_CASE(another_kind_of_cpu),
	KUNIT_CASE(kernel_takes_vmfail_for_success),
	KUNIT_CASE(interrupts_the_kernel),
	KUNIT_CASE(flushes_as_kvm),
	KUNIT_CASE(pins_the_lender),
	KUNIT_CASE(is_unloaded_by_force),
	KUNIT_CASE(emergency),
	{}
};

static struct kunit_suite borrowed_suite = {
	.name = "borrowed",
	.init = borrowed_begin,
	.exit = borrowed_end,
	.test_cases = borrowed_cases,
};

kunit_test_suite(borrowed_suite);
