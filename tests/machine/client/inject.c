// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in vmxcore's code, by kprobes on the installed vmxcore.ko: a function
 * is delayed, which widens a race; or left out, which proves that a test
 * notices; or its calls are counted.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/iopoll.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <asm/msr-index.h>

#include <vmxcore/vmxcore.h>

#include "test.h"

#define MAX_INJECTIONS	8
#define MAX_DELAY_US	100000
#define MAX_SYMBOL	64

#define DELAY_POLL_US		100
#define DELAY_TIMEOUT_US	(20 * USEC_PER_SEC)

static struct injection {
	struct kprobe probe;
	char symbol[MAX_SYMBOL];
	unsigned int us;
	atomic_t count;
} injections[MAX_INJECTIONS];

/* Calls of delayed functions, since a delay was last set */
static atomic_t nr_delays;

static int wait_there(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int us = READ_ONCE(container_of(probe, struct injection, probe)->us);

	atomic_inc(&nr_delays);
	/* A long udelay() overflows. */
	for (; us > USEC_PER_MSEC; us -= USEC_PER_MSEC)
		udelay(USEC_PER_MSEC);
	udelay(us);
	return 0;
}

static noinline void nothing(void)
{
}

static int leave_out(struct kprobe *probe, struct pt_regs *regs)
{
	regs->ip = (unsigned long)nothing;
	return 1;
}

static int count_there(struct kprobe *probe, struct pt_regs *regs)
{
	atomic_inc(&container_of(probe, struct injection, probe)->count);
	return 0;
}

static struct injection *find(const char *symbol)
{
	struct injection *injection, *free = NULL;

	for (injection = injections; injection < injections + MAX_INJECTIONS; injection++) {
		if (!strcmp(injection->symbol, symbol))
			return injection;
		if (!injection->symbol[0])
			free = free ?: injection;
	}
	return free;
}

static void end(struct injection *injection)
{
	unregister_kprobe(&injection->probe);
	memset(injection, 0, sizeof(*injection));
}

/* Ends what is injected at @symbol, and returns a free entry for it. */
static struct injection *vacate(const char *symbol)
{
	struct injection *injection = find(symbol);

	if (injection && injection->symbol[0])
		end(injection);
	return injection;
}

static int begin(struct injection *injection, const char *symbol, unsigned int us,
		 kprobe_pre_handler_t handler)
{
	int err;

	strscpy(injection->symbol, symbol, sizeof(injection->symbol));
	injection->us = us;
	injection->probe.symbol_name = injection->symbol;
	injection->probe.pre_handler = handler;
	err = register_kprobe(&injection->probe);
	if (err)
		memset(injection, 0, sizeof(*injection));
	return err;
}

static int inject(const char *function, unsigned int us, kprobe_pre_handler_t handler, bool on)
{
	struct injection *injection;
	char symbol[MAX_SYMBOL];

	/* MODULE:FUNCTION, :FUNCTION for one of the kernel's, or one of vmxcore's. */
	snprintf(symbol, sizeof(symbol), "%s%s", strchr(function, ':') ? "" : "vmxcore:",
		 function + (function[0] == ':'));
	injection = vacate(symbol);
	if (!injection)
		return -ENOSPC;
	return on ? begin(injection, symbol, us, handler) : 0;
}

/*
 * Delays each call of a function of vmxcore by @us microseconds, 0 for no
 * delay. Returns -ENOENT if the symbol does not exist, -ENOSPC if too many
 * functions are probed.
 */
int test_delay(const char *function, unsigned int us)
{
	if (us > MAX_DELAY_US)
		return -EINVAL;
	atomic_set(&nr_delays, 0);
	return inject(function, us, wait_there, us);
}

/*
 * Sleeps until a function is delayed, counted from the last test_delay().
 * Returns -ETIMEDOUT if that does not happen.
 */
int test_await_delay(void)
{
	int count;

	return read_poll_timeout(atomic_read, count, count, DELAY_POLL_US, DELAY_TIMEOUT_US,
				 false, &nr_delays);
}

/*
 * Makes a function of vmxcore without a result return at once. Returns as
 * test_delay().
 */
int test_leave_out(const char *function, bool on)
{
	return inject(function, 0, leave_out, on);
}

/*
 * Counts the calls of a function of vmxcore, or of MODULE:FUNCTION, from 0.
 * Returns as test_delay().
 */
int test_count(const char *function, bool on)
{
	return inject(function, 0, count_there, on);
}

/*
 * Returns where a function begins, and its size. A kprobe lands behind the
 * ENDBR64.
 */
