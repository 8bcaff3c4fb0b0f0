// SPDX-License-Identifier: GPL-2.0-only
/*
 * How clients register and unregister, and how one of them gets VMX exclusively.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/iopoll.h>
#include <linux/mutex.h>

#include "backend.h"
#include "client.h"
#include "compat.h"
#include "context.h"
#include "ref.h"
#include "register.h"
#include "stranger.h"
#include "tlb.h"
#include "vmcs.h"

#define YIELD_POLL_US		1000
#define YIELD_TIMEOUT_US	5000000

static const struct vmxcore_watcher *watcher;

/* Protects vmxcore_exclusive against other writers. */
static DEFINE_MUTEX(exclusive_lock);

/* Held while a yield or regain callback runs. A client is not unregistered meanwhile. */
static DEFINE_MUTEX(yield_lock);

/*
 * Use callbacks so that sysfs depends on this file and not the other way round. Called at load
 * before any client can register, and with NULL at unload when none can any more.
 */
void vmxcore_watch_clients(const struct vmxcore_watcher *w)
{
	watcher = w;
}

enum yield_call { CALL_YIELD, CALL_REGAIN };

static void call_others(const struct vmxcore_client_entry *exclusive, enum yield_call which)
{
	struct vmxcore_client_entry *other = NULL;
	void (*callback)(void);

	while ((other = vmxcore_entry_next(other))) {
		if (other == exclusive)
			continue;
		mutex_lock(&yield_lock);
		/*
		 * Look for the handle again: a client that is being unregistered waits for
		 * yield_lock, so its callbacks stay. If the entry belongs to another client by
		 * now, that one's callbacks are called, which does no harm.
		 */
		if (vmxcore_entry_handle(other)) {
			callback = which == CALL_YIELD ? other->desc.yield : other->desc.regain;
			if (callback)
				callback();
		}
		mutex_unlock(&yield_lock);
	}
}

/* A client that stands in the way, or NULL. If @entry takes over, all others yield first. */
static const struct vmxcore_client_entry *make_room(struct vmxcore_client_entry *entry)
{
	const struct vmxcore_client_entry *holder = vmxcore_other_holder(entry);

	if (!holder || !(entry->desc.flags & VMXCORE_TAKE_OVER))
		return holder;
	call_others(entry, CALL_YIELD);
	read_poll_timeout(vmxcore_other_holder, holder, !holder, YIELD_POLL_US,
			  YIELD_TIMEOUT_US, false, entry);
	return holder;
}

/* Return: 0, or -EBUSY: others hold references, or another client is exclusive. */
static int make_exclusive(struct vmxcore_client_entry *entry)
{
	const struct vmxcore_client_entry *holder;

	mutex_lock(&exclusive_lock);
	if (vmxcore_exclusive) {
		mutex_unlock(&exclusive_lock);
		return -EBUSY;
	}
	WRITE_ONCE(vmxcore_exclusive, entry);
	/* Each get that has not seen vmxcore_exclusive is counted when this returns. */
	vmxcore_refs_quiesce();
	holder = make_room(entry);
	if (holder) {
		pr_err("client '%s' does not get VMX for itself, client '%s' holds it: end the VMs of that client, or unload its module\n",
		       entry->name, holder->name);
		WRITE_ONCE(vmxcore_exclusive, NULL);
	}
	mutex_unlock(&exclusive_lock);

	if (!holder) {
		/* A put that has reduced the count may not have turned VMX off yet. */
		vmxcore_refs_quiesce();
		return 0;
	}
	if (entry->desc.flags & VMXCORE_TAKE_OVER)
		call_others(entry, CALL_REGAIN);
	return -EBUSY;
}

static void end_exclusive(const struct vmxcore_client_entry *entry)
{
	bool was_exclusive;

	mutex_lock(&exclusive_lock);
	was_exclusive = vmxcore_exclusive == entry;
	if (was_exclusive)
		WRITE_ONCE(vmxcore_exclusive, NULL);
	mutex_unlock(&exclusive_lock);
	if (was_exclusive)
		call_others(entry, CALL_REGAIN);
}

