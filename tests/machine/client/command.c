// SPDX-License-Identifier: GPL-2.0-only
/* The commands that test cases write, and their arguments. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

#define MAX_WORDS 4

/* words[0] is the command. Missing words are empty strings. */
typedef int (*command_fn)(char **words);

static int cmd_register(char **words)
{
	return test_register(words[1], words[2]);
}

static int cmd_unregister(char **words)
{
	return test_unregister(words[1]);
}

static int with_client(const char *name, int (*call)(struct vmxcore_client *client))
{
	struct vmxcore_client *client;

	return test_find(name, &client) ?: call(client);
}

static int put(struct vmxcore_client *client)
{
	vmxcore_put(client);
	return 0;
}

static int cmd_get(char **words)
{
	return with_client(words[1], vmxcore_get);
}

static int cmd_put(char **words)
{
	return with_client(words[1], put);
}

static int cmd_get_atomic(char **words)
{
	return with_client(words[1], test_get_atomic);
}

static int cmd_put_atomic(char **words)
{
	return with_client(words[1], test_put_atomic);
}

static int cmd_unregister_atomic(char **words)
{
	return with_client(words[1], test_unregister_atomic);
}

static int cmd_get_null(char **words)
{
	return vmxcore_get(NULL);
}

static int cmd_put_null(char **words)
{
	vmxcore_put(NULL);
	vmxcore_put_cpu(NULL);
	vmxcore_unregister(NULL);
	return 0;
}

static int call_get_cpu(void *client)
{
	return vmxcore_get_cpu(client);
}

static int call_put_cpu(void *client)
{
	vmxcore_put_cpu(client);
	return 0;
}

static int client_on(char **words, int (*call)(void *client))
{
	struct vmxcore_client *client;
	unsigned int cpu;
	int err;

	err = kstrtouint(words[2], 0, &cpu) ?: test_find(words[1], &client);
	return err ?: test_call_on(cpu, words[3], call, client);
}

static int cmd_get_cpu(char **words)
{
	return client_on(words, call_get_cpu);
}

static int cmd_put_cpu(char **words)
{
	return client_on(words, call_put_cpu);
}

static int call_flood(void *client)
{
	int err;

	do {
		err = vmxcore_get_cpu(client);
	} while (!err);
	return err;
}

/* U16_MAX is the most that struct vmxcore_cpu_refs can count. */
static int call_drain(void *client)
{
	unsigned int i;

	for (i = 0; i < U16_MAX; i++)
		vmxcore_put_cpu(client);
	return 0;
}

static int cmd_flood(char **words)
{
	return client_on(words, call_flood);
}

static int cmd_drain(char **words)
{
	return client_on(words, call_drain);
}

/* For commands whose only argument is a number */
static int with_number(char **words, int (*call)(unsigned int number))
{
	unsigned int number;

	return kstrtouint(words[1], 0, &number) ?: call(number);
}

static int cmd_storm(char **words)
{
	return with_number(words, test_storm);
}

static int cmd_storm_start(char **words)
{
	return test_storm_start(0);
}

static int cmd_storm_stop(char **words)
{
	return test_storm_stop();
}

static int cmd_churn(char **words)
{
	return with_number(words, test_churn);
}

static int cmd_fuzz(char **words)
{
	unsigned int threads, steps;
	u64 seed;

	return kstrtou64(words[1], 0, &seed) ?: kstrtouint(words[2], 0, &threads) ?:
	       kstrtouint(words[3], 0, &steps) ?: test_fuzz(seed, threads, steps);
}

static int cmd_fuzz_end(char **words)
{
	return test_fuzz_end();
}

static int cmd_fuzz_calls(char **words)
{
	return test_fuzz_calls(words[1]);
}

static int cmd_down(char **words)
{
	return with_number(words, test_down);
}

static int cmd_nmi(char **words)
{
	return with_number(words, test_nmi);
}

static int cmd_wake(char **words)
{
	return with_number(words, test_wake);
}

static int cmd_witness(char **words)
{
	return test_witness();
}

static int cmd_hooks(char **words)
{
	bool on;
	int err = kstrtobool(words[1], &on);

	if (err)
		return err;
	if (on)
		return test_hooks_on();
	test_hooks_off();
	return 0;
}

static int cmd_delay(char **words)
{
	unsigned int us;

	return kstrtouint(words[2], 0, &us) ?: test_delay(words[1], us);
}

static int cmd_await_delay(char **words)
{
	return test_await_delay();
}

static int cmd_leave_out(char **words)
{
	bool on;

	return kstrtobool(words[2], &on) ?: test_leave_out(words[1], on);
}

