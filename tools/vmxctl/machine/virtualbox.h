/* SPDX-License-Identifier: GPL-2.0-only */
/* How VirtualBox shares VMX with vmxcore or with the distribution's KVM. */
#ifndef VMXCTL_VIRTUALBOX_H
#define VMXCTL_VIRTUALBOX_H

#include <stdbool.h>

#include "machine/machine.h"
#include "machine/modules.h"
#include "machine/vmxcore.h"

/* The advice where VirtualBox and KVM cannot be made to share VMX. */
#define VIRTUALBOX_IN_TURNS	"end VirtualBox's VMs before KVM's start"

/**
 * enum virtualbox_state - VirtualBox's driver, vboxdrv, and what is loaded beside it
 * @VIRTUALBOX_ABSENT: vboxdrv is not loaded
 * @VIRTUALBOX_ALONE: neither vmxcore nor kvm_intel is loaded
 * @VIRTUALBOX_CLIENT: vmxcore_vbox has made it a client of vmxcore
 * @VIRTUALBOX_PENDING: it becomes a client when its next VM starts
 * @VIRTUALBOX_STRANGER: it is no client of vmxcore, and has KVM turn VMX on
 * @VIRTUALBOX_FOREIGN: it is no client of vmxcore, and executes VMXON itself
 * @VIRTUALBOX_STOCK_TURNS: beside the distribution's KVM, it executes VMXON itself
 * @VIRTUALBOX_STOCK_KILLS: beside the distribution's KVM, it has that turn VMX on, and KVM takes
 *	VirtualBox's VMCSs for its own
 */
enum virtualbox_state {
	VIRTUALBOX_ABSENT,
	VIRTUALBOX_ALONE,
	VIRTUALBOX_CLIENT,
	VIRTUALBOX_PENDING,
	VIRTUALBOX_STRANGER,
	VIRTUALBOX_FOREIGN,
	VIRTUALBOX_STOCK_TURNS,
	VIRTUALBOX_STOCK_KILLS,
};

/**
 * struct virtualbox - VirtualBox on this machine
 * @state: how it shares VMX
 * @version: of its driver, or empty if that is unknown
 * @known: vmxcore_vbox knows this version
 * @in_use: a program has the driver open, or a VM of it holds VMX
 * @text: a sentence on @state; empty if VirtualBox shares VMX with nothing
 * @first: what the admin has to do before @fix; may be empty
 * @fix: the command that helps; empty if there is none, or no need for one
 */
struct virtualbox {
	enum virtualbox_state state;
	char version[64];
	bool known;
	bool in_use;
	char text[256];
	const char *first;
	const char *fix;
};

void virtualbox_find(struct virtualbox *v, const struct machine *machine,
		     const struct module *modules, const struct vmxcore *vmxcore);
bool virtualbox_is_client(const struct vmxcore_client *client);
bool virtualbox_needs_help(const struct virtualbox *v);
const char *virtualbox_word(const struct virtualbox *v);

#endif /* VMXCTL_VIRTUALBOX_H */
