// SPDX-License-Identifier: GPL-2.0-only
/* Processes, clients and modules that use the modules to be unloaded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/options.h"
#include "lib/out.h"
#include "switch/plan.h"

/*
 * Clients whose module is not unloaded. With the borrowed backend they pin
 * kvm_intel.
 */
static unsigned int clients_in_the_way(struct findings *findings, const struct snapshot *s,
				       const struct steps *unload)
{
	const struct vmxcore_client *c;
	unsigned int n = 0;

	for (c = s->vmxcore.clients; c < s->vmxcore.clients + s->vmxcore.n_clients; c++) {
		if (!vmxcore_client_holds(c) || !c->module[0] || steps_find(unload, c->module))
			continue;
		n++;
		found(findings, "client", "end what it does, or unload its module", "",
		      "client %s (module %s) of vmxcore holds VMX, which kvm_intel lends it",
		      c->name, c->module);
	}
	return n;
}

/*
 * While VirtualBox runs VMs, vmxcore_vbox can neither be unloaded nor make it a
 * client. One finding names all of its processes, with "..." if they don't fit.
 */
static void virtualbox_in_the_way(struct findings *findings, const struct snapshot *s)
{
	static const char more[] = ", ...";
	const struct process *p;
	char text[FILE_LINE] = "";

	if (!s->virtualbox.in_use)
		return;
	for (p = s->processes.list; p < s->processes.list + s->processes.n; p++) {
		if (!p->vbox || !text_append(text, FILE_LINE - strlen(more), "%sprocess %d (%s)",
					     text[0] ? ", " : ": ", p->pid, p->comm))
			continue;
		strcat(text, more);
		break;
	}
	found(findings, "virtualbox", "end VirtualBox's VMs and programs", "",
	      "VirtualBox is in use%s", text);
}

/* Those of VirtualBox have been named by virtualbox_in_the_way(). */
static unsigned int processes_in_the_way(struct findings *findings, const struct snapshot *s)
{
	const struct process *p;
	unsigned int n = 0;
	char first[96];

	for (p = s->processes.list; p < s->processes.list + s->processes.n; p++) {
		if (!p->kvm_vms && !p->kvm)
			continue;
		n++;
		if (p->vbox && s->virtualbox.in_use)
			continue;
		path_make(first, sizeof(first), "end its VMs; if it stays: kill %d", p->pid);
		if (p->kvm_vms)
			found(findings, "vms", first, "", "process %d (%s) runs %u VM%s", p->pid,
			      p->comm, p->kvm_vms, p->kvm_vms == 1 ? "" : "s");
		else
			found(findings, "vms", first, "", "process %d (%s) has /dev/kvm open",
			      p->pid, p->comm);
	}
	return n;
}

/*
 * Lists the clients of a module: " (client a, client b)", with "..." if they
 * don't fit.
 */
static void names_of_clients(const struct snapshot *s, const char *module, char text[FILE_LINE])
{
	static const char more[] = ", ...", end[] = ")";
	const struct vmxcore_client *c;

	text[0] = '\0';
	for (c = s->vmxcore.clients; c < s->vmxcore.clients + s->vmxcore.n_clients; c++) {
		if (strcmp(c->module, module) ||
		    !text_append(text, FILE_LINE - strlen(more) - strlen(end), "%sclient %s%s",
				 text[0] ? ", " : " (", c->name,
				 vmxcore_client_holds(c) ? ", holds VMX" : ""))
			continue;
		strcat(text, more);
		break;
	}
	if (text[0])
		strcat(text, end);
}

/*
 * Adds a finding for each module that uses this one and is not unloaded.
 * Returns how many use it in total.
 */
static unsigned int modules_in_the_way(struct findings *findings, const struct snapshot *s,
				       const struct steps *unload, const struct module *module)
{
	char users[MODULE_USERS], clients[FILE_LINE], fix[128], *rest = users, *user;
	unsigned int n = 0;

	strcpy(users, module->users);
	while ((user = strsep(&rest, ","))) {
		/* The kernel lists "[permanent]" among the users. */
		if (!user[0] || user[0] == '[')
			continue;
		n++;
		if (steps_find(unload, user))
			continue;
		names_of_clients(s, user, clients);
		path_make(fix, sizeof(fix), "modprobe -r %s", user);
		found(findings, "module", "end what it does", fix, "module %s%s uses %s", user,
		      clients, module->name);
	}
	return n;
}

static void users_of(struct findings *findings, const struct snapshot *s,
		     const struct steps *unload, const char *name)
{
	struct module module;
	unsigned int named, linked;
	int err = module_read(name, &module);

	if (err) {
		note_file("/proc/modules", err);
		findings->blind = true;
	}
	linked = modules_in_the_way(findings, s, unload, &module);
	if (module.uses <= linked)
		return;
	/* VirtualBox uses vmxcore_vbox, and kvm_intel where that lends VMX. */
	named = s->virtualbox.in_use &&
		(!strcmp(name, "vmxcore_vbox") || !strcmp(name, "kvm_intel"));
	if (!strcmp(name, "kvm_intel"))
		named += processes_in_the_way(findings, s) +
			 clients_in_the_way(findings, s, unload);
	if (!named)
		found(findings, "in-use",
		      s->processes.blind ? "become root" : "see what has /dev/kvm open (lsof)", "",
		      "module %s is in use (%u times), but its users %s", name,
		      module.uses - linked,
		      s->processes.blind ? "can be seen only by root" : "cannot be found");
}

void plan_users(struct findings *findings, const struct snapshot *s, const struct steps *unload)
{
	const struct step *step;

	virtualbox_in_the_way(findings, s);
	for (step = unload->list; step < unload->list + unload->n; step++)
		users_of(findings, s, unload, step->name);
}