static const u8 *code_of(const char *symbol, unsigned int *size)
{
	struct kprobe probe = { .symbol_name = symbol };
	char text[KSYM_SYMBOL_LEN], *place;
	unsigned int offset;

	if (register_kprobe(&probe))
		return NULL;
	unregister_kprobe(&probe);
	sprint_symbol(text, (unsigned long)probe.addr);
	place = strchr(text, '+');
	if (!place || sscanf(place, "+%x/%x", &offset, size) != 2)
		return NULL;
	return (const u8 *)probe.addr - offset;
}

/* IBPB is a WRMSR, or since Linux 6.15 a call of write_ibpb(). */
static bool is_barrier(const u8 *code, unsigned int left)
{
	char target[KSYM_SYMBOL_LEN];
	s32 distance;

	if (left >= 2 && code[0] == 0x0f && code[1] == 0x30)
		return true;
	if (left < 5 || code[0] != 0xe8)
		return false;
	memcpy(&distance, code + 1, sizeof(distance));
	sprint_symbol(target, (unsigned long)code + 5 + distance);
	return strstarts(target, "write_ibpb+");
}

static int count_barrier(struct kprobe *probe, struct pt_regs *regs)
{
	bool call = probe->opcode == 0xe8;

	if (call || (regs->cx == MSR_IA32_PRED_CMD && regs->ax & PRED_CMD_IBPB))
		return count_there(probe, regs);
	return 0;
}

/*
 * Counts how often MODULE:FUNCTION executes its IBPB, from 0. The kprobe is on
 * the WRMSR or call itself: if the kernel has patched the barrier out, there is
 * none to find. Returns as test_delay(); -ENOENT also if there is no barrier.
 */
int test_count_ibpb(const char *function, bool on)
{
	unsigned int size, offset;
	struct injection *injection = vacate(function);
	const u8 *code;
	int err = -ENOENT;

	if (!injection)
		return -ENOSPC;
	if (!on)
		return 0;
	code = code_of(function, &size);
	if (!code)
		return -ENOENT;
	/*
	 * register_kprobe() returns -EILSEQ in the middle of an instruction: go
	 * on.
	 */
	for (offset = 0; offset < size && err; offset++) {
		if (!is_barrier(code + offset, size - offset))
			continue;
		injection->probe.offset = offset;
		err = begin(injection, function, 0, count_barrier);
	}
	return err == -EILSEQ ? -ENOENT : err;
}

void test_counts_show(struct seq_file *m)
{
	struct injection *injection;

	for (injection = injections; injection < injections + MAX_INJECTIONS; injection++) {
		if (injection->probe.pre_handler == count_there ||
		    injection->probe.pre_handler == count_barrier)
			seq_printf(m, "%s %d\n", strchr(injection->symbol, ':') + 1,
				   atomic_read(&injection->count));
	}
}

static int load_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	*(void **)instance->data = this_cpu_read(vmxcore_current_vmcs);
	return 0;
}

static int load_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	this_cpu_write(vmxcore_current_vmcs, *(void **)instance->data);
	return 0;
}

static struct kretprobe blind_probe = {
	.kp.symbol_name = "vmxcore:vmxcore_vmcs_cpu_load",
	.entry_handler = load_entry,
	.handler = load_return,
	.data_size = sizeof(void *),
};

static bool blind;

/*
 * Hides from KVM that another VMCS has been loaded, as it would be without
 * vmxcore's per-CPU pointer.
 */
int test_blind(bool on)
{
	int err = 0;

	if (on == blind)
		return 0;
	if (on)
		err = register_kretprobe(&blind_probe);
	else
		unregister_kretprobe(&blind_probe);
	if (!err)
		blind = on;
	return err;
}

void test_inject_exit(void)
{
	struct injection *injection;

	for (injection = injections; injection < injections + MAX_INJECTIONS; injection++) {
		if (injection->symbol[0])
			end(injection);
	}
	test_blind(false);
}

/* Returns the address of a function, which is named as for kprobes, or NULL. */
void *test_function(const char *symbol)
{
	struct kprobe probe = { .symbol_name = symbol };
	void *address;

	if (register_kprobe(&probe))
		return NULL;
	address = probe.addr;
	unregister_kprobe(&probe);
	return address;
}

/*
 * Returns the address of a kernel variable, the offset of a per-CPU one, or
 * NULL.
 */
void *test_variable(const char *symbol)
{
	unsigned long (*lookup)(const char *name) = test_function("kallsyms_lookup_name");

	return lookup ? (void *)lookup(symbol) : NULL;
}
