// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all threads hold together, while none of them runs: where VMX must be
 * on, and what vmxcore must report. It is written in the words of vmxstate
 * and of vmxcore's sysfs files, so that a case can compare.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string_helpers.h>

#include "cpus.h"
#include "fuzz.h"

/* Returns NULL if the thread has no claim on the client as registered now. */
static const struct fuzz_claim *claim_of(unsigned int thread, unsigned int index)
{
	const struct fuzz_thread *t = fuzz_threads[thread];

	if (!t || fuzz_standing(index, t->claims[index].phase) != FUZZ_GOOD)
		return NULL;
	return &t->claims[index];
}

static unsigned int all_of(unsigned int index)
{
	const struct fuzz_claim *claim;
	unsigned int i, sum = 0;

	for (i = 0; i < FUZZ_MAX_THREADS; i++) {
		claim = claim_of(i, index);
		sum += claim ? claim->all : 0;
	}
	return sum;
}

static unsigned int live_of(unsigned int index, unsigned int cpu)
{
	const struct fuzz_cell *cell = per_cpu_ptr(&fuzz_cells[index], cpu);

	return fuzz_standing(index, cell->phase) == FUZZ_GOOD ? cell->live : 0;
}

static bool all_held(void)
{
	unsigned int index;

	for (index = 0; index < FUZZ_CLIENTS; index++) {
		if (all_of(index))
			return true;
	}
	return fuzz_yielder_holds();
}

static bool held(unsigned int cpu)
{
	unsigned int index;

	for (index = 0; index < FUZZ_CLIENTS; index++) {
		if (live_of(index, cpu))
			return true;
	}
	return false;
}

static void ask(void *on)
{
	*(bool *)on = test_vmx_on();
}

static void check_cpu(unsigned int cpu, bool wanted)
{
	bool on = false;

	if (!smp_call_function_single(cpu, ask, &on, 1) && on != wanted)
		fuzz_fail(NULL, "at rest: VMX is %s on CPU %u, and should be %s",
			  str_on_off(on), cpu, str_on_off(wanted));
}

/* Compares VMX on each CPU with what is held. No thread may run. */
void fuzz_check_cpus(void)
{
	bool all = all_held();
	unsigned int cpu;

	cpus_read_lock();
	for_each_possible_cpu(cpu) {
		if (cpu_online(cpu))
			check_cpu(cpu, all || held(cpu));
		else if (held(cpu))
			fuzz_fail(NULL, "at rest: CPU %u is offline, and cpu_gone was not called",
				  cpu);
	}
	cpus_read_unlock();
}

static void show_references(struct seq_file *m, unsigned int index)
{
	unsigned int cpu;

	seq_printf(m, "client %s all %u cpus", fuzz_clients[index].name, all_of(index));
	for_each_possible_cpu(cpu) {
		if (live_of(index, cpu))
			seq_printf(m, " %u:%u", cpu, live_of(index, cpu));
	}
	seq_putc(m, '\n');
}

static unsigned int vpids_of(unsigned int index)
{
	const struct fuzz_thread *t;
	unsigned int i, j, sum = 0;

	for (i = 0; i < FUZZ_MAX_THREADS; i++) {
		t = fuzz_threads[i];
		for (j = 0; t && j < FUZZ_VPIDS; j++)
			sum += t->vpids[j].vpid && t->vpids[j].client == index;
	}
	return sum;
}

static unsigned int vmcss_of(unsigned int index)
{
	const struct fuzz_thread *t;
	unsigned int i, j, sum = index < FUZZ_SHARED && fuzz_loan_there(index);

	for (i = 0; i < FUZZ_MAX_THREADS; i++) {
		t = fuzz_threads[i];
		for (j = 0; t && j < FUZZ_VMCSS; j++)
			sum += t->vmcss[j].state == FUZZ_VMCS_THERE && t->vmcss[j].client == index;
	}
	return sum;
}

static void show_cpus(struct seq_file *m)
{
	bool all = all_held(), any = false;
	unsigned int cpu;

	seq_puts(m, "on ");
	for_each_online_cpu(cpu) {
		if (all || held(cpu)) {
			seq_printf(m, "%s%u", any ? "," : "", cpu);
			any = true;
		}
	}
	seq_puts(m, any ? "\n" : "none\n");
}

/* Writes what vmxcore must report. No thread may run. */
void fuzz_show_expected(struct seq_file *m)
{
	unsigned int index;

	show_cpus(m);
	seq_printf(m, "client fuzz-yields all %d cpus\n", fuzz_yielder_holds());
	seq_printf(m, "resources fuzz-yields references %d vpids 0 vmcss 0\n",
		   fuzz_yielder_holds());
	for (index = 0; index < FUZZ_CLIENTS; index++) {
		if (!fuzz_there(index))
			continue;
		show_references(m, index);
		seq_printf(m, "resources %s references %u vpids %u vmcss %u\n",
			   fuzz_clients[index].name, all_of(index), vpids_of(index),
			   vmcss_of(index));
	}
}
