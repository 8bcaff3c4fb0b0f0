// SPDX-License-Identifier: GPL-2.0-only
/* Reading the state of the machine, and concluding from it what holds VMX. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/files.h"
#include "lib/options.h"
#include "lib/out.h"
#include "machine/snapshot.h"

/*
 * Clients hold VMX as vmxcore reports. For a module that executes VMXON itself
 * it follows from when that module does so, because user space cannot read
 * CR4.VMXE.
 */
static void add_holder(struct snapshot *s, const struct holder *holder)
{
	if (s->n_holders < HOLDERS)
		s->holders[s->n_holders++] = *holder;
	s->held = ANSWER_YES;
}

static void holders_unknown(struct snapshot *s)
{
	s->complete = false;
	if (s->held == ANSWER_NO)
		s->held = ANSWER_UNKNOWN;
}

static void clients_that_hold(struct snapshot *s)
{
	const struct vmxcore_client *c;

	for (c = s->vmxcore.clients; c < s->vmxcore.clients + s->vmxcore.n_clients; c++) {
		if (!vmxcore_client_holds(c))
			continue;
		add_holder(s, &(struct holder){
				      .name = c->name,
				      .title = virtualbox_is_client(c) ?
						       "VirtualBox, client of vmxcore" :
						       "client of vmxcore",
				      .kind = HOLDER_CLIENT,
				      .certain = true,
				      .since = c->since,
				      .info = c,
			      });
	}
}

static void holders_in_vmxcore(struct snapshot *s)
{
	const char *state = s->vmxcore.state;

	clients_that_hold(s);
	if (s->vmxcore.broken || !strcmp(state, "unknown"))
		holders_unknown(s);
	if (!strcmp(state, "on") || !strcmp(state, "partial") || !strcmp(state, "failed")) {
		s->held = ANSWER_YES;
		if (s->vmxcore.hidden) {
			note("only root can see which client of vmxcore holds VMX");
			s->complete = false;
		}
	}
}

/*
 * The list is cut off if it does not fit: that there is a foreign owner matters
 * more.
 */
static void foreign_holds(struct snapshot *s)
{
	static const char more[] = ",...";
	const struct vmxcore_cpu *cpu;

	s->foreign_cpus[0] = '\0';
	for (cpu = s->vmxcore.cpus; cpu < s->vmxcore.cpus + s->vmxcore.n_cpus; cpu++) {
		if (!cpu->foreign)
			continue;
		if (!text_append(s->foreign_cpus, sizeof(s->foreign_cpus) - strlen(more), "%s%u",
				 s->foreign_cpus[0] ? "," : "", cpu->cpu))
			continue;
		strcat(s->foreign_cpus, more);
		break;
	}
	if (s->foreign_cpus[0])
		add_holder(s, &(struct holder){
				      .name = "foreign",
				      .title = "no client of vmxcore",
				      .kind = HOLDER_FOREIGN,
				      .certain = true,
			      });
}

static void module_holds(struct snapshot *s, enum module_id id, bool certain)
{
	add_holder(s, &(struct holder){
			      .name = s->modules[id].name,
			      .title = s->modules[id].title,
			      .kind = HOLDER_MODULE,
			      .certain = certain,
		      });
}

/* VirtualBox's driver opens /dev/kvm in the kernel, where no process has it. */
static bool virtualbox_uses_kvm(const struct snapshot *s)
{
	return s->virtualbox.state == VIRTUALBOX_STOCK_KILLS && s->virtualbox.in_use;
}

/*
 * Each VM and each open /dev/kvm counts in the use count of kvm_intel, even
 * those of processes that cannot be read. So 0 means that there is none. Above
 * 0, and for a built-in kvm_intel, which has no use count, all descriptors have
 * to be readable.
 */
static void stock_kvm_intel_holds(struct snapshot *s)
{
	const struct module *module = &s->modules[MODULE_KVM_INTEL];
	unsigned int i, opened = 0;

	if (!module_present(module) || kvm_intel_is_ours(s->modules))
		return;
	for (i = 0; i < s->processes.n; i++)
		opened += s->processes.list[i].kvm;
	if (s->virt_at_load == ANSWER_YES || processes_kvm_vms(&s->processes)) {
		module_holds(s, MODULE_KVM_INTEL, true);
	} else if (s->virt_at_load == ANSWER_UNKNOWN) {
		holders_unknown(s);
	} else if (module->built_in && s->processes.blind) {
		note("kvm_intel is built into the kernel, and only root can see whether a VM runs");
		holders_unknown(s);
	} else if (module->uses && (s->processes.blind || !opened) && !virtualbox_uses_kvm(s)) {
		note("kvm_intel is in use, but its user %s",
		     s->processes.blind ? "can be seen only by root" : "cannot be found");
		holders_unknown(s);
	}
}

