// SPDX-License-Identifier: GPL-2.0-only
/* The module of the suites. They run when it is loaded, after suites_init(). */
#include <linux/module.h>

#include "chance.h"
#include "vmxcore/hw.h"
#include "vmxcore/unexported.h"

unsigned long chance_seed = 20261121;
module_param_named(seed, chance_seed, ulong, 0);
MODULE_PARM_DESC(seed, "The seed of all random input");

static int __init suites_init(void)
{
	return unexported_find() ?: hw_listen();
}
module_init(suites_init);

static void __exit suites_exit(void)
{
	hw_deafen();
}
module_exit(suites_exit);

MODULE_DESCRIPTION("KUnit suites of vmxcore and vmxcore_tdx");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
