// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading what vmxcore shows. A value that is none of those documented is said to be one, and counts as not known: a newer
 * vmxcore may have others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "machine.h"
#include "modules.h"
#include "out.h"
#include "vmxcore.h"

/* vmxcore has 32; whoever makes up a folder of more gets no more of them shown. */
#define CLIENT_LIMIT	256

/**
 * struct reader - reads the files of one folder
 * @all: what they belong to
 * @folder: the folder
 * @client: of a client, which comes and goes at any time; else there as long as vmxcore is
 * @gone: it went away meanwhile, or is not whole yet
 * @hidden: a file of it is root's
 */
struct reader {
	struct vmxcore *all;
	char folder[160];
	bool client;
	bool gone;
	bool hidden;
};

/* The kernel makes a folder before its files, and a module is not "Live" yet while its init does that, nor when its exit undoes it. */
static bool comes_or_goes(void)
{
	struct module modules[MODULES];

	return !modules_read(modules) && !module_live(&modules[MODULE_VMXCORE]);
}

static void failed(struct reader *reader, const char *path, int err)
{
	switch (err) {
	case -ENOENT:
	case -ENODEV:
		if (reader->client || comes_or_goes()) {
			reader->gone = true;
			break;
		}
		note_file(path, err);
		reader->all->broken = true;
		break;
	case -EACCES:
	case -EPERM:
		reader->hidden = true;
		reader->all->hidden = true;
		break;
	default:
		note_file(path, err);
		reader->all->broken = true;
	}
}

static void path_of(const struct reader *reader, const char *name, char path[256])
{
	path_make(path, 256, "%s/%s", reader->folder, name);
}

static bool get_line(struct reader *reader, const char *name, char line[FILE_LINE])
{
	char path[256];
	int err;

	path_of(reader, name, path);
	err = file_line(path, line);
	if (err)
		failed(reader, path, err);
	return !err;
}

static void malformed(struct reader *reader, const char *name)
{
	char path[256];

	path_of(reader, name, path);
	failed(reader, path, -EINVAL);
}

static uint64_t get_number(struct reader *reader, const char *name)
{
	char line[FILE_LINE];
	uint64_t value = 0;

	if (get_line(reader, name, line) && !parse_u64(line, 10, &value)) {
		malformed(reader, name);
		value = 0;
	}
	return value;
}

static bool get_flag(struct reader *reader, const char *name)
{
	char line[FILE_LINE];

	if (!get_line(reader, name, line))
		return false;
	if (strcmp(line, "0") && strcmp(line, "1"))
		malformed(reader, name);
	return !strcmp(line, "1");
}

/* One of a few words. */
static void get_word(struct reader *reader, const char *name, const char *const *words, char value[16])
{
	char line[FILE_LINE];

	strcpy(value, "unknown");
	if (!get_line(reader, name, line))
		return;
	while (*words && strcmp(*words, line))
		words++;
	if (*words)
		path_make(value, 16, "%s", line);
	else
		malformed(reader, name);
}

/* A name, or nothing. */
static void get_name(struct reader *reader, const char *name, char value[64])
{
	char line[FILE_LINE];

	value[0] = '\0';
	if (!get_line(reader, name, line) || !line[0])
		return;
	if (parse_name(line))
		path_make(value, 64, "%s", line);
	else
		malformed(reader, name);
}

/* SECONDS.MICROSECONDS, with six digits. */
static bool parse_moment(char *text, struct moment *moment)
{
	char *dot = strchr(text, '.');
	uint64_t seconds, us;

	if (!dot || strlen(dot) != 7)
		return false;
	*dot = '\0';
	/* A hundred thousand years. */
	if (!parse_u64(text, 10, &seconds) || seconds > 4000000000000 || !parse_u64(dot + 1, 10, &us))
		return false;
	moment->known = true;
	moment->us = seconds * 1000000 + us;
	return true;
}

