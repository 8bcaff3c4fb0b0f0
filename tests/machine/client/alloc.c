// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore_fault: allocations of vmxcore.ko fail, and those of no other code.
 * The n-th allocation after the parameter "nth" was written fails, and so do
 * all that follow, since the tools that load modules retry with another system
 * call. "failed" counts the failures; "outstanding" counts what vmxcore has
 * allocated and not freed.
 *
 * This module is not linked against vmxcore, so that it can be loaded first.
 * Only calls from vmxcore's own text count: how the kernel handles its own
 * failed allocations is not tested here.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/ptrace.h>
#include <linux/string.h>

static const struct module *target;

static atomic_t calls = ATOMIC_INIT(0);
static atomic_t failed = ATOMIC_INIT(0);
static atomic_t outstanding = ATOMIC_INIT(0);
static unsigned int nth;

/* The probe redirects the allocator's caller to this function. */
static noinline void *out_of_memory(void)
{
	return NULL;
}

static bool from_vmxcore(struct pt_regs *regs)
{
	const struct module *mod = READ_ONCE(target);

	return mod && within_module(regs_get_kernel_stack_nth(regs, 0), mod);
}

static bool memory_is_out(int call)
{
	int first = READ_ONCE(nth);

	return first && call >= first;
}

static int alloc_entry(struct kprobe *probe, struct pt_regs *regs)
{
	if (!from_vmxcore(regs))
		return 0;
	if (!memory_is_out(atomic_inc_return(&calls))) {
		atomic_inc(&outstanding);
		return 0;
	}
	atomic_inc(&failed);
	instruction_pointer_set(regs, (unsigned long)out_of_memory);
	return 1;
}

/*
 * Only a probe with a post_handler may change the instruction pointer
 * (arm_kprobe_ftrace()).
 */
static void alloc_post(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static int free_entry(struct kprobe *probe, struct pt_regs *regs)
{
	if (from_vmxcore(regs) && regs_get_kernel_argument(regs, 0))
		atomic_dec(&outstanding);
	return 0;
}

static struct kprobe probes[] = {
	{
		.symbol_name = "__alloc_pages_noprof",
		.pre_handler = alloc_entry,
		.post_handler = alloc_post,
	}, {
		.symbol_name = "pcpu_alloc_noprof",
		.pre_handler = alloc_entry,
		.post_handler = alloc_post,
	}, {
		.symbol_name = "free_pages",
		.pre_handler = free_entry,
	}, {
		.symbol_name = "free_percpu",
		.pre_handler = free_entry,
	},
};

static int set_nth(const char *text, const struct kernel_param *param)
{
	atomic_set(&calls, 0);
	atomic_set(&failed, 0);
	return param_set_uint(text, param);
}

static const struct kernel_param_ops nth_ops = {
	.set = set_nth,
	.get = param_get_uint,
};
module_param_cb(nth, &nth_ops, &nth, 0600);
MODULE_PARM_DESC(nth, "Fail the n-th allocation from now and all later ones (0: none)");

static int get_count(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%d\n", atomic_read((atomic_t *)param->arg));
}

static const struct kernel_param_ops count_ops = {
	.get = get_count,
};
module_param_cb(calls, &count_ops, &calls, 0400);
MODULE_PARM_DESC(calls, "Allocations since nth was written");
module_param_cb(failed, &count_ops, &failed, 0400);
MODULE_PARM_DESC(failed, "Allocations that failed");
module_param_cb(outstanding, &count_ops, &outstanding, 0400);
MODULE_PARM_DESC(outstanding, "Allocations minus frees");

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, "vmxcore"))
		return NOTIFY_DONE;
	if (event == MODULE_STATE_COMING)
		WRITE_ONCE(target, mod);
	else if (event == MODULE_STATE_GOING)
		WRITE_ONCE(target, NULL);
	return NOTIFY_DONE;
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
};

static int __init fault_init(void)
{
	struct kprobe *all[ARRAY_SIZE(probes)];
	int i, err;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		all[i] = &probes[i];
	err = register_kprobes(all, ARRAY_SIZE(all));
	if (err)
		return err;
	err = register_module_notifier(&module_nb);
	if (err)
		unregister_kprobes(all, ARRAY_SIZE(all));
	return err;
}
module_init(fault_init);

static void __exit fault_exit(void)
{
	int i;

	unregister_module_notifier(&module_nb);
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		unregister_kprobe(&probes[i]);
}
module_exit(fault_exit);

MODULE_DESCRIPTION("Make allocations of vmxcore fail, for tests");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
