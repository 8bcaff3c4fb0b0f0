// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in vmxcore's code: a function that takes its time, so that what can happen in
 * between does; and one that is left out, so that a test is seen to notice. By kprobes, on
 * vmxcore.ko as it is installed.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/string.h>

#include "test.h"

#define MAX_INJECTIONS	8
#define MAX_DELAY_US	100000
#define MAX_SYMBOL	64

static struct injection {
	struct kprobe probe;
	char symbol[MAX_SYMBOL];
	unsigned int us;
} injections[MAX_INJECTIONS];

static int wait_there(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int us = READ_ONCE(container_of(probe, struct injection, probe)->us);

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

	snprintf(symbol, sizeof(symbol), "vmxcore:%s", function);
	injection = find(symbol);
	if (!injection)
		return -ENOSPC;
	if (injection->symbol[0])
		end(injection);
	return on ? begin(injection, symbol, us, handler) : 0;
}

/**
 * test_delay - make a function of vmxcore wait before it begins
 * @function: one that is a symbol of its own
 * @us: microseconds; 0: no longer
 *
 * Return: 0, -ENOENT: no such function; -ENOSPC: too many at the same time; -EINVAL.
 */
int test_delay(const char *function, unsigned int us)
{
	if (us > MAX_DELAY_US)
		return -EINVAL;
	return inject(function, us, wait_there, us);
}

/**
 * test_leave_out - make a function of vmxcore return at once
 * @function: one without a result, and a symbol of its own
 * @on: or no longer
 *
 * Return: as test_delay().
 */
int test_leave_out(const char *function, bool on)
{
	return inject(function, 0, leave_out, on);
}

/**
 * test_inject_exit - nothing is injected any more
 */
void test_inject_exit(void)
{
	struct injection *injection;

	for (injection = injections; injection < injections + MAX_INJECTIONS; injection++) {
		if (injection->symbol[0])
			end(injection);
	}
}

/**
 * test_symbol - where the kernel or a module has a function
 * @symbol: as kprobes take it
 *
 * Return: its address, or NULL.
 */
void *test_symbol(const char *symbol)
{
	struct kprobe probe = { .symbol_name = symbol };
	void *address;

	if (register_kprobe(&probe))
		return NULL;
	address = probe.addr;
	unregister_kprobe(&probe);
	return address;
}
