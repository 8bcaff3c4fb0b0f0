// SPDX-License-Identifier: GPL-2.0-only
/*
 * The differences between two snapshots. Both have their lists sorted by the
 * same key, so the two are walked side by side.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cpus.h"
#include "watch/changes.h"

__attribute__((format(printf, 4, 5))) static void
add(struct changes *changes, enum change_kind kind, const char *name, const char *format, ...)
{
	struct change change = { .kind = kind }, *list;
	va_list args;
	int length;

	path_make(change.name, sizeof(change.name), "%s", name);
	va_start(args, format);
	length = vasprintf(&change.text, format, args);
	va_end(args);
	if (length < 0)
		return;
	list = reallocarray(changes->list, changes->n + 1, sizeof(*list));
	if (!list) {
		free(change.text);
		return;
	}
	changes->list = list;
	list[changes->n++] = change;
}

static bool same_moment(const struct moment *a, const struct moment *b)
{
	return a->known == b->known && (!a->known || a->us == b->us);
}

static void references(struct changes *changes, enum change_kind kind,
		       const struct vmxcore_client *old, const struct vmxcore_client *now,
		       const char *verb)
{
	char before[VMXCORE_HELD], after[VMXCORE_HELD];

	add(changes, kind, now->name, "client %s %s: has %s (before: %s)", now->name, verb,
	    vmxcore_client_held(now, after), vmxcore_client_held(old, before));
}

/* A client can get on one CPU and put on another between two snapshots. */
static void compare_references(struct changes *changes, const struct vmxcore_client *old,
			       const struct vmxcore_client *now)
{
	static uint64_t before[CPU_LIMIT], after[CPU_LIMIT];
	bool got = now->references > old->references, put = now->references < old->references,
	     known;
	unsigned int cpu;

	known = cpus_counts(old->cpu_references, before);
	known = cpus_counts(now->cpu_references, after) && known;
	for (cpu = 0; known && cpu < CPU_LIMIT; cpu++) {
		got = got || after[cpu] > before[cpu];
		put = put || after[cpu] < before[cpu];
	}
	if (got)
		references(changes, CHANGE_CLIENT_GOT, old, now, "got");
	if (put)
		references(changes, CHANGE_CLIENT_PUT, old, now, "put");
	if (got || put)
		return;
	if (strcmp(old->cpu_references, now->cpu_references))
		references(changes, CHANGE_CLIENT, old, now, "got or put");
	else if (!same_moment(&old->since, &now->since))
		add(changes, CHANGE_CLIENT_AGAIN, now->name,
		    "client %s put all its references, and got them again", now->name);
}

static void compare_client(struct changes *changes, const struct vmxcore_client *old,
			   const struct vmxcore_client *now)
{
	compare_references(changes, old, now);
	if (old->vpids != now->vpids || old->vmcss != now->vmcss)
		add(changes, CHANGE_CLIENT, now->name,
		    "client %s: %llu VPIDs, %llu VMCSs (%llu, %llu before)", now->name,
		    (unsigned long long)now->vpids, (unsigned long long)now->vmcss,
		    (unsigned long long)old->vpids, (unsigned long long)old->vmcss);
	if (old->exclusive != now->exclusive)
		add(changes, CHANGE_CLIENT, now->name, "client %s: %s VMX for itself", now->name,
		    now->exclusive ? "has" : "no longer has");
	if (old->hidden != now->hidden || strcmp(old->module, now->module))
		add(changes, CHANGE_CLIENT, now->name,
		    "client %s has been replaced by another of its name", now->name);
}

static void client_came(struct changes *changes, const struct vmxcore_client *now)
{
	struct vmxcore_client nothing = {};

	add(changes, CHANGE_CLIENT_CAME, now->name, "client %s came (module %s)", now->name,
	    now->module[0] ? now->module : "unknown");
	if (vmxcore_client_holds(now))
		references(changes, CHANGE_CLIENT_GOT, &nothing, now, "got");
}

static void client_went(struct changes *changes, const struct vmxcore_client *old)
{
	char buf[VMXCORE_HELD];

	add(changes, CHANGE_CLIENT_WENT, old->name, "client %s went (had %s)", old->name,
	    vmxcore_client_held(old, buf));
}

