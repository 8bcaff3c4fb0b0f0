// SPDX-License-Identifier: GPL-2.0-only
/* What several subcommands print of a snapshot, as text and as JSON. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/out.h"
#include "machine/report.h"

/* Seconds since @since, or 0 if that is unknown. */
static uint64_t snapshot_age(const struct snapshot *snapshot, const struct moment *since)
{
	uint64_t then = since->us / 1000000;

	return since->known && snapshot->uptime > then ? snapshot->uptime - then : 0;
}

/* @buf gets ", since DATE TIME (AGE)", or an empty string. */
static void snapshot_when(const struct snapshot *snapshot, const struct moment *since, char buf[96])
{
	uint64_t age = snapshot_age(snapshot, since);
	char date[32] = "", text[32];
	struct tm tm;
	time_t then;

	buf[0] = '\0';
	if (!since->known)
		return;
	then = time(NULL) - (time_t)age;
	if (localtime_r(&then, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	print_age(text, age);
	path_make(buf, 96, ", since %s (%s)", date, text);
}

/*
 * Adds "since" (seconds since boot) and "age" (seconds). Both are null if the
 * time is unknown.
 */
void add_moment(struct json_object *object, const struct snapshot *snapshot,
		const struct moment *since)
{
	char text[40];

	if (!since->known) {
		add_string(object, "since", NULL);
		add_string(object, "age", NULL);
		return;
	}
	path_make(text, sizeof(text), "%llu.%06llu", (unsigned long long)since->us / 1000000,
		  (unsigned long long)since->us % 1000000);
	json_object_object_add(object, "since", json_object_new_double_s(since->us / 1e6, text));
	add_number(object, "age", snapshot_age(snapshot, since));
}

void add_processes(struct json_object *object, const struct processes *processes)
{
	struct json_object *array = add_array(object, "processes"), *entry;
	const struct process *p;

	for (p = processes->list; p < processes->list + processes->n; p++) {
		entry = append_object(array);
		add_number(entry, "pid", p->pid);
		add_string(entry, "comm", p->comm);
		add_number(entry, "kvm_vms", p->kvm_vms);
		add_number(entry, "kvm", p->kvm);
		add_number(entry, "vboxdrv", p->vbox);
		add_number(entry, "vmmon", p->vmware);
	}
	add_number(object, "processes_not_seen", processes->blind);
}

void add_client(struct json_object *array, const struct snapshot *snapshot,
		const struct vmxcore_client *client)
{
	struct json_object *object = append_object(array);

	add_string(object, "name", client->name);
	add_bool(object, "visible", !client->hidden);
	if (client->hidden)
		return;
	add_string(object, "module", client->module);
	add_bool(object, "holds", vmxcore_client_holds(client));
	add_number(object, "references", client->references);
	add_string(object, "cpu_references", client->cpu_references);
	add_number(object, "vpids", client->vpids);
	add_number(object, "vmcss", client->vmcss);
	add_bool(object, "exclusive", client->exclusive);
	add_moment(object, snapshot, &client->since);
}

/* "virtualbox" is null if VirtualBox's driver is not loaded. */
void add_virtualbox(struct json_object *object, const struct virtualbox *v)
{
	struct json_object *entry;

	if (v->state == VIRTUALBOX_ABSENT) {
		add_string(object, "virtualbox", NULL);
		return;
	}
	entry = add_object(object, "virtualbox");
	add_string(entry, "state", virtualbox_word(v));
	add_string(entry, "version", v->version[0] ? v->version : NULL);
	add_bool(entry, "in_use", v->in_use);
	add_string(entry, "text", v->text[0] ? v->text : NULL);
	add_string(entry, "first", v->first);
	add_string(entry, "fix", v->fix);
}

/* The name of the kind in JSON and in metrics. */
const char *holder_kind(const struct holder *holder)
{
	static const char *const text[] = {
		[HOLDER_CLIENT] = "client",
		[HOLDER_MODULE] = "module",
		[HOLDER_FOREIGN] = "foreign",
	};

	return text[holder->kind];
}

/* The certainty in JSON and in metrics. */
const char *holder_certainty(const struct holder *holder)
{
	return holder->certain ? "certain" : "probable";
}

static bool holds_all(const struct holder *holder)
{
	return holder->info ? holder->info->references : holder->kind == HOLDER_MODULE;
}

static void json_holders(struct json_object *doc, const struct snapshot *s)
{
	struct json_object *array = add_array(doc, "holders"), *object;
	const struct holder *h;

	for (h = s->holders; h < s->holders + s->n_holders; h++) {
		object = append_object(array);
		add_string(object, "name", h->name);
		add_string(object, "title", h->title);
		add_string(object, "kind", holder_kind(h));
		add_string(object, "certainty", holder_certainty(h));
		add_bool(object, "all_cpus", holds_all(h));
		add_string(object, "cpu_references", h->info ? h->info->cpu_references : NULL);
		add_moment(object, s, &h->since);
	}
}

static void json_vmxcore(struct json_object *doc, const struct snapshot *s)
{
	struct json_object *object, *cpus, *entry;
	const struct vmxcore_cpu *cpu;

	if (!s->vmxcore.present) {
		add_string(doc, "vmxcore", NULL);
		return;
	}
	object = add_object(doc, "vmxcore");
	add_string(object, "state", s->vmxcore.state);
	add_string(object, "backend", s->vmxcore.backend);
	add_string(object, "policy", s->vmxcore.policy);
	add_string(object, "provider", s->vmxcore.provider[0] ? s->vmxcore.provider : NULL);
	cpus = add_array(object, "cpus");
	for (cpu = s->vmxcore.cpus; cpu < s->vmxcore.cpus + s->vmxcore.n_cpus; cpu++) {
		entry = append_object(cpus);
		add_number(entry, "cpu", cpu->cpu);
		add_string(entry, "state", cpu->state);
		add_number(entry, "references", cpu->references);
		add_bool(entry, "held", cpu->held);
		add_moment(entry, s, &cpu->since);
		add_bool(entry, "foreign", cpu->foreign);
	}
}

static void json_modules(struct json_object *doc, const struct snapshot *s)
{
	struct json_object *array = add_array(doc, "modules"), *object;
	unsigned int i;

	for (i = 0; i < MODULES; i++) {
		if (!module_present(&s->modules[i]))
			continue;
		object = append_object(array);
		add_string(object, "name", s->modules[i].name);
		add_string(object, "title", s->modules[i].title);
		add_number(object, "uses", s->modules[i].uses);
		add_string(object, "state", s->modules[i].built_in ? "Live" : s->modules[i].state);
		add_bool(object, "built_in", s->modules[i].built_in);
		if (i == MODULE_KVM_INTEL)
			add_string(object, "flavour",
				   kvm_intel_is_ours(s->modules) ? "vmxcore" : "stock");
	}
}

static void json_cpu(struct json_object *doc, const struct machine *machine)
{
	struct json_object *object = add_object(doc, "cpu");

	add_string(object, "vendor", machine->vendor);
	add_bool(object, "vmx", machine->vmx);
	add_bool(object, "virtual_machine", machine->hypervisor);
}

struct json_object *status_json(const struct snapshot *s)
{
	struct json_object *doc = doc_new("status");

	add_string(doc, "held", answer_text(s->held));
	add_bool(doc, "complete", s->complete);
	json_holders(doc, s);
	json_vmxcore(doc, s);
	json_modules(doc, s);
	add_virtualbox(doc, &s->virtualbox);
	add_processes(doc, &s->processes);
	json_cpu(doc, &s->machine);
	return doc;
}

static void status_where(const struct snapshot *s, const struct holder *holder)
{
	const char *cpus = holder->info ? holder->info->cpu_references : "";

	if (holder->kind == HOLDER_FOREIGN)
		printf(" on CPUs %s", s->foreign_cpus);
	if (holds_all(holder))
		printf(" on all CPUs%s", cpus[0] ? ", and" : "");
	if (cpus[0])
		printf(" on CPU:times %s", cpus);
}

static void status_headline(const struct snapshot *s)
{
	const struct holder *h;
	char when[96];

	for (h = s->holders; h < s->holders + s->n_holders; h++) {
		snapshot_when(s, &h->since, when);
		printf("VT-x is %s by %s%s%s (%s)", h->certain ? "held" : "probably held",
		       colour(COLOUR_BOLD), h->name, colour(COLOUR_NONE), h->title);
		status_where(s, h);
		printf("%s%s\n", when, h->info && h->info->exclusive ? ", exclusively" : "");
	}
	if (s->n_holders)
		return;
	if (s->held == ANSWER_YES)
		printf("VT-x is held by a client of vmxcore\n");
	else if (s->held == ANSWER_UNKNOWN)
		printf("%sWhat holds VT-x cannot be determined%s\n", colour(COLOUR_WARN),
		       colour(COLOUR_NONE));
	else if (!s->machine.vmx)
		printf("There is no VT-x here%s\n",
		       s->machine.intel && s->machine.hypervisor ?
			       ", because this is a virtual machine without nested VMX" :
			       "");
	else
		printf("%sVT-x is free%s\n", colour(COLOUR_GOOD), colour(COLOUR_NONE));
}

static void text_vmxcore(const struct vmxcore *v)
{
	size_t i, on = 0;

	if (!v->present) {
		puts("vmxcore: not loaded");
		return;
	}
	for (i = 0; i < v->n_cpus; i++)
		on += vmxcore_cpu_is_on(&v->cpus[i]);
	printf("vmxcore: VMX is %s, backend %s, %s", v->state, v->backend, v->policy);
	if (v->provider[0])
		printf(", provider %s", v->provider);
	if (v->n_cpus && !v->hidden)
		printf(", active on %zu of %zu CPUs", on, v->n_cpus);
	putchar('\n');
}

static void text_modules(const struct snapshot *s)
{
	const struct module *m;
	const char *flavour;

	for (m = s->modules; m < s->modules + MODULES; m++) {
		if (m->built_in)
			printf("module %s: %s, built into the kernel\n", m->name, m->title);
		if (!m->loaded)
			continue;
		flavour = "";
		if (m == &s->modules[MODULE_KVM_INTEL])
			flavour = kvm_intel_is_ours(s->modules) ? ", vmxcore's" :
								  ", the distribution's";
		printf("module %s: %s%s, use count %u\n", m->name, m->title, flavour, m->uses);
	}
}

/* One line: the state, and what helps. */
void virtualbox_text(const struct virtualbox *v)
{
	if (!v->text[0])
		return;
	printf("%s", v->text);
	if (v->first[0])
		printf("; %s%s", v->first, v->fix[0] ? ", then" : "");
	else if (v->fix[0])
		printf("; run");
	if (v->fix[0])
		printf(": %s", v->fix);
	putchar('\n');
}

static void text_processes(const struct processes *processes)
{
	const struct process *p;

	for (p = processes->list; p < processes->list + processes->n; p++) {
		printf("process %d (%s):", p->pid, p->comm);
		if (p->kvm_vms)
			printf(" %u VM%s of KVM", p->kvm_vms, p->kvm_vms == 1 ? "" : "s");
		else if (p->kvm)
			printf(" /dev/kvm is open");
		printf("%s%s\n", p->vbox ? " VirtualBox" : "", p->vmware ? " VMware" : "");
	}
	if (processes->blind)
		printf("only root can see what %u other processes have open\n", processes->blind);
}

void status_text(const struct snapshot *s)
{
	status_headline(s);
	text_vmxcore(&s->vmxcore);
	text_modules(s);
	virtualbox_text(&s->virtualbox);
	text_processes(&s->processes);
}

/*
 * RESULT_UNKNOWN if the answer is incomplete. With --free, RESULT_FINDING if
 * VMX is held.
 */
enum result status_result(const struct snapshot *s)
{
	if (options.free && s->held == ANSWER_YES)
		return RESULT_FINDING;
	if (s->held == ANSWER_UNKNOWN || !s->complete || s->vmxcore.broken)
		return RESULT_UNKNOWN;
	return RESULT_OK;
}

static void text_client(const struct snapshot *s, const struct vmxcore_client *c)
{
	char when[96], held[VMXCORE_HELD];

	if (c->hidden) {
		printf("%s%s%s: not visible\n", colour(COLOUR_BOLD), c->name, colour(COLOUR_NONE));
		return;
	}
	snapshot_when(s, &c->since, when);
	printf("%s%s%s (%smodule %s): %s%s", colour(COLOUR_BOLD), c->name, colour(COLOUR_NONE),
	       virtualbox_is_client(c) ? "VirtualBox, " : "", c->module[0] ? c->module : "unknown",
	       vmxcore_client_holds(c) ? "" : "holds ", vmxcore_client_held(c, held));
	printf("%s; %llu VPIDs, %llu VMCSs%s\n", when, (unsigned long long)c->vpids,
	       (unsigned long long)c->vmcss, c->exclusive ? "; exclusive" : "");
}

void clients_text(const struct snapshot *s)
{
	size_t i;

	if (!s->vmxcore.present)
		return;
	if (!s->vmxcore.n_clients)
		puts("vmxcore has no clients");
	for (i = 0; i < s->vmxcore.n_clients; i++)
		text_client(s, &s->vmxcore.clients[i]);
}
