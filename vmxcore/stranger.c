// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strangers: code that executes VMPTRLD on CPUs where vmxcore has turned VMX on, and does not
 * store in vmxcore_current_vmcs what it loads, as VirtualBox's driver. While there are any,
 * each client compares that variable with VMPTRST before it relies on it.
 */
#include <linux/jump_label.h>
#include <linux/smp.h>

#include <vmxcore/vmxcore.h>

#include "stranger.h"

DEFINE_STATIC_KEY_FALSE(vmxcore_strangers);
EXPORT_SYMBOL_GPL(vmxcore_strangers);

/*
 * Called before the stranger can load its first VMCS. When this returns no CPU relies on
 * vmxcore_current_vmcs any more.
 */
void vmxcore_stranger_added(void)
{
	static_branch_inc(&vmxcore_strangers);
}

static void check_ipi(void *unused)
{
	vmxcore_vmcs_check(false);
}

/*
 * Called when the stranger does not load a VMCS any more. It may have left a stale
 * vmxcore_current_vmcs on a CPU where no client has run since, and with the key off a client
 * that comes there later would rely on that. So all CPUs check before the key is off. On a CPU
 * that is offline the variable is NULL.
 */
void vmxcore_stranger_removed(void)
{
	on_each_cpu(check_ipi, NULL, 1);
	static_branch_dec(&vmxcore_strangers);
}
