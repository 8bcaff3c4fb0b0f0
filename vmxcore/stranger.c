// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strangers: code that executes VMPTRLD on CPUs where vmxcore has turned VMX on, and does not
 * store in vmxcore_current_vmcs what it loads, as VirtualBox's driver. While there are any,
 * each client compares that variable with VMPTRST before it relies on it.
 */
#include <linux/jump_label.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <vmxcore/vmxcore.h>

#include "client.h"
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

/*
 * The module vboxdrv is a stranger from its load to its unload, as vmxcore does not see when it
 * uses VMX. While a client of that name is registered it is one only as long as that client holds
 * a reference: the client is vmxcore_vbox, which has vboxdrv ask before it uses VMX, or a vboxdrv
 * that asks by itself.
 */
static DEFINE_MUTEX(vboxdrv_lock);
static bool vboxdrv_loaded, vboxdrv_counted;

static void update_vboxdrv(void)
{
	bool stranger = vboxdrv_loaded && !vmxcore_client_exists(VMXCORE_VBOXDRV);

	lockdep_assert_held(&vboxdrv_lock);

	if (stranger && !vboxdrv_counted)
		vmxcore_stranger_added();
	else if (!stranger && vboxdrv_counted)
		vmxcore_stranger_removed();
	vboxdrv_counted = stranger;
}

/* May be called twice with the same value. */
void vmxcore_stranger_set_vboxdrv(bool loaded)
{
	mutex_lock(&vboxdrv_lock);
	vboxdrv_loaded = loaded;
	update_vboxdrv();
	mutex_unlock(&vboxdrv_lock);
}

/* Called when a client of that name has registered, or its handle is refused from now on. */
void vmxcore_stranger_client_changed(const char *name)
{
	if (strcmp(name, VMXCORE_VBOXDRV))
		return;
	mutex_lock(&vboxdrv_lock);
	update_vboxdrv();
	mutex_unlock(&vboxdrv_lock);
}
