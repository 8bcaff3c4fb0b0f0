// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clients of this module, by name. The stale handle of an unregistered
 * client is kept, so that a case can go on using it.
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

/* More than vmxcore accepts, and room for clients that are unregistered */
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
 * A callback has no argument that names its client, so each client needs
 * functions of its own. Only the first two clients have some.
 *
 * The contract of cpu_gone: it runs on the CPU that goes away, with interrupts
 * off and VMX on.
 */
static void count_gone(struct test_client *client, unsigned int cpu)
{
	if (irqs_disabled() && cpu == smp_processor_id() && test_vmx_on())
		atomic_inc(&client->gone);
	else
		atomic_inc(&client->gone_wrong);
}

/* The machine is going down, so only the log can carry the result. */
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
 * vmxcore asks clients to yield in the order of their registration. Clients
 * that were registered after this one are asked while a function is being
 * delayed.
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
	if (!strcmp(how, "stranger"))
		return VMXCORE_STRANGER;
	return strcmp(how, "evmcs") ? 0 : VMXCORE_EVMCS;
}

/*
 * Registers a client under any name, valid or not. @how is "exclusive",
 * "takeover", "evmcs", "stranger", "waits" (its yield callback returns once a delay has
 * begun), or "". Returns the errno of vmxcore_register(), or -E2BIG if this
 * module knows too many clients.
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

/* Unregisters a client, even if its handle is stale already. */
int test_unregister(const char *name)
{
	struct test_client *client = find(name);

	if (!client)
		return -ENOENT;
	vmxcore_unregister(client->handle);
	client->registered = false;
	return 0;
}

/* Finds the handle of a client that was registered once, stale or not. */
int test_find(const char *name, struct vmxcore_client **client)
{
	struct test_client *found = find(name);

	if (!found)
		return -ENOENT;
	*client = found->handle;
	return 0;
}

void test_unregister_all(void)
{
	unsigned int i;

	for (i = 0; i < nr_clients; i++) {
		if (clients[i].registered)
			test_unregister(clients[i].name);
	}
}

void test_clients_show(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < nr_clients; i++)
		seq_printf(m, "client %s registered %d gone %d gone_wrong %d emergency %d\n",
			   clients[i].name, clients[i].registered,
			   atomic_read(&clients[i].gone), atomic_read(&clients[i].gone_wrong),
			   atomic_read(&clients[i].emergencies));
}
