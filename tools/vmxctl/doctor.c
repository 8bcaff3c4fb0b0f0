// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl doctor: what is in the way of vmxcore, and the command that mends it. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "doctor.h"
#include "options.h"
#include "out.h"
#include "status.h"

/**
 * found - something is in the way
 * @p: the patient
 * @id: what, in JSON
 *
 * Return: to be filled in.
 */
struct finding *found(struct patient *p, const char *id)
{
	struct finding *finding = &p->findings[p->n < FINDINGS - 1 ? p->n++ : p->n];

	finding->id = id;
	return finding;
}

static void no_vmx(struct patient *p, const char *id, const char *text, const char *first)
{
	struct finding *f = found(p, id);

	PRINT(f->text, "%s", text);
	PRINT(f->first, "%s", first);
}

static void look_at_cpu(struct patient *p)
{
	const struct machine *m = &p->s.machine;

	if (m->err || m->vmx)
		return;
	if (!m->intel)
		no_vmx(p, "no-vmx", "this is no Intel CPU, and has no VMX", "use another machine");
	else if (m->locked_off == ANSWER_YES)
		no_vmx(p, "locked-off", "the firmware has locked VMX off (IA32_FEATURE_CONTROL)", "enable VT-x in the firmware setup");
	else if (m->hypervisor)
		no_vmx(p, "no-nested-vmx", "this is a virtual machine, and it has no nested VMX",
		       "on its host: modprobe -r kvm_intel && modprobe kvm_intel nested=1; and give the VM the host's CPU");
	else
		no_vmx(p, "no-vmx", "this CPU has no VMX, or the firmware has disabled it", "enable VT-x in the firmware setup");
}

static void stock_kvm(struct patient *p)
{
	unsigned int vms = processes_kvm_vms(&p->s.processes);
	struct finding *f = found(p, "stock-kvm");

	PRINT(f->text, "the distribution's kvm_intel is loaded%s; it has %u VMs",
	      p->s.modules[MODULE_VMXCORE].loaded ? " beside vmxcore" : " instead of vmxcore's", vms);
	if (vms)
		PRINT(f->first, "end all VMs (vmxctl status names them)");
	PRINT(f->fix, "vmxctl switch ours");
}

static void foreign_owner(struct patient *p, const struct holder *h)
{
	struct finding *f = found(p, "foreign-owner");

	if (h->kind == HOLDER_FOREIGN) {
		PRINT(f->text, "VT-x is held on CPUs %s by somebody who is no client of vmxcore: clients get EBUSY there", p->s.foreign_cpus);
		PRINT(f->first, "end what that hypervisor runs, and unload its module (lsmod)");
		return;
	}
	PRINT(f->text, "%s (%s) probably holds VT-x, and is no client of vmxcore", h->title, h->name);
	PRINT(f->first, "end its VMs");
	PRINT(f->fix, "modprobe -r %s", h->name);
}

static void look_at_owners(struct patient *p)
{
	const struct holder *h;
	struct finding *f;

	if (p->s.modules[MODULE_KVM_INTEL].loaded && !kvm_intel_is_ours(p->s.modules))
		stock_kvm(p);
	for (h = p->s.holders; h < p->s.holders + p->s.n_holders; h++) {
		if (h->kind == HOLDER_FOREIGN || (h->kind == HOLDER_MODULE && strcmp(h->name, "kvm_intel")))
			foreign_owner(p, h);
	}
	if (!strcmp(p->s.vmxcore.state, "failed")) {
		f = found(p, "failed");
		PRINT(f->text, "a CPU that somebody holds has lost VMX; the kernel log says why (dmesg | grep vmxcore:)");
		PRINT(f->first, "end what vmxctl clients names as holding VMX, and start it again");
	}
}

static void print_json(const struct patient *p)
{
	struct json_object *doc = doc_new("doctor"), *array = add_array(doc, "findings"), *object;
	unsigned int i;

	for (i = 0; i < p->n; i++) {
		object = append_object(array);
		add_string(object, "id", p->findings[i].id);
		add_string(object, "text", p->findings[i].text);
		add_string(object, "first", p->findings[i].first);
		add_string(object, "fix", p->findings[i].fix);
	}
	add_bool(doc, "complete", p->s.complete && p->s.held != ANSWER_UNKNOWN);
	doc_print(doc);
}

static void print_text(const struct patient *p)
{
	const struct finding *f;

	for (f = p->findings; f < p->findings + p->n; f++) {
		printf("%s%s%s: %s\n", colour(COLOUR_BAD), f->id, colour(COLOUR_NONE), f->text);
		if (f->first[0])
			printf("    %s%s\n", f->first, f->fix[0] ? "; then" : "");
		if (f->fix[0])
			printf("    # %s\n", f->fix);
	}
	if (!p->n)
		printf("%snothing found%s\n", colour(COLOUR_GOOD), colour(COLOUR_NONE));
}

/**
 * command_doctor - vmxctl doctor
 *
 * Return: RESULT_FINDING where something is wrong.
 */
enum result command_doctor(void)
{
	static struct patient p;
	enum result result;

	snapshot_read(&p.s);
	look_at_cpu(&p);
	look_at_owners(&p);
	look_at_modules(&p);
	look_at_dkms(&p);
	result = p.n ? RESULT_FINDING : status_result(&p.s);
	if (options.json)
		print_json(&p);
	else
		print_text(&p);
	snapshot_free(&p.s);
	return result;
}
