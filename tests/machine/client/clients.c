// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clients of this module, by name. A client that was unregistered stays known with its
 * stale handle, so that a case can go on using it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <vmxcore/vmxcore.h>

#include "cpus.h"
#include "test.h"

/* One more than vmxcore takes, and some that have gone. */
#define MAX_CLIENTS	(VMXCORE_MAX_CLIENTS + 16)

struct test_client {
	char name[VMXCORE_NAME_LEN];
	struct vmxcore_client *handle;
	bool registered;
	atomic_t gone;
	atomic_t gone_wrong;
	atomic_t emergencies;
};

static struct test_client clients[MAX_CLIENTS];
static unsigned int nr_clients;

/*
 * Callbacks do not say for whom they are, so each client needs his own: the first two have some.
 * The contract of cpu_gone: on the CPU in question, interrupts off, VMX still on.
 */
static void count_gone(struct test_client *client, unsigned int cpu)
{
	if (irqs_disabled() && cpu == smp_processor_id() && test_vmx_on())
		atomic_inc(&client->gone);
	else
		atomic_inc(&client->gone_wrong);
}

/* The log is all that is left of it: the machine goes down. */
static void count_emergency(struct test_client *client)
{
	if (irqs_disabled())
		pr_notice("emergency of client %s on CPU %u, call %d\n", client->name,
			  smp_processor_id(), atomic_inc_return(&client->emergencies));
}

static void gone_0(unsigned int cpu)
{
	count_gone(&clients[0], cpu);
}

static void gone_1(unsigned int cpu)
{
	count_gone(&clients[1], cpu);
}

static void emergency_0(void)
{
	count_emergency(&clients[0]);
}

static void emergency_1(void)
{
	count_emergency(&clients[1]);
}

static const struct {
	void (*gone)(unsigned int cpu);
	void (*emergency)(void);
} callbacks[] = {
	{ gone_0, emergency_0 },
	{ gone_1, emergency_1 },
};

/*
 * Clients are asked in the order of their registration: those after this one are asked while a
 * function is being delayed.
 */
static void yield_at_delay(void)
{
	pr_notice("a client that waits is asked to yield\n");
	if (test_await_delay())
		pr_err("no function was delayed while a client waited for it\n");
}

static struct test_client *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_clients; i++) {
		if (!strcmp(clients[i].name, name))
			return &clients[i];
	}
	return NULL;
}

static unsigned int flags_of(const char *how)
{
	if (!strcmp(how, "exclusive"))
		return VMXCORE_EXCLUSIVE;
	if (!strcmp(how, "takeover"))
		return VMXCORE_EXCLUSIVE | VMXCORE_TAKE_OVER;
	return strcmp(how, "evmcs") ? 0 : VMXCORE_EVMCS;
}

/**
 * test_register - register a client
 * @name: any text, valid as a name or not
 * @how: "exclusive", "takeover", "evmcs"; "waits": its yield returns when a delay begins; or "":
 *	as most are
 *
 * Return: the errno of vmxcore_register(), or -E2BIG when this module knows too many.
 */
int test_register(const char *name, const char *how)
{
	struct test_client *known = find(name);
	struct test_client *client = known ?: &clients[nr_clients];
	struct vmxcore_client_desc desc = { .name = name, .owner = THIS_MODULE };
	unsigned int index = client - clients;
	struct vmxcore_client *handle;

	if (index == MAX_CLIENTS)
		return -E2BIG;
	desc.flags = flags_of(how);
	if (!strcmp(how, "waits"))
		desc.yield = yield_at_delay;
	if (index < ARRAY_SIZE(callbacks)) {
		desc.cpu_gone = callbacks[index].gone;
		desc.emergency = callbacks[index].emergency;
	}

	handle = vmxcore_register(&desc);
	if (IS_ERR(handle))
		return PTR_ERR(handle);

	strscpy(client->name, name, sizeof(client->name));
	client->handle = handle;
	client->registered = true;
	if (!known)
		nr_clients++;
	return 0;
}

/**
 * test_unregister - unregister a client, even one that is unregistered already
 * @name: one that was registered once
 *
 * Return: 0 or -ENOENT.
 */
int test_unregister(const char *name)
{
	struct test_client *client = find(name);

	if (!client)
		return -ENOENT;
	vmxcore_unregister(client->handle);
	client->registered = false;
	return 0;
}

/**
 * test_find - the handle of a client, stale or not
 * @name: one that was registered once
 * @client: where to store it
 *
 * Return: 0 or -ENOENT.
 */
int test_find(const char *name, struct vmxcore_client **client)
{
	struct test_client *found = find(name);

	if (!found)
		return -ENOENT;
	*client = found->handle;
	return 0;
}

/**
 * test_unregister_all - unregister those who are registered
 */
void test_unregister_all(void)
{
	unsigned int i;

	for (i = 0; i < nr_clients; i++) {
		if (clients[i].registered)
			test_unregister(clients[i].name);
	}
}

/**
 * test_clients_show - one line per client
 * @m: where to
 */
void test_clients_show(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < nr_clients; i++)
		seq_printf(m, "client %s registered %d gone %d gone_wrong %d emergency %d\n",
			   clients[i].name, clients[i].registered,
			   atomic_read(&clients[i].gone), atomic_read(&clients[i].gone_wrong),
			   atomic_read(&clients[i].emergencies));
}