static int cpu_switch(char **words, int (*call)(unsigned int cpu, bool on))
{
	unsigned int cpu;
	bool on;
	int err;

	err = kstrtouint(words[1], 0, &cpu) ?: kstrtobool(words[2], &on);
	return err ?: call(cpu, on);
}

static int cmd_count(char **words)
{
	bool on;

	return kstrtobool(words[2], &on) ?: test_count(words[1], on);
}

static int cmd_count_ibpb(char **words)
{
	bool on;

	return kstrtobool(words[2], &on) ?: test_count_ibpb(words[1], on);
}

static int cmd_blind(char **words)
{
	bool on;

	return kstrtobool(words[1], &on) ?: test_blind(on);
}

static int cmd_vmcs(char **words)
{
	struct vmxcore_client *client;

	return test_find(words[1], &client) ?: test_vmcs_make(client, words[2]);
}

static int cmd_vmcs_free(char **words)
{
	return test_vmcs_free(words[1]);
}

static int cmd_vmcs_clear(char **words)
{
	return test_vmcs_clear(words[1]);
}

static int cmd_vmcs_load(char **words)
{
	unsigned int cpu;
	int wanted;

	return kstrtouint(words[2], 0, &cpu) ?: kstrtoint(words[3], 0, &wanted) ?:
	       test_vmcs_load(words[1], cpu, wanted);
}

static int cmd_vmcs_launched(char **words)
{
	unsigned int cpu;
	bool wanted;

	return kstrtouint(words[2], 0, &cpu) ?: kstrtobool(words[3], &wanted) ?:
	       test_vmcs_launched(words[1], cpu, wanted);
}

static int cmd_stranger(char **words)
{
	unsigned int cpu;

	return kstrtouint(words[1], 0, &cpu) ?: test_stranger(cpu, words[2]);
}

static int cmd_vmcs_books(char **words)
{
	return test_vmcs_compare_current();
}

static int cmd_vmcs_cleared(char **words)
{
	u64 pa;

	return kstrtou64(words[1], 0, &pa) ?: test_vmcs_cleared(pa);
}

static int cmd_vmcs_borrow(char **words)
{
	unsigned int cpu, times;

	return kstrtouint(words[2], 0, &cpu) ?: kstrtouint(words[3], 0, &times) ?:
	       test_vmcs_borrow(words[1], cpu, times);
}

static int cmd_vpids(char **words)
{
	struct vmxcore_client *a, *b;
	unsigned int wanted;

	return test_find(words[1], &a) ?: test_find(words[2], &b) ?:
	       kstrtouint(words[3], 0, &wanted) ?: test_vpids_take(a, b, wanted);
}

static int cmd_vpids_free(char **words)
{
	struct vmxcore_client *client;
	bool second;
	int err;

	err = test_find(words[1], &client) ?: kstrtobool(words[2], &second);
	if (!err)
		test_vpids_free(client, second);
	return err;
}

static int cmd_vpids_forget(char **words)
{
	bool second;
	int err = kstrtobool(words[1], &second);

	if (!err)
		test_vpids_forget(second);
	return err;
}

static int cmd_guest_vpid(char **words)
{
	unsigned int cpu;
	bool wanted;

	return kstrtouint(words[1], 0, &cpu) ?: kstrtobool(words[2], &wanted) ?:
	       test_guest_vpid(cpu, wanted);
}

static int cmd_pid_table(char **words)
{
	return test_pid_table();
}

static int cmd_vmxe(char **words)
{
	return cpu_switch(words, test_set_vmxe);
}

static int cmd_ne(char **words)
{
	return cpu_switch(words, test_set_ne);
}

static int cmd_foreign(char **words)
{
	return cpu_switch(words, test_foreign);
}

static int cmd_revision(char **words)
{
	return cpu_switch(words, test_break_revision);
}

static int cmd_differ(char **words)
{
	unsigned int cpu;

	return kstrtouint(words[1], 0, &cpu) ?: test_break_caps(cpu, words[2]);
}

static int cmd_fred(char **words)
{
	bool on;

	return kstrtobool(words[1], &on) ?: test_fred(on);
}

static int cmd_mce_at_entry(char **words)
{
	return test_mce_at_entry();
}

static int cmd_caps(char **words)
{
	return test_compare_caps();
}