static void compare_clients(struct changes *changes, const struct vmxcore *old,
			    const struct vmxcore *now)
{
	size_t i = 0, j = 0;
	int order;

	while (i < old->n_clients || j < now->n_clients) {
		if (i == old->n_clients)
			order = 1;
		else if (j == now->n_clients)
			order = -1;
		else
			order = strcmp(old->clients[i].name, now->clients[j].name);
		if (order < 0)
			client_went(changes, &old->clients[i]);
		else if (order > 0)
			client_came(changes, &now->clients[j]);
		else
			compare_client(changes, &old->clients[i], &now->clients[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

static void compare_cpu(struct changes *changes, const struct vmxcore_cpu *old,
			const struct vmxcore_cpu *now)
{
	enum change_kind kind = CHANGE_CPU;
	char name[16];

	snprintf(name, sizeof(name), "cpu%u", now->cpu);
	if (vmxcore_cpu_is_on(old) != vmxcore_cpu_is_on(now))
		kind = vmxcore_cpu_is_on(now) ? CHANGE_CPU_ON : CHANGE_CPU_OFF;
	if (strcmp(old->state, now->state))
		add(changes, kind, name, "CPU %u: %s (%s before)", now->cpu, now->state,
		    old->state);
	else if (!same_moment(&old->since, &now->since))
		add(changes, CHANGE_CPU_AGAIN, name, "CPU %u: VMX went off, and on again",
		    now->cpu);
	else if (old->foreign != now->foreign)
		add(changes, CHANGE_CPU, name, "CPU %u: %s", now->cpu,
		    now->foreign ? "VMX has been turned on by code that is no client of vmxcore" :
		    "the code that is no client of vmxcore has turned VMX off");
	else if (old->references != now->references || old->held != now->held)
		add(changes, CHANGE_CPU, name,
		    "CPU %u: %llu references of its own (%llu before), %sheld with all others",
		    now->cpu, (unsigned long long)now->references,
		    (unsigned long long)old->references, now->held ? "" : "not ");
}

/*
 * vmxcore always has a folder for each possible CPU. If vmxcore was loaded or
 * unloaded, that is one change and not one for each CPU.
 */
static void compare_cpus(struct changes *changes, const struct vmxcore *old,
			 const struct vmxcore *now)
{
	size_t i = 0, j = 0;

	while (i < old->n_cpus && j < now->n_cpus) {
		if (old->cpus[i].cpu < now->cpus[j].cpu) {
			i++;
		} else if (old->cpus[i].cpu > now->cpus[j].cpu) {
			j++;
		} else {
			compare_cpu(changes, &old->cpus[i], &now->cpus[j]);
			i++;
			j++;
		}
	}
}

static void compare_machine(struct changes *changes, const struct vmxcore *old,
			    const struct vmxcore *now)
{
	if (strcmp(old->state, now->state))
		add(changes, CHANGE_VMXCORE, "vmxcore", "VMX is %s (%s before)", now->state,
		    old->state);
	if (strcmp(old->policy, now->policy))
		add(changes, CHANGE_VMXCORE, "vmxcore", "VMX is on %s (%s before)", now->policy,
		    old->policy);
	if (strcmp(old->provider, now->provider))
		add(changes, CHANGE_VMXCORE, "vmxcore", "VMX is lent by %s (%s before)",
		    now->provider[0] ? now->provider : "no module",
		    old->provider[0] ? old->provider : "no module");
}

static void compare_vmxcore(struct changes *changes, const struct vmxcore *old,
			    const struct vmxcore *now)
{
	if (old->present != now->present)
		add(changes, CHANGE_VMXCORE, "vmxcore", "vmxcore has been %sloaded",
		    now->present ? "" : "un");
	else if (now->present)
		compare_machine(changes, old, now);
	compare_clients(changes, old, now);
	compare_cpus(changes, old, now);
}

static void compare_modules(struct changes *changes, const struct module *old,
			    const struct module *now)
{
	unsigned int i;

	for (i = 0; i < MODULES; i++) {
		if (old[i].loaded != now[i].loaded)
			add(changes, CHANGE_MODULE, now[i].name, "module %s has been %sloaded",
			    now[i].name, now[i].loaded ? "" : "un");
		else if (now[i].loaded && old[i].uses != now[i].uses)
			add(changes, CHANGE_MODULE, now[i].name,
			    "module %s: use count %u (%u before)", now[i].name, now[i].uses,
			    old[i].uses);
	}
}

/* That its driver was loaded or unloaded is a change of the modules. */
static void compare_virtualbox(struct changes *changes, const struct virtualbox *old,
			       const struct virtualbox *now)
{
	if (now->text[0] && old->state != now->state)
		add(changes, CHANGE_VIRTUALBOX, "vboxdrv", "%s", now->text);
}

static void compare_process(struct changes *changes, const struct process *old,
			    const struct process *now)
{
	if (old->kvm_vms != now->kvm_vms)
		add(changes, CHANGE_PROCESS, now->comm,
		    "process %d (%s): %u VMs of KVM (%u before)", now->pid, now->comm, now->kvm_vms,
		    old->kvm_vms);
	else if (!old->kvm != !now->kvm || !old->vbox != !now->vbox || !old->vmware != !now->vmware)
		add(changes, CHANGE_PROCESS, now->comm, "process %d (%s) has other devices open",
		    now->pid, now->comm);
}

static void compare_processes(struct changes *changes, const struct processes *old,
			      const struct processes *now)
{
	const struct process *p, *q;
	size_t i = 0, j = 0;

	while (i < old->n || j < now->n) {
		p = i < old->n ? &old->list[i] : NULL;
		q = j < now->n ? &now->list[j] : NULL;
		if (!q || (p && p->pid < q->pid)) {
			add(changes, CHANGE_PROCESS, p->comm, "process %d (%s) no longer runs VMs",
			    p->pid, p->comm);
			i++;
		} else if (!p || q->pid < p->pid) {
			add(changes, CHANGE_PROCESS, q->comm,
			    "process %d (%s) runs VMs, or is about to", q->pid, q->comm);
			j++;
		} else {
			compare_process(changes, p, q);
			i++;
			j++;
		}
	}
}

/* Both lists are in the same order. */
static bool same_holders(const struct snapshot *old, const struct snapshot *now)
{
	size_t i;

	if (old->held != now->held || old->complete != now->complete ||
	    old->n_holders != now->n_holders)
		return false;
	for (i = 0; i < now->n_holders; i++) {
		if (strcmp(old->holders[i].name, now->holders[i].name) ||
		    old->holders[i].certain != now->holders[i].certain)
			return false;
	}
	return true;
}

static void compare_holders(struct changes *changes, const struct snapshot *old,
			    const struct snapshot *now)
{
	static const char *const texts[] = {
		[ANSWER_NO] = "VT-x is free",
		[ANSWER_YES] = "VT-x is held by an unknown client",
		[ANSWER_UNKNOWN] = "what holds VT-x cannot be determined",
	};
	char *names = NULL;
	size_t size, i;
	FILE *to;

	if (same_holders(old, now))
		return;
	to = open_memstream(&names, &size);
	if (!to)
		return;
	for (i = 0; i < now->n_holders; i++)
		fprintf(to, "%s%s", i ? ", " : "", now->holders[i].name);
	fclose(to);
	if (now->n_holders)
		add(changes, CHANGE_HELD, "VT-x", "VT-x is held by %s%s", names,
		    now->complete ? "" : ", and perhaps others");
	else
		add(changes, CHANGE_HELD, "VT-x", "%s", texts[now->held]);
	free(names);
}

/* The caller frees the changes. */
void changes_find(struct changes *changes, const struct snapshot *old, const struct snapshot *now)
{
	memset(changes, 0, sizeof(*changes));
	compare_holders(changes, old, now);
	compare_vmxcore(changes, &old->vmxcore, &now->vmxcore);
	compare_modules(changes, old->modules, now->modules);
	compare_virtualbox(changes, &old->virtualbox, &now->virtualbox);
	compare_processes(changes, &old->processes, &now->processes);
}

void changes_free(struct changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		free(changes->list[i].text);
	free(changes->list);
	memset(changes, 0, sizeof(*changes));
}

/* The name of the kind in JSON. */
const char *change_word(enum change_kind kind)
{
	static const char *const words[] = {
		[CHANGE_HELD] = "held",
		[CHANGE_VMXCORE] = "vmxcore",
		[CHANGE_CLIENT_CAME] = "client-came",
		[CHANGE_CLIENT_WENT] = "client-went",
		[CHANGE_CLIENT_GOT] = "client-got",
		[CHANGE_CLIENT_PUT] = "client-put",
		[CHANGE_CLIENT_AGAIN] = "client-again",
		[CHANGE_CLIENT] = "client",
		[CHANGE_CPU_ON] = "cpu-on",
		[CHANGE_CPU_OFF] = "cpu-off",
		[CHANGE_CPU_AGAIN] = "cpu-again",
		[CHANGE_CPU] = "cpu",
		[CHANGE_MODULE] = "module",
		[CHANGE_VIRTUALBOX] = "virtualbox",
		[CHANGE_PROCESS] = "process",
	};

	return words[kind];
}
