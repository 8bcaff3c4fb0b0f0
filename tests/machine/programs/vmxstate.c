// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxstate CPUS [-f CPUS]: is VMX on exactly on these CPUs? CPUS is "none", a
 * list such as "0,2", or "all" for those that are online. -f names the CPUs
 * that a foreign owner has.
 *
 * Three sources must agree about every online CPU: the hardware
 * (vmxcore_cpus.ko), vmxcore's state of CPUs, and its list of clients. Prints
 * each contradiction, and fails if there is one.
 *
 * vmxstate -c: a line for each client that has a directory in sysfs instead,
 * "client NAME all N cpus", with CPU:COUNT for each CPU that it holds by itself.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HARDWARE	"/sys/kernel/debug/vmxcore_cpus"
#define CPU_STATES	"/sys/kernel/vmxcore/cpus"
#define CLIENTS		"/sys/kernel/vmxcore/clients"
#define MAX_CPUS	64
#define LINE_LEN	4096

struct cpu {
	bool expected;
	bool foreign;
	bool online;
	bool vmxe;
	bool vmx;
	char state[16];
	unsigned int refs;
	bool all;
	/* sum over the clients */
	unsigned int client_refs;
};

static struct cpu cpus[MAX_CPUS];
static unsigned int clients_of_all;
static int problems;

static bool all_expected;

static void parse_cpus(const char *list, bool foreign)
{
	unsigned long cpu;
	char *end;

	if (!strcmp(list, "none"))
		return;
	if (!strcmp(list, "all") && !foreign) {
		all_expected = true;
		return;
	}
	do {
		cpu = strtoul(list, &end, 10);
		if (end == list || cpu >= MAX_CPUS || (*end && *end != ','))
			errx(2, "not a list of CPUs: %s", list);
		if (foreign)
			cpus[cpu].foreign = true;
		else
			cpus[cpu].expected = true;
		list = end + 1;
	} while (*end);
}

static struct cpu *cpu_at(unsigned int number)
{
	if (number >= MAX_CPUS)
		errx(2, "CPU %u is beyond the limit of this program", number);
	return &cpus[number];
}

static void read_hardware(void)
{
	unsigned int number, vmxe, vmx;
	FILE *file = fopen(HARDWARE, "re");
	char line[LINE_LEN];
	struct cpu *cpu;

	if (!file)
		err(2, HARDWARE);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "cpu %u vmxe %u vmx %u", &number, &vmxe, &vmx) != 3)
			errx(2, "%s: %s", HARDWARE, line);
		cpu = cpu_at(number);
		cpu->online = true;
		cpu->expected |= all_expected;
		cpu->vmxe = vmxe;
		cpu->vmx = vmx;
	}
	fclose(file);
}

/* The line of a file in sysfs. False: the file is gone, with its client. */
static bool read_line(const char *dir, const char *name, const char *file, char *line)
{
	char path[PATH_MAX];
	FILE *stream;
	bool found;

	snprintf(path, sizeof(path), "%s/%s/%s", dir, name, file);
	stream = fopen(path, "re");
	if (!stream && errno == ENOENT)
		return false;
	if (!stream)
		err(2, "%s", path);
	errno = 0;
	found = fgets(line, LINE_LEN, stream);
	if (!found && errno != ENODEV)
		err(2, "%s", path);
	fclose(stream);
	if (found)
		line[strcspn(line, "\n")] = '\0';
	return found;
}

static unsigned int parse(const char *line, const char *name)
{
	char *end;
	unsigned long number = strtoul(line, &end, 10);

	if (end == line || *end)
		errx(2, "%s: not a number: %s", name, line);
	return (unsigned int)number;
}

