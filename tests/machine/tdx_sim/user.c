// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user of vmxcore_tdx's export: executes one SEAMCALL on one CPU when it is
 * loaded, and logs the result.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/smp.h>

#include <vmxcore/tdx.h>

static unsigned int cpu;
module_param(cpu, uint, 0400);
MODULE_PARM_DESC(cpu, "The CPU that executes the SEAMCALL");

static ulong regs[4];
module_param_array(regs, ulong, NULL, 0400);
MODULE_PARM_DESC(regs, "Values for RAX,RCX,RDX,R8");

/* Runs in an interrupt, to test that vmxcore_tdx_seamcall() works there. */
static void call(void *unused)
{
	struct vmxcore_tdx_args args = { .rcx = regs[1], .rdx = regs[2], .r8 = regs[3] };
	u64 rax = vmxcore_tdx_seamcall(regs[0], &args);

	pr_info("CPU %u: rax 0x%llx rcx 0x%llx rdx 0x%llx r8 0x%llx r9 0x%llx\n",
		smp_processor_id(), rax, args.rcx, args.rdx, args.r8, args.r9);
}

static int __init user_init(void)
{
	return smp_call_function_single(cpu, call, NULL, 1);
}
module_init(user_init);

static void __exit user_exit(void)
{
}
module_exit(user_exit);

MODULE_DESCRIPTION("A user of vmxcore_tdx, for tests");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
