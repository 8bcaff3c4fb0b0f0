// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxstate CPUS [-f CPUS]: is VMX on exactly on these CPUs? CPUS is "none", a
 * list such as "0,2", or "all" for those that are online. -f names the CPUs
 * that a foreign owner has.
 *
 * Three sources must agree about every online CPU: the hardware
 * (vmxcore_cpus.ko), vmxcore's state of CPUs, and its list of clients. Prints
 * each contradiction, and fails if there is one.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HARDWARE	"/sys/kernel/debug/vmxcore_cpus"
#define CPU_STATES		"/sys/kernel/debug/vmxcore/cpus"
#define CLIENTS		"/sys/kernel/debug/vmxcore/clients"
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

static void each_line(const char *path, void (*take)(const char *line))
{
	char line[LINE_LEN];
	FILE *file = fopen(path, "re");

	if (!file)
		err(2, "%s", path);
	while (fgets(line, sizeof(line), file))
		take(line);
	fclose(file);
}

static struct cpu *cpu_at(unsigned int number)
{
	if (number >= MAX_CPUS)
		errx(2, "CPU %u is beyond the limit of this program", number);
	return &cpus[number];
}

static void take_hardware(const char *line)
{
	unsigned int number, vmxe, vmx;
	struct cpu *cpu;

	if (sscanf(line, "cpu %u vmxe %u vmx %u", &number, &vmxe, &vmx) != 3)
		errx(2, "%s: %s", HARDWARE, line);
	cpu = cpu_at(number);
	cpu->online = true;
	cpu->expected |= all_expected;
	cpu->vmxe = vmxe;
	cpu->vmx = vmx;
}

static void take_state(const char *line)
{
	unsigned int number, refs, all;
	char state[16];
	struct cpu *cpu;

	if (sscanf(line, "cpu %u %15s refs %u all %u", &number, state, &refs, &all) != 4)
		errx(2, "%s: %s", CPU_STATES, line);
	cpu = cpu_at(number);
	memcpy(cpu->state, state, sizeof(state));
	cpu->refs = refs;
	cpu->all = all;
}

static void take_client(const char *line)
{
	unsigned int all, number, refs;
	int used;

	if (sscanf(line, "client %*s all %u cpus%n", &all, &used) != 1)
		errx(2, "%s: %s", CLIENTS, line);
	clients_of_all += !!all;
	for (line += used; sscanf(line, " %u:%u%n", &number, &refs, &used) == 2; line += used)
		cpu_at(number)->client_refs += refs;
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
		errx(2, "usage: vmxstate CPUS [-f CPUS]");
	parse_cpus(argv[1], false);
	if (argc == 4)
		parse_cpus(argv[3], true);

	each_line(HARDWARE, take_hardware);
	each_line(CPU_STATES, take_state);
	each_line(CLIENTS, take_client);

	for (number = 0; number < MAX_CPUS; number++) {
		if (cpus[number].online)
			judge_online(number);
		else
			judge_offline(number);
	}
	return problems != 0;
}
