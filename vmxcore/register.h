/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_REGISTER_H
#define _VMXCORE_REGISTER_H

struct module;
struct vmxcore_client;
struct vmxcore_slot;

/**
 * struct vmxcore_watcher - who wants to know of clients, and is known to none of them
 * @came: a client has registered, and has what it asked for; task, may sleep
 * @going: a registration has ended, or came to nothing: its handle is refused already, its
 *	slot and module are there until this returns; task, may sleep. Not always after @came
 */
struct vmxcore_watcher {
	void (*came)(struct vmxcore_client *client);
	void (*going)(struct vmxcore_slot *slot);
};

void vmxcore_watch_clients(const struct vmxcore_watcher *watcher);
void vmxcore_module_gone(const struct module *owner);

#endif /* _VMXCORE_REGISTER_H */
