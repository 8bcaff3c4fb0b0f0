// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl doctor: problems with vmxcore, and the commands that solve them. */
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"
#include "doctor/log.h"
#include "kmod/checks.h"
#include "lib/findings.h"
#include "lib/options.h"
#include "lib/out.h"
#include "machine/report.h"

static void look_at_cpu(struct patient *p)
{
	const struct machine *m = &p->s.machine;

	if (m->err || m->vmx)
		return;
	if (!m->intel)
		found(&p->findings, "no-vmx", "use another machine", "",
		      "this is no Intel CPU, and has no VMX");
	else if (m->locked_off == ANSWER_YES)
		found(&p->findings, "locked-off", "enable VT-x in the firmware setup", "",
		      "the firmware has locked VMX off (IA32_FEATURE_CONTROL)");
	else if (m->hypervisor)
		found(&p->findings, "no-nested-vmx",
		      "on its host: modprobe -r kvm_intel && modprobe kvm_intel nested=1; and give the VM the host's CPU",
		      "", "this is a virtual machine, and it has no nested VMX");
	else
		found(&p->findings, "no-vmx", "enable VT-x in the firmware setup", "",
		      "this CPU has no VMX, or the firmware has disabled it");
}

/* Has VMX been turned on since the failure, as far as user space can see? */
static bool is_on_again(const struct snapshot *s, const struct vmxon_failure *failure)
{
	const struct vmxcore_cpu *cpu;
	const struct holder *h;

	for (cpu = s->vmxcore.cpus; cpu < s->vmxcore.cpus + s->vmxcore.n_cpus; cpu++) {
		if ((int)cpu->cpu == failure->cpu && vmxcore_cpu_is_on(cpu))
			return true;
	}
	for (h = s->holders; h < s->holders + s->n_holders; h++) {
		if (h->certain && (h->kind == HOLDER_MODULE || (h->info && h->info->references)))
			return true;
	}
	return false;
}

static void look_at_log(struct patient *p)
{
	struct vmxon_failure failure;
	const char *first;
	int err;

	err = log_vmxon(&failure);
	if (err) {
		note_file("/dev/kmsg", err);
		p->findings.blind = true;
	}
	if (!failure.found || is_on_again(&p->s, &failure))
		return;
	if (p->s.machine.hypervisor)
		first = "enable nested virtualization in the hypervisor of its host, and check the CPU model that it gives this VM";
	else if (failure.faulted)
		first = "update the firmware; VMXON faults if CR0, CR4 or IA32_FEATURE_CONTROL is unsuitable";
	else
		first = "update the microcode";
	found(&p->findings, "vmxon-failed", first, "",
	      "VMXON failed; the kernel log has at %llu.%06llu: %s",
	      (unsigned long long)failure.us / 1000000, (unsigned long long)failure.us % 1000000,
	      failure.text);
}

static void stock_kvm(struct patient *p)
{
	unsigned int vms = processes_kvm_vms(&p->s.processes);

	found(&p->findings, "stock-kvm", vms ? "end all VMs (vmxctl status names them)" : "",
	      "vmxctl switch ours", "the distribution's kvm_intel is loaded%s; it has %u VMs",
	      p->s.modules[MODULE_VMXCORE].loaded ? " beside vmxcore" : " instead of vmxcore's",
	      vms);
}

static void foreign_owner(struct patient *p, const struct holder *h)
{
	char fix[FINDING_FIX];

	if (h->kind == HOLDER_FOREIGN) {
		found(&p->findings, "foreign-owner",
		      "end what that hypervisor runs, and unload its module (lsmod)", "",
		      "VT-x is held on CPUs %s by code that is no client of vmxcore, so clients get EBUSY there",
		      p->s.foreign_cpus);
		return;
	}
	path_make(fix, sizeof(fix), "modprobe -r %s", h->name);
	found(&p->findings, "foreign-owner", "end its VMs", fix,
	      "%s (%s) probably holds VT-x, and is no client of vmxcore", h->title, h->name);
}

/* On a kernel without vmxcore, nothing makes the two share VMX. */
static void look_at_virtualbox(struct patient *p)
{
	const struct virtualbox *v = &p->s.virtualbox;

	if (virtualbox_needs_help(v))
		found(&p->findings, "virtualbox", p->unsupported ? VIRTUALBOX_IN_TURNS : v->first,
		      p->unsupported ? "" : v->fix, "%s", v->text);
}

/* VirtualBox has a finding of its own where it shares VMX. */
static bool is_foreign_owner(const struct patient *p, const struct holder *h)
{
	if (h->kind == HOLDER_MODULE && !strcmp(h->name, "vboxdrv"))
		return !p->s.virtualbox.text[0];
	return h->kind == HOLDER_FOREIGN ||
	       (h->kind == HOLDER_MODULE && strcmp(h->name, "kvm_intel"));
}

static void look_at_owners(struct patient *p)
{
	const struct holder *h;

	if (p->s.modules[MODULE_KVM_INTEL].built_in)
		found_built_in(&p->findings, "kvm_intel");
	else if (p->s.modules[MODULE_KVM_INTEL].loaded && !kvm_intel_is_ours(p->s.modules) &&
		 !p->unsupported)
		stock_kvm(p);
	for (h = p->s.holders; h < p->s.holders + p->s.n_holders; h++) {
		if (is_foreign_owner(p, h))
			foreign_owner(p, h);
	}
	if (!strcmp(p->s.vmxcore.state, "failed"))
		found(&p->findings, "failed",
		      "end what vmxctl clients names as holding VMX, and start it again", "",
		      "a CPU that a client holds has lost VMX; the kernel log says why (dmesg | grep vmxcore:)");
}

static void print_json(const struct patient *p)
{
	struct json_object *doc = doc_new("doctor");

	findings_json(doc, &p->findings);
	add_bool(doc, "complete", p->s.complete && p->s.held != ANSWER_UNKNOWN);
	doc_print(doc);
}

static void print_text(const struct patient *p)
{
	findings_text(&p->findings);
	if (!p->findings.n)
		printf("%snothing found%s\n", colour(COLOUR_GOOD), colour(COLOUR_NONE));
}

enum result command_doctor(void)
{
	struct patient p = {};
	enum result result;

	snapshot_read(&p.s);
	look_at_cpu(&p);
	look_at_log(&p);
	look_at_line(&p);
	look_at_owners(&p);
	look_at_virtualbox(&p);
	look_at_modules(&p);
	look_at_dkms(&p);
	look_at_initrd(&p);
	if (p.findings.blind)
		p.s.complete = false;
	result = p.findings.n ? RESULT_FINDING : status_result(&p.s);
	if (options.json)
		print_json(&p);
	else
		print_text(&p);
	findings_free(&p.findings);
	snapshot_free(&p.s);
	return result;
}