static void get_moment(struct reader *reader, const char *name, struct moment *moment)
{
	char line[FILE_LINE];

	moment->known = false;
	if (get_line(reader, name, line) && line[0] && !parse_moment(line, moment))
		malformed(reader, name);
}

/* CPU:COUNT lists are shown, not computed with: that they are of the right characters will do. */
static void get_cpu_list(struct reader *reader, const char *name, char value[VMXCORE_PAGE])
{
	char path[256], *end;
	int n;

	path_of(reader, name, path);
	n = file_read(path, value, VMXCORE_PAGE);
	if (n < 0) {
		failed(reader, path, n);
		return;
	}
	end = strchr(value, '\n');
	if (end && !end[1])
		*end = '\0';
	if (!value[strspn(value, "0123456789-:,.")])
		return;
	value[0] = '\0';
	malformed(reader, name);
}

static void read_client(struct reader *reader, struct vmxcore_client *client)
{
	get_name(reader, "module", client->module);
	client->references = get_number(reader, "references");
	get_cpu_list(reader, "cpu_references", client->cpu_references);
	client->vpids = get_number(reader, "vpids");
	client->vmcss = get_number(reader, "vmcss");
	client->exclusive = get_flag(reader, "exclusive");
	get_moment(reader, "since", &client->since);
	client->hidden = reader->hidden;
}

