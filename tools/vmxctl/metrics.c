// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl metrics: for the textfile collector of Prometheus' node_exporter. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "options.h"
#include "out.h"
#include "snapshot.h"
#include "status.h"

static void head(FILE *to, const char *name, const char *help)
{
	fprintf(to, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void modules(FILE *to, const struct snapshot *s)
{
	unsigned int i;

	head(to, "vmxctl_module_uses", "Use count of a hypervisor's module that is loaded.");
	for (i = 0; i < MODULES; i++) {
		if (s->modules[i].loaded)
			fprintf(to, "vmxctl_module_uses{module=\"%s\"} %u\n", s->modules[i].name, s->modules[i].uses);
	}
}

/* Names of clients and modules have no character that a label would have to escape. */
static void holders(FILE *to, const struct snapshot *s)
{
	const struct holder *h;

	head(to, "vmxctl_holder", "Who holds VMX: 1 for each.");
	for (h = s->holders; h < s->holders + s->n_holders; h++)
		fprintf(to, "vmxctl_holder{name=\"%s\",kind=\"%s\",certainty=\"%s\"} 1\n", h->name,
			holder_kind(h), h->certain ? "certain" : "probable");
}

static void cpus(FILE *to, const struct snapshot *s)
{
	size_t i;

	head(to, "vmxctl_cpu_vmx_on", "1 where vmxcore has VMX on.");
	for (i = 0; i < s->vmxcore.n_cpus; i++) {
		if (strcmp(s->vmxcore.cpus[i].state, "unknown"))
			fprintf(to, "vmxctl_cpu_vmx_on{cpu=\"%u\"} %d\n", s->vmxcore.cpus[i].cpu,
				!strcmp(s->vmxcore.cpus[i].state, "on") ||
				!strcmp(s->vmxcore.cpus[i].state, "leaving"));
	}
}

static void print(FILE *to, const struct snapshot *s)
{
	head(to, "vmxctl_vmx_held", "1: somebody holds VMX, 0: nobody does, -1: it cannot be told.");
	fprintf(to, "vmxctl_vmx_held %d\n", s->held == ANSWER_UNKNOWN ? -1 : s->held == ANSWER_YES);
	head(to, "vmxctl_complete", "1: all that is asked for could be seen.");
	fprintf(to, "vmxctl_complete %d\n", s->complete);
	head(to, "vmxctl_vmxcore_loaded", "1: vmxcore is loaded.");
	fprintf(to, "vmxctl_vmxcore_loaded %d\n", s->vmxcore.present);
	head(to, "vmxctl_kvm_vms", "Open file descriptors of KVM's virtual machines.");
	fprintf(to, "vmxctl_kvm_vms %u\n", processes_kvm_vms(&s->processes));
	modules(to, s);
	holders(to, s);
	cpus(to, s);
}

/* Into a file beside it that is given its name when it is whole: the collector reads at any time. */
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

/**
 * command_metrics - vmxctl metrics
 *
 * Return: RESULT_FAILED where the file cannot be written; else as status.
 */
enum result command_metrics(void)
{
	enum result result;
	struct snapshot s;
	int err = 0;

	if (options.json) {
		fputs("vmxctl: metrics have a format of their own: no --json\n", stderr);
		return RESULT_USAGE;
	}
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
