// SPDX-License-Identifier: GPL-2.0-only
/* The suites as a module. They run when it is loaded, after this. */
#include <linux/module.h>

#include "chance.h"
#include "vmxcore/hw.h"
#include "vmxcore/unexported.h"

unsigned long chance_seed = 20261121;
module_param_named(seed, chance_seed, ulong, 0);
MODULE_PARM_DESC(seed, "Of all that is random");

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
