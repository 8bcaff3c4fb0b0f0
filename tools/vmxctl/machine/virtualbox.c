// SPDX-License-Identifier: GPL-2.0-only
/* How VirtualBox shares VMX: the one place that decides, and says what helps. */
#include <errno.h>
#include <string.h>

#include "lib/out.h"
#include "machine/virtualbox.h"

/* The series of VirtualBox that vmxcore_vbox knows. */
#ifndef VIRTUALBOX_SERIES
#define VIRTUALBOX_SERIES "unknown"
#endif

#define UPDATE		"update vmxcore, which does not know this version"
#define VERSION_FILE	"/sys/module/vboxdrv/version"

/* The word in JSON and in metrics, and what follows the version in the text. */
static const struct {
	const char *word;
	const char *text;
} states[] = {
	[VIRTUALBOX_ABSENT] = { "absent", NULL },
	[VIRTUALBOX_ALONE] = { "alone", NULL },
	[VIRTUALBOX_CLIENT] = {
		"client", "is a client of vmxcore: its VMs run beside those of other clients"
	},
	[VIRTUALBOX_PENDING] = {
		"pending", "becomes a client of vmxcore when its next VM starts"
	},
	[VIRTUALBOX_STRANGER] = {
		"stranger", "is no client of vmxcore, which does not see when it uses VMX"
	},
	[VIRTUALBOX_FOREIGN] = {
		"foreign", "is no client of vmxcore: its VMs and those of clients run in turns only"
	},
	[VIRTUALBOX_STOCK_TURNS] = {
		"stock-turns", "and the distribution's KVM can run VMs in turns only"
	},
	[VIRTUALBOX_STOCK_KILLS] = {
		"stock-kills", "kills the VMs of the distribution's KVM when it runs one"
	},
};

/*
 * MODULE_VERSION() of the driver is "VERSION rREVISION (INTERFACE)". Only the
 * first word is of use to an admin. vmxcore_vbox refuses a driver without it.
 */
static void read_version(struct virtualbox *v)
{
	char line[FILE_LINE];
	int err = file_line(VERSION_FILE, line);

	if (!err) {
		line[strcspn(line, " ")] = '\0';
		if (!parse_name(line))
			err = -EINVAL;
	}
	if (!err)
		path_make(v->version, sizeof(v->version), "%s", line);
	else if (err != -ENOENT)
		note_file(VERSION_FILE, err);
}

/* vmxcore_vbox compares the first two numbers, "7.2" of "7.2.22_Debian". */
static bool is_known(const char *version)
{
	const char *dot = strchr(version, '.');
	char series[64];

	dot = dot ? strchr(dot + 1, '.') : NULL;
	return dot && !path_make(series, sizeof(series), "%.*s", (int)(dot - version), version) &&
	       text_has(VIRTUALBOX_SERIES, ',', series);
}

static const struct vmxcore_client *find_client(const struct vmxcore *vmxcore)
{
	const struct vmxcore_client *c;

	for (c = vmxcore->clients; c < vmxcore->clients + vmxcore->n_clients; c++) {
		if (virtualbox_is_client(c))
			return c;
	}
	return NULL;
}

/*
 * VirtualBox's modules for networks link against vboxdrv, and stay loaded while
 * none of its programs runs.
 */
static bool has_users(const struct module *vboxdrv)
{
	const char *user = vboxdrv->users;
	unsigned int linked = 0;

	/* The kernel lists "[permanent]" among the users. */
	while (*user) {
		linked += *user != ',' && *user != '[';
		user += strcspn(user, ",");
		user += *user == ',';
	}
	return vboxdrv->uses > linked;
}

static enum virtualbox_state find_state(const struct virtualbox *v, const struct machine *machine,
					const struct module *modules,
					const struct vmxcore *vmxcore)
{
	/* From then on VirtualBox makes a VM of KVM's for each of its own. */
	bool uses_kvm = machine_kernel_since(machine, 6, 16);

	if (find_client(vmxcore))
		return VIRTUALBOX_CLIENT;
	if (vmxcore->present) {
		if (modules[MODULE_VMXCORE_VBOX].loaded && v->known && !v->in_use)
			return VIRTUALBOX_PENDING;
		return uses_kvm ? VIRTUALBOX_STRANGER : VIRTUALBOX_FOREIGN;
	}
	if (!module_present(&modules[MODULE_KVM_INTEL]))
		return VIRTUALBOX_ALONE;
	return uses_kvm ? VIRTUALBOX_STOCK_KILLS : VIRTUALBOX_STOCK_TURNS;
}

static void advise_stranger(struct virtualbox *v, const struct module *modules)
{
	if (!v->known) {
		v->first = v->state == VIRTUALBOX_STRANGER ? UPDATE : UPDATE "; until then "
								     VIRTUALBOX_IN_TURNS;
	} else if (modules[MODULE_VMXCORE_VBOX].loaded) {
		v->first = "end VirtualBox's programs, and start them again";
	} else {
		v->first = v->in_use ? "end VirtualBox's programs" : "";
		v->fix = "modprobe vmxcore_vbox";
	}
}

static void advise_stock(struct virtualbox *v, const struct module *modules)
{
	if (modules[MODULE_KVM_INTEL].built_in) {
		v->first = VIRTUALBOX_IN_TURNS;
	} else {
		v->first = "end all VMs";
		v->fix = "vmxctl switch ours";
	}
}

static void advise(struct virtualbox *v, const struct module *modules)
{
	if (v->state == VIRTUALBOX_STRANGER || v->state == VIRTUALBOX_FOREIGN)
		advise_stranger(v, modules);
	else if (v->state == VIRTUALBOX_STOCK_TURNS || v->state == VIRTUALBOX_STOCK_KILLS)
		advise_stock(v, modules);
}

void virtualbox_find(struct virtualbox *v, const struct machine *machine,
		     const struct module *modules, const struct vmxcore *vmxcore)
{
	const struct module *vboxdrv = &modules[MODULE_VBOXDRV];
	const struct vmxcore_client *client = find_client(vmxcore);

	memset(v, 0, sizeof(*v));
	v->first = "";
	v->fix = "";
	if (!vboxdrv->loaded)
		return;
	read_version(v);
	v->known = is_known(v->version);
	v->in_use = has_users(vboxdrv) || (client && vmxcore_client_holds(client));
	v->state = find_state(v, machine, modules, vmxcore);
	if (states[v->state].text)
		path_make(v->text, sizeof(v->text), "VirtualBox%s%s %s", v->version[0] ? " " : "",
			  v->version, states[v->state].text);
	advise(v, modules);
}

/* vmxcore_vbox registers VirtualBox under the name of its driver. */
bool virtualbox_is_client(const struct vmxcore_client *client)
{
	return !strcmp(client->name, "vboxdrv");
}

bool virtualbox_needs_help(const struct virtualbox *v)
{
	return v->first[0] || v->fix[0];
}

const char *virtualbox_word(const struct virtualbox *v)
{
	return states[v->state].word;
}
