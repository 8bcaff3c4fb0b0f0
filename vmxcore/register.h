/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_REGISTER_H
#define _VMXCORE_REGISTER_H

struct module;
struct vmxcore_client;
struct vmxcore_client_entry;

/**
 * struct vmxcore_watcher - callbacks for clients that come and go
 * @added: a client has registered, and is exclusive if it asked for that
 * @removing: a registration has ended or has failed: its handle is refused already. The
 *	entry and its module stay until this returns. It may be called although @added was
 *	not called for this client
 *
 * Context: task, may sleep.
 */
struct vmxcore_watcher {
	void (*added)(struct vmxcore_client *client);
	void (*removing)(struct vmxcore_client_entry *entry);
};

void vmxcore_watch_clients(const struct vmxcore_watcher *watcher);
void vmxcore_module_gone(const struct module *owner);

#endif /* _VMXCORE_REGISTER_H */