static void each_entry(const char *dir, void (*take)(const char *name))
{
	struct dirent **entries;
	int i, n = scandir(dir, &entries, NULL, alphasort);

	if (n < 0)
		err(2, "%s", dir);
	for (i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			take(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* A file of a CPU is always there. */
static void take_state(const char *name)
{
	char state[LINE_LEN], refs[LINE_LEN], held[LINE_LEN];
	unsigned int number;
	struct cpu *cpu;

	if (sscanf(name, "cpu%u", &number) != 1 || !read_line(CPU_STATES, name, "state", state) ||
	    !read_line(CPU_STATES, name, "references", refs) ||
	    !read_line(CPU_STATES, name, "held", held))
		errx(2, "%s/%s: a file is missing", CPU_STATES, name);
	cpu = cpu_at(number);
	snprintf(cpu->state, sizeof(cpu->state), "%.*s", (int)sizeof(cpu->state) - 1, state);
	cpu->refs = parse(refs, name);
	cpu->all = parse(held, name);
}

/* @list: "CPU:COUNT" or "CPU-CPU:COUNT", with commas between them */
static void take_refs(const char *client, const char *list,
		      void (*take)(unsigned int cpu, unsigned int refs))
{
	unsigned int cpu, last, refs;
	int used;

	for (; *list; list += used + (list[used] == ',')) {
		if (sscanf(list, "%u-%u:%u%n", &cpu, &last, &refs, &used) != 3) {
			if (sscanf(list, "%u:%u%n", &cpu, &refs, &used) != 2)
				errx(2, "%s/%s/cpu_references: %s", CLIENTS, client, list);
			last = cpu;
		}
		for (; cpu <= last; cpu++)
			take(cpu, refs);
	}
}

static void count_refs(unsigned int cpu, unsigned int refs)
{
	cpu_at(cpu)->client_refs += refs;
}

static void take_client(const char *name)
{
	char line[LINE_LEN];

	if (read_line(CLIENTS, name, "references", line))
		clients_of_all += !!parse(line, name);
	if (read_line(CLIENTS, name, "cpu_references", line))
		take_refs(name, line, count_refs);
}

static void print_refs(unsigned int cpu, unsigned int refs)
{
	printf(" %u:%u", cpu, refs);
}

static void print_client(const char *name)
{
	char line[LINE_LEN];

	if (!read_line(CLIENTS, name, "references", line))
		return;
	printf("client %s all %u cpus", name, parse(line, name));
	if (read_line(CLIENTS, name, "cpu_references", line))
		take_refs(name, line, print_refs);
	printf("\n");
}

static void demand(bool holds, unsigned int number, const char *what)
{
	const struct cpu *cpu = &cpus[number];

	if (holds)
		return;
	problems++;
	printf("vmxstate: cpu %u: %s\n", number, what);
	printf("vmxstate:   hardware: vmxe %d vmx %d\n", cpu->vmxe, cpu->vmx);
	printf("vmxstate:   vmxcore: %s refs %u all %d\n", cpu->state, cpu->refs, cpu->all);
	printf("vmxstate:   clients: refs %u all %u\n", cpu->client_refs, clients_of_all);
}

static void judge_online(unsigned int number)
{
	const struct cpu *cpu = &cpus[number];
	bool on = !strcmp(cpu->state, "on");

	demand(cpu->expected == (on && cpu->vmx), number,
	       cpu->expected ? "VMX should be on" : "VMX should be off");
	demand(on || !strcmp(cpu->state, "off"), number, "unknown state");
	demand(on == (cpu->refs || cpu->all), number, "VMX without a reference, or the reverse");
	demand(cpu->foreign || (cpu->vmx == on && cpu->vmxe == on), number,
	       "the hardware contradicts vmxcore");
	demand(cpu->all == !!clients_of_all, number, "all does not match the clients");
	demand(cpu->refs == cpu->client_refs, number, "refs is not the sum of the clients'");
}

static void judge_offline(unsigned int number)
{
	const struct cpu *cpu = &cpus[number];

	demand(!cpu->expected, number, "VMX should be on, but the CPU is offline");
	/* No state: this is not a possible CPU. */
	if (!cpu->state[0])
		return;
	demand(!strcmp(cpu->state, "offline"), number, "offline, but not according to vmxcore");
	demand(!cpu->refs && !cpu->all && !cpu->client_refs, number,
	       "an offline CPU has references");
}

int main(int argc, char **argv)
{
	unsigned int number;

	if (argc != 2 && !(argc == 4 && !strcmp(argv[2], "-f")))
		errx(2, "usage: vmxstate CPUS [-f CPUS], or vmxstate -c");
	if (!strcmp(argv[1], "-c")) {
		each_entry(CLIENTS, print_client);
		return 0;
	}
	parse_cpus(argv[1], false);
	if (argc == 4)
		parse_cpus(argv[3], true);

	read_hardware();
	each_entry(CPU_STATES, take_state);
	each_entry(CLIENTS, take_client);

	for (number = 0; number < MAX_CPUS; number++) {
		if (cpus[number].online)
			judge_online(number);
		else
			judge_offline(number);
	}
	return problems != 0;
}