static const struct {
	const char *name;
	command_fn run;
} commands[] = {
	{ "register", cmd_register },		/* NAME [exclusive|takeover|evmcs|stranger|waits] */
	{ "unregister", cmd_unregister },	/* NAME; keeps the stale handle */
	{ "get", cmd_get },			/* NAME */
	{ "put", cmd_put },			/* NAME */
	{ "get_cpu", cmd_get_cpu },		/* NAME CPU [irq|bound|preemptible] */
	{ "put_cpu", cmd_put_cpu },		/* NAME CPU [irq|bound|preemptible] */
	{ "flood", cmd_flood },			/* NAME CPU: call get_cpu until it fails */
	{ "drain", cmd_drain },			/* NAME CPU: put what flood has taken */
	{ "get_null", cmd_get_null },
	{ "put_null", cmd_put_null },
	{ "get_atomic", cmd_get_atomic },	/* NAME */
	{ "put_atomic", cmd_put_atomic },	/* NAME */
	{ "unregister_atomic", cmd_unregister_atomic },	/* NAME */
	{ "storm", cmd_storm },			/* ITERATIONS */
	{ "storm_start", cmd_storm_start },	/* in the background */
	{ "storm_stop", cmd_storm_stop },
	{ "churn", cmd_churn },			/* TIMES */
	{ "fuzz", cmd_fuzz },			/* SEED THREADS STEPS; then compare the counts */
	{ "fuzz_end", cmd_fuzz_end },
	{ "fuzz_calls", cmd_fuzz_calls },	/* CALL,CALL...|all: limit fuzz to these */
	{ "down", cmd_down },			/* TIMES */
	{ "hooks", cmd_hooks },			/* 0|1 */
	{ "delay", cmd_delay },			/* FUNCTION MICROSECONDS|0 */
	{ "await_delay", cmd_await_delay },	/* until a delayed function is called */
	{ "leave_out", cmd_leave_out },		/* FUNCTION 0|1 */
	{ "wake", cmd_wake },			/* MILLISECONDS */
	{ "count", cmd_count },			/* FUNCTION 0|1 */
	{ "count_ibpb", cmd_count_ibpb },	/* MODULE:FUNCTION 0|1 */
	{ "blind", cmd_blind },			/* 0|1: hide from KVM what others load */
	{ "witness", cmd_witness },
	{ "nmi", cmd_nmi },			/* CPU */
	{ "vmcs", cmd_vmcs },			/* CLIENT NAME: adopt one */
	{ "vmcs_free", cmd_vmcs_free },		/* NAME */
	{ "vmcs_clear", cmd_vmcs_clear },	/* NAME */
	{ "vmcs_load", cmd_vmcs_load },		/* NAME CPU WHAT-IT-RETURNS */
	{ "vmcs_launched", cmd_vmcs_launched },	/* NAME CPU 0|1: expected launch state */
	{ "vmcs_books", cmd_vmcs_books },	/* compare with VMPTRST on each CPU */
	{ "vmcs_cleared", cmd_vmcs_cleared },	/* PHYSICAL-ADDRESS; EPROTO if launched */
	{ "vmcs_borrow", cmd_vmcs_borrow },	/* NAME CPU TIMES */
	{ "stranger", cmd_stranger },		/* CPU visit|stay */
	{ "vpids", cmd_vpids },			/* CLIENT CLIENT COUNT: allocate all */
	{ "vpids_free", cmd_vpids_free },	/* CLIENT 0|1: the first or the second of these */
	{ "vpids_forget", cmd_vpids_forget },	/* 0|1 */
	{ "guest_vpid", cmd_guest_vpid },	/* CPU 0|1: must its guest have one? */
	{ "pid_table", cmd_pid_table },
	{ "caps", cmd_caps },
	{ "vmxe", cmd_vmxe },			/* CPU 0|1: CR4.VMXE, unknown to the kernel */
	{ "ne", cmd_ne },			/* CPU 0|1: CR0.NE */
	{ "foreign", cmd_foreign },		/* CPU 0|1: VMXON by another hypervisor */
	{ "revision", cmd_revision },		/* CPU 0|1: break the root VMCS */
	{ "fred", cmd_fred },			/* 0|1: FRED, for modules loaded later */
	{ "mce_at_entry", cmd_mce_at_entry },	/* at minivisor's next VM entry */
	{ "differ", cmd_differ },		/* CPU basic|ept|cet|vmcs_enum|0 */
};

/*
 * Runs one command; @line is modified. Returns what the call under test
 * returned, -ENOENT for an unknown client, or -EINVAL for an unknown command.
 */
int test_command(char *line)
{
	char *words[MAX_WORDS] = { "", "", "", "" };
	char *word;
	int i = 0;

	line = strim(line);
	while (i < MAX_WORDS && (word = strsep(&line, " ")))
		words[i++] = word;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(words[0], commands[i].name))
			return commands[i].run(words);
	}
	return -EINVAL;
}
