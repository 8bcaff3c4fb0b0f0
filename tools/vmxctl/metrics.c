// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxctl metrics: for the textfile collector of Prometheus's node_exporter, and
 * the same as JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/options.h"
#include "lib/out.h"
#include "machine/report.h"
#include "machine/snapshot.h"

static struct json_object *metric(struct json_object *metrics, const char *name, const char *help)
{
	struct json_object *object = append_object(metrics);

	add_string(object, "name", name);
	add_string(object, "type", "gauge");
	add_string(object, "help", help);
	return add_array(object, "samples");
}

/* Returns the object that the caller adds the labels to. */
static struct json_object *sample(struct json_object *samples, int64_t value)
{
	struct json_object *object = append_object(samples), *labels = add_object(object, "labels");

	json_object_object_add(object, "value", json_object_new_int64(value));
	return labels;
}

static void modules(struct json_object *metrics, const struct snapshot *s)
{
	struct json_object *samples =
		metric(metrics, "vmxctl_module_uses", "Use count of a loaded hypervisor module.");
	unsigned int i;

	for (i = 0; i < MODULES; i++) {
		if (s->modules[i].loaded)
			add_string(sample(samples, s->modules[i].uses), "module",
				   s->modules[i].name);
	}
}

static void holders(struct json_object *metrics, const struct snapshot *s)
{
	struct json_object *samples = metric(metrics, "vmxctl_holder",
					     "1 for each client or module that holds VMX."),
			   *labels;
	const struct holder *h;

	for (h = s->holders; h < s->holders + s->n_holders; h++) {
		labels = sample(samples, 1);
		add_string(labels, "name", h->name);
		add_string(labels, "kind", holder_kind(h));
		add_string(labels, "certainty", holder_certainty(h));
	}
}

static void cpus(struct json_object *metrics, const struct snapshot *s)
{
	struct json_object *samples =
		metric(metrics, "vmxctl_cpu_vmx_on", "1 if vmxcore has turned VMX on.");
	const struct vmxcore_cpu *cpu;
	char number[16];

	for (cpu = s->vmxcore.cpus; cpu < s->vmxcore.cpus + s->vmxcore.n_cpus; cpu++) {
		if (!strcmp(cpu->state, "unknown"))
			continue;
		snprintf(number, sizeof(number), "%u", cpu->cpu);
		add_string(sample(samples, vmxcore_cpu_is_on(cpu)), "cpu", number);
	}
}

static void virtualbox(struct json_object *metrics, const struct snapshot *s)
{
	struct json_object *samples = metric(metrics, "vmxctl_virtualbox",
					     "1 for VirtualBox, with how it shares VMX."),
			   *labels;

	if (s->virtualbox.state == VIRTUALBOX_ABSENT)
		return;
	labels = sample(samples, 1);
	add_string(labels, "state", virtualbox_word(&s->virtualbox));
	add_string(labels, "version", s->virtualbox.version);
}

static struct json_object *metrics_of(const struct snapshot *s)
{
	struct json_object *doc = doc_new("metrics"), *all = add_array(doc, "metrics");

	sample(metric(all, "vmxctl_vmx_held",
		      "1 if VMX is held, 0 if it is free, -1 if that is unknown."),
	       s->held == ANSWER_UNKNOWN ? -1 : s->held == ANSWER_YES);
	sample(metric(all, "vmxctl_complete", "1 if all holders of VMX are known."), s->complete);
	sample(metric(all, "vmxctl_vmxcore_loaded", "1 if vmxcore is loaded."), s->vmxcore.present);
	sample(metric(all, "vmxctl_kvm_vms", "Open file descriptors of KVM's virtual machines."),
	       processes_kvm_vms(&s->processes));
	modules(all, s);
	holders(all, s);
	cpus(all, s);
	virtualbox(all, s);
	return doc;
}

static const char *string_of(struct json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

/*
 * Names of clients and modules have no characters that a label would have to
 * escape.
 */
static void print_sample(FILE *to, const char *name, struct json_object *entry)
{
	const char *before = "{";

	fputs(name, to);
	json_object_object_foreach(json_object_object_get(entry, "labels"), key, value) {
		fprintf(to, "%s%s=\"%s\"", before, key, json_object_get_string(value));
		before = ",";
	}
	fprintf(to, "%s %lld\n", before[0] == ',' ? "}" : "",
		(long long)json_object_get_int64(json_object_object_get(entry, "value")));
}

static void print_text(FILE *to, struct json_object *all)
{
	struct json_object *one, *samples;
	size_t i, j;

	for (i = 0; i < json_object_array_length(all); i++) {
		one = json_object_array_get_idx(all, i);
		fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", string_of(one, "name"),
			string_of(one, "help"), string_of(one, "name"), string_of(one, "type"));
		samples = json_object_object_get(one, "samples");
		for (j = 0; j < json_object_array_length(samples); j++)
			print_sample(to, string_of(one, "name"),
				     json_object_array_get_idx(samples, j));
	}
}

static void print(FILE *to, const struct snapshot *s)
{
	struct json_object *doc = metrics_of(s);

	if (options.json) {
		doc_write(to, doc);
		return;
	}
	print_text(to, json_object_object_get(doc, "metrics"));
	json_object_put(doc);
}

/*
 * Writes a temporary file and renames it, because the collector can read at any
 * time.
 */
static int write_file(const struct snapshot *s)
{
	char *temp = NULL;
	FILE *to;
	int fd, bad;

	if (asprintf(&temp, "%s.XXXXXX", options.output) < 0)
		return -ENOMEM;
	fd = mkstemp(temp);
	to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to) {
		bad = -errno;
		if (fd >= 0) {
			close(fd);
			unlink(temp);
		}
		free(temp);
		return bad;
	}
	print(to, s);
	bad = fchmod(fd, 0644) || fflush(to) || ferror(to) || fsync(fd);
	bad = fclose(to) || bad || rename(temp, options.output);
	bad = bad ? -errno : 0;
	if (bad)
		unlink(temp);
	free(temp);
	return bad;
}

enum result command_metrics(void)
{
	enum result result;
	struct snapshot s;
	int err = 0;

	snapshot_read(&s);
	result = status_result(&s);
	if (options.output)
		err = write_file(&s);
	else
		print(stdout, &s);
	snapshot_free(&s);
	if (!err)
		return result;
	fprintf(stderr, "vmxctl: %s: %s\n", options.output, strerror(-err));
	return RESULT_FAILED;
}
