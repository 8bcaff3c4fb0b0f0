// SPDX-License-Identifier: GPL-2.0-only
/*
 * How clients come and go.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/instruction_pointer.h>

#include "backend.h"
#include "client.h"
#include "compat.h"
#include "context.h"
#include "exclusive.h"
#include "ref.h"
#include "register.h"
#include "translation.h"
#include "vmcs.h"

static const struct vmxcore_watcher *watcher;

/**
 * vmxcore_watch_clients - tell somebody who comes and who goes
 * @who: or NULL: nobody any more
 *
 * Called through a pointer, so that what can be seen depends on the books and they on nothing
 * of it.
 *
 * Context: task, at load and unload: nobody can register.
 */
void vmxcore_watch_clients(const struct vmxcore_watcher *who)
{
	watcher = who;
}

static const char *why_not(long error)
{
	switch (error) {
	case -EEXIST:
		return "a client of that name is registered already";
	case -EBUSY:
		return "another client has VMX for itself";
	case -ENOSPC:
		return "too many clients are registered";
	case -ENOMEM:
		return "out of memory";
	default:
		return "no owner, or not a name of up to 31 of [A-Za-z0-9_.-]";
	}
}

/* The slot is closed: its handle is refused, its callbacks are not called any more. */
static void take_back(struct vmxcore_slot *slot)
{
	unsigned int vmcss, vpids;

	if (watcher)
		watcher->going(slot);
	vmxcore_yield_barrier();
	/* VMCLEAR needs VMX, which goes with the last reference. */
	vmcss = vmxcore_vmcss_take_back(slot);
	vpids = vmxcore_vpids_take_back(slot);
	vmxcore_refs_take_back(slot, vmcss, vpids);
	vmxcore_exclude_end(slot);
	vmxcore_slot_free(slot);
}

static struct vmxcore_client *exclude_others(struct vmxcore_client *client)
{
	int err = vmxcore_exclude(vmxcore_slot_find(client));

	if (!err) {
		vmxcore_refs_settle();
		return client;
	}
	take_back(vmxcore_slot_close(client));
	return ERR_PTR(err);
}

/**
 * vmxcore_register() - become a client
 * @desc: who and how, see there
 *
 * Who gets VMX for itself finds it off.
 *
 * Context: task, may sleep; with %VMXCORE_TAKE_OVER up to five seconds; with
 * %VMXCORE_EXCLUSIVE not under cpus_read_lock().
 * Return: a handle for all other calls, or ERR_PTR: -EEXIST: the name is taken; -EBUSY: a
 * client has VMX for itself, or @desc wants that and others hold references, the log
 * names one; -ENOSPC: %VMXCORE_MAX_CLIENTS are registered; -EINVAL: something in @desc is
 * not as it says there; -ENOMEM.
 */
struct vmxcore_client *vmxcore_register(const struct vmxcore_client_desc *desc)
{
	bool pins = desc && VMXCORE_BACKEND.pins(desc->owner);
	struct vmxcore_client *client = vmxcore_slot_add(desc, pins);

	if (IS_ERR(client))
		pr_err("client '%.*s' not registered: %s (%pe), called from %pS\n",
		       VMXCORE_NAME_LEN, desc && desc->name ? desc->name : "",
		       why_not(PTR_ERR(client)), client, (void *)_RET_IP_);
	else if (desc->flags & VMXCORE_EXCLUSIVE)
		client = exclude_others(client);
	if (!IS_ERR(client) && desc->flags & VMXCORE_EVMCS)
		vmxcore_vmcss_clear();
	if (watcher && !IS_ERR(client))
		watcher->came(client);
	return client;
}
EXPORT_SYMBOL_GPL(vmxcore_register);

/**
 * vmxcore_unregister() - cease to be a client
 * @client: handle from vmxcore_register(); refused by every call from here on
 *
 * Takes back whatever the client still holds, references, VMCSs and VPIDs, and names it
 * in the log. When this returns none of its callbacks runs or will be called.
 *
 * Context: task, may sleep; takes cpus_read_lock(). Not in one of the client's callbacks.
 */
void vmxcore_unregister(struct vmxcore_client *client)
{
	struct vmxcore_slot *slot;

	if (!vmxcore_may_sleep()) {
		vmxcore_misuse(VMXCORE_MISUSE_CONTEXT, client, __func__, _RET_IP_);
		return;
	}
	slot = vmxcore_slot_close(client);
	if (slot)
		take_back(slot);
	else
		vmxcore_misuse(VMXCORE_MISUSE_HANDLE, client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_unregister);

/**
 * vmxcore_module_gone - a module is unloaded: unregister what it forgot
 * @owner: the module, its exit function done, its text still there
 *
 * Context: task, may sleep; takes cpus_read_lock().
 */
void vmxcore_module_gone(const struct module *owner)
{
	struct vmxcore_slot *slot = NULL;

	while ((slot = vmxcore_slot_next(slot))) {
		/* Other modules' clients come and go meanwhile, and are none of its owner's. */
		if (data_race(slot->desc.owner) != owner)
			continue;
		pr_warn("module %s is unloaded with client '%s' still registered: unregistered, report it to the maker of that module\n",
			owner->name, slot->name);
		vmxcore_unregister(vmxcore_slot_handle(slot));
	}
}