static int look_at_client(const char *name, void *data)
{
	struct vmxcore *all = data;
	struct reader reader = { .all = all, .client = true };
	struct vmxcore_client *client;

	if (!parse_name(name) || all->n_clients == CLIENT_LIMIT) {
		note("%s/clients: more than there can be, or a name that none can have", VMXCORE_DIR);
		all->broken = true;
		return 0;
	}
	client = reallocarray(all->clients, all->n_clients + 1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	all->clients = client;
	client += all->n_clients;
	memset(client, 0, sizeof(*client));
	path_make(client->name, sizeof(client->name), "%s", name);
	path_make(reader.folder, sizeof(reader.folder), "%s/clients/%s", VMXCORE_DIR, name);
	read_client(&reader, client);
	if (!reader.gone)
		all->n_clients++;
	return 0;
}

static int look_at_cpu(const char *name, void *data)
{
	static const char *const states[] = {
		"offline", "off", "on", "dying", "failed", "suspended", "shutdown", NULL
	};
	struct vmxcore *all = data;
	struct reader reader = { .all = all };
	struct vmxcore_cpu *cpu;
	uint64_t number;

	if (strncmp(name, "cpu", 3) || !parse_u64(name + 3, 10, &number) || number >= CPU_LIMIT)
		return 0;
	cpu = reallocarray(all->cpus, all->n_cpus + 1, sizeof(*cpu));
	if (!cpu)
		return -ENOMEM;
	all->cpus = cpu;
	cpu += all->n_cpus++;
	memset(cpu, 0, sizeof(*cpu));
	cpu->cpu = number;
	path_make(reader.folder, sizeof(reader.folder), "%s/cpus/%s", VMXCORE_DIR, name);
	get_word(&reader, "state", states, cpu->state);
	cpu->references = get_number(&reader, "references");
	cpu->held = get_flag(&reader, "held");
	get_moment(&reader, "since", &cpu->since);
	cpu->foreign = get_flag(&reader, "foreign");
	all->gone |= reader.gone;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct vmxcore_client *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_number(const void *a, const void *b)
{
	const struct vmxcore_cpu *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static void read_folder(struct vmxcore *all, const char *path, int (*each)(const char *name, void *data))
{
	int err = file_list(path, each, all);

	if (err == -EACCES || err == -EPERM) {
		all->hidden = true;
	} else if ((err == -ENOENT || err == -ENODEV) && comes_or_goes()) {
		all->gone = true;
	} else if (err) {
		note_file(path, err);
		all->broken = true;
	}
}

static void read_machine(struct vmxcore *all)
{
	static const char *const backends[] = { "native", "borrowed", NULL };
	static const char *const states[] = { "down", "failed", "off", "on", "partial", NULL };
	static const char *const policies[] = { "on-demand", "always", NULL };
	struct reader reader = { .all = all, .folder = VMXCORE_DIR };

	get_word(&reader, "backend", backends, all->backend);
	get_word(&reader, "state", states, all->state);
	get_word(&reader, "policy", policies, all->policy);
	get_name(&reader, "provider", all->provider);
	all->gone |= reader.gone;
}

/**
 * vmxcore_read - read all that vmxcore shows
 * @vmxcore: filled in; to be freed. Of one that is just being loaded or unloaded nothing is: it is not present.
 */
void vmxcore_read(struct vmxcore *vmxcore)
{
	memset(vmxcore, 0, sizeof(*vmxcore));
	vmxcore->present = file_exists(VMXCORE_DIR);
	if (!vmxcore->present)
		return;
	read_machine(vmxcore);
	read_folder(vmxcore, VMXCORE_DIR "/clients", look_at_client);
	read_folder(vmxcore, VMXCORE_DIR "/cpus", look_at_cpu);
	if (vmxcore->gone) {
		vmxcore_free(vmxcore);
		return;
	}
	if (vmxcore->n_clients)
		qsort(vmxcore->clients, vmxcore->n_clients, sizeof(*vmxcore->clients), by_name);
	if (vmxcore->n_cpus)
		qsort(vmxcore->cpus, vmxcore->n_cpus, sizeof(*vmxcore->cpus), by_number);
}

/**
 * vmxcore_free - free what vmxcore_read() has read
 * @vmxcore: all of it
 */
void vmxcore_free(struct vmxcore *vmxcore)
{
	free(vmxcore->clients);
	free(vmxcore->cpus);
	memset(vmxcore, 0, sizeof(*vmxcore));
}

/**
 * vmxcore_cpu_is_on - has a CPU VMX on?
 * @cpu: the CPU
 *
 * Return: true also while it goes offline, as long as clients can still use VMX there.
 */
bool vmxcore_cpu_is_on(const struct vmxcore_cpu *cpu)
{
	return !strcmp(cpu->state, "on") || !strcmp(cpu->state, "dying");
}

/**
 * vmxcore_client_holds - does a client hold VMX anywhere?
 * @client: the client
 *
 * Return: true if it does; false also where that cannot be seen.
 */
bool vmxcore_client_holds(const struct vmxcore_client *client)
{
	return client->references || client->cpu_references[0];
}

/**
 * vmxcore_client_held - what a client holds, for humans
 * @client: the client
 * @buf: gets it
 *
 * Return: @buf: "all CPUs 2 times", "CPU:times 0-1:1", both, or "nothing".
 */
const char *vmxcore_client_held(const struct vmxcore_client *client, char buf[VMXCORE_HELD])
{
	strcpy(buf, vmxcore_client_holds(client) ? "" : "nothing");
	if (client->references)
		text_append(buf, VMXCORE_HELD, "all CPUs %llu times", (unsigned long long)client->references);
	if (client->cpu_references[0])
		text_append(buf, VMXCORE_HELD, "%sCPU:times %s", buf[0] ? ", " : "", client->cpu_references);
	return buf;
}

/**
 * vmxcore_caps - read the capability MSRs that vmxcore shows
 * @caps: filled in
 *
 * Return: 0, or a negative error number: -ENOENT without vmxcore.
 */
int vmxcore_caps(uint64_t caps[CAPS])
{
	char path[128], line[FILE_LINE];
	enum cap cap;
	int err;

	for (cap = 0; cap < CAPS; cap++) {
		path_make(path, sizeof(path), "%s/%s", VMXCORE_CAPS, cap_registers[cap].key);
		err = file_line(path, line);
		if (err)
			return err;
		if (!parse_u64(line, 16, &caps[cap]))
			return -EINVAL;
	}
	return 0;
}