/* The entry is closed: its handle is refused, emergency and cpu_gone are not called. */
static void take_back(struct vmxcore_client_entry *entry)
{
	unsigned int vmcss, vpids;

	vmxcore_stranger_client_changed(entry->name);
	if (watcher)
		watcher->removing(entry);
	/* Wait for a yield or regain callback of this client. */
	mutex_lock(&yield_lock);
	mutex_unlock(&yield_lock);
	/* VMCLEAR needs VMX, which goes off with the last reference. */
	vmcss = vmxcore_vmcss_take_back(entry);
	vpids = vmxcore_vpids_take_back(entry);
	vmxcore_refs_take_back(entry, vmcss, vpids);
	end_exclusive(entry);
	vmxcore_entry_free(entry);
}

static const char *register_error(long error)
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
		return "no owner, or no valid name: 1 to 31 of [A-Za-z0-9_.-], not a dot first";
	}
}

/**
 * vmxcore_register() - register a client
 * @desc: the client's name, owner, flags and callbacks; it is copied
 *
 * When an exclusive client has registered, no other client holds VMX, and vmxcore has turned
 * it off. Unknown flags are ignored, and so is %VMXCORE_TAKE_OVER without %VMXCORE_EXCLUSIVE.
 *
 * Context: task, may sleep; with %VMXCORE_TAKE_OVER up to five seconds; with
 * %VMXCORE_EXCLUSIVE, and for a client named vboxdrv, not under cpus_read_lock().
 * Return: a handle for all other calls, or ERR_PTR: -EEXIST: the name is taken; -EBUSY: a
 * client has VMX exclusively, or @desc asks for that and others hold references, of which the
 * log names one; -ENOSPC: %VMXCORE_MAX_CLIENTS are registered; -EINVAL: @desc is NULL, or has no
 * owner or no valid name; -ENOMEM.
 */
struct vmxcore_client *vmxcore_register(const struct vmxcore_client_desc *desc)
{
	struct vmxcore_client *client;
	bool pins_provider;
	int err;

	pins_provider = desc && VMXCORE_BACKEND.pins && VMXCORE_BACKEND.pins(desc->owner);
	client = vmxcore_entry_add(desc, pins_provider);
	if (IS_ERR(client)) {
		pr_err("client '%.*s' not registered: %s (%pe), called from %pS\n",
		       VMXCORE_NAME_LEN, desc && desc->name ? desc->name : "",
		       register_error(PTR_ERR(client)), client, (void *)_RET_IP_);
		return client;
	}
	vmxcore_stranger_client_changed(desc->name);
	if (desc->flags & VMXCORE_EXCLUSIVE) {
		err = make_exclusive(vmxcore_entry_of(client));
		if (err) {
			take_back(vmxcore_entry_close(client));
			return ERR_PTR(err);
		}
	}
	if (desc->flags & VMXCORE_EVMCS)
		vmxcore_vmcss_clear();
	if (watcher)
		watcher->added(client);
	return client;
}
EXPORT_SYMBOL_GPL(vmxcore_register);

/**
 * vmxcore_unregister() - unregister a client
 * @client: handle from vmxcore_register(); refused by every call from here on
 *
 * Takes back whatever the client still holds, references, VMCSs and VPIDs, and names it
 * in the log. When this returns none of its callbacks runs or will be called.
 *
 * Context: task, may sleep; takes cpus_read_lock(). Not in one of the client's callbacks.
 */
void vmxcore_unregister(struct vmxcore_client *client)
{
	struct vmxcore_client_entry *entry;

	if (!vmxcore_may_sleep()) {
		vmxcore_report_misuse(VMXCORE_MISUSE_CONTEXT, client, __func__, _RET_IP_);
		return;
	}
	entry = vmxcore_entry_close(client);
	if (entry)
		take_back(entry);
	else
		vmxcore_report_misuse(VMXCORE_MISUSE_HANDLE, client, __func__, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vmxcore_unregister);

/*
 * A module is being unloaded and its exit function is done, or it failed to load. Unregister the
 * clients that it left.
 */
void vmxcore_module_gone(const struct module *owner)
{
	struct vmxcore_client_entry *entry = NULL;

	while ((entry = vmxcore_entry_next(entry))) {
		/* The clients of other modules come and go meanwhile. */
		if (data_race(entry->desc.owner) != owner)
			continue;
		pr_warn("module %s is unloaded with client '%s' still registered: unregistered, report it to the maker of that module\n",
			owner->name, entry->name);
		vmxcore_unregister(vmxcore_entry_handle(entry));
	}
}