/*
 * These drivers execute VMXON while they run guests, some on each VM entry.
 * User space sees only that a process has the device open.
 */
static void driver_holds(struct snapshot *s, enum module_id id, unsigned int opened)
{
	const struct module *module = &s->modules[id];

	if (!module->loaded)
		return;
	if (opened) {
		module_holds(s, id, false);
	} else if (module->uses &&
		   (s->processes.blind || id == MODULE_HAXM || id == MODULE_JAILHOUSE)) {
		note("%s is in use; whether it holds VMX cannot be determined", module->name);
		holders_unknown(s);
	}
}

static void holders_find(struct snapshot *s)
{
	unsigned int i, vbox = 0, vmware = 0;

	s->held = ANSWER_NO;
	s->complete = true;
	s->n_holders = 0;
	for (i = 0; i < s->processes.n; i++) {
		vbox += s->processes.list[i].vbox;
		vmware += s->processes.list[i].vmware;
	}
	if (s->vmxcore.present) {
		holders_in_vmxcore(s);
		foreign_holds(s);
	} else if (module_live(&s->modules[MODULE_VMXCORE])) {
		note("vmxcore is loaded, but /sys/kernel/vmxcore does not exist");
		holders_unknown(s);
	}
	stock_kvm_intel_holds(s);
	/* vmxcore shows what a client holds. */
	if (s->virtualbox.state != VIRTUALBOX_CLIENT)
		driver_holds(s, MODULE_VBOXDRV, vbox);
	driver_holds(s, MODULE_VMMON, vmware);
	driver_holds(s, MODULE_HAXM, 0);
	driver_holds(s, MODULE_JAILHOUSE, 0);
	if (s->machine.err || (s->modules_err && s->machine.vmx))
		holders_unknown(s);
}

static void read_uptime(struct snapshot *snapshot)
{
	char line[FILE_LINE], *dot;
	int err;

	err = file_line("/proc/uptime", line);
	dot = strchr(line, '.');
	if (dot)
		*dot = '\0';
	if (!err && !parse_u64(line, 10, &snapshot->uptime)) {
		snapshot->uptime = 0;
		err = -EINVAL;
	}
	if (err)
		note_file("/proc/uptime", err);
}

static void read_virt_at_load(struct snapshot *snapshot)
{
	static const char path[] = "/sys/module/kvm/parameters/enable_virt_at_load";
	bool value = false;
	int err;

	err = file_flag(path, &value);
	/*
	 * Kernels before 6.12 have no such parameter, and hold VMX while there
	 * is a VM.
	 */
	if (!err || err == -ENOENT) {
		snapshot->virt_at_load = value ? ANSWER_YES : ANSWER_NO;
		return;
	}
	note_file(path, err);
	snapshot->virt_at_load = ANSWER_UNKNOWN;
}

/*
 * If the folder does not exist, vmxcore may have been unloaded since the
 * modules were read.
 */
static void read_vmxcore(struct snapshot *snapshot)
{
	vmxcore_read(&snapshot->vmxcore);
	if (!snapshot->vmxcore.present && snapshot->modules[MODULE_VMXCORE].loaded)
		snapshot->modules_err = modules_read(snapshot->modules);
}

/* The caller frees the snapshot. */
void snapshot_read(struct snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	machine_read(&snapshot->machine);
	if (snapshot->machine.err)
		note_file("/proc/cpuinfo", snapshot->machine.err);
	snapshot->modules_err = modules_read(snapshot->modules);
	processes_read(&snapshot->processes);
	if (snapshot->processes.err)
		note_file("/proc", snapshot->processes.err);
	read_vmxcore(snapshot);
	if (snapshot->modules_err)
		note_file("/proc/modules", snapshot->modules_err);
	virtualbox_find(&snapshot->virtualbox, &snapshot->machine, snapshot->modules,
			&snapshot->vmxcore);
	read_uptime(snapshot);
	read_virt_at_load(snapshot);
	holders_find(snapshot);
}

void snapshot_free(struct snapshot *snapshot)
{
	processes_free(&snapshot->processes);
	vmxcore_free(&snapshot->vmxcore);
}
