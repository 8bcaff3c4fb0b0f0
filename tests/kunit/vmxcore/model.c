// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of references, and a comparison of vmxcore's state and the hardware
 * with it.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <vmxcore/client.h>
#include <vmxcore/cpu.h>

#include "model.h"

/* No client is registered, and all CPUs are online. */
void model_init(struct model *m)
{
	memset(m, 0, sizeof(*m));
	memset(m->online, true, sizeof(m->online));
}

static bool all_held(const struct model *m)
{
	const struct model_client *c;

	for (c = m->clients; c < m->clients + WORLD_CLIENTS; c++) {
		if (c->refs)
			return true;
	}
	return false;
}

static unsigned int refs_on(const struct model *m, unsigned int cpu)
{
	const struct model_client *c;
	unsigned int sum = 0;

	for (c = m->clients; c < m->clients + WORLD_CLIENTS; c++)
		sum += c->live[cpu];
	return sum;
}

static bool held(const struct model *m, unsigned int cpu)
{
	return m->online[cpu] && (all_held(m) || refs_on(m, cpu));
}

/* Returns whether a CPU has to have VMX on. */
bool model_on(const struct model *m, unsigned int cpu)
{
	return held(m, cpu) && !m->lost[cpu];
}

static bool any_lost(const struct model *m)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (m->lost[cpu])
			return true;
	}
	return false;
}

/* A CPU that no client holds has not lost VMX. */
static void settle(struct model *m)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (!held(m, cpu))
			m->lost[cpu] = 0;
	}
}

static unsigned int places(const struct model_client *c)
{
	unsigned int cpu, nr = !!c->refs;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++)
		nr += !!c->live[cpu];
	return nr;
}

static bool other_alone(const struct model *m, const struct model_client *than)
{
	const struct model_client *c;

	for (c = m->clients; c < m->clients + WORLD_CLIENTS; c++) {
		if (c != than && c->alone)
			return true;
	}
	return false;
}

/* Returns the result of a reference on a CPU, where VMX may be on already. */
static int reference(const struct model *m, unsigned int cpu)
{
	if (m->lost[cpu])
		return m->lost[cpu];
	return model_on(m, cpu) ? 0 : m->fails[cpu];
}

/*
 * A client registers. @pins: it pins the module that lends VMX; @alone: it is
 * exclusive. Returns what vmxcore_register() has to return, as the following
 * functions do for their calls.
 */
int model_register(struct model *m, unsigned int i, bool pins, bool alone)
{
	struct model_client *c;

	if (other_alone(m, NULL))
		return -EBUSY;
	if (m->clients[i].registered)
		return -EEXIST;
	for (c = m->clients; c < m->clients + WORLD_CLIENTS; c++) {
		if (alone && places(c))
			return -EBUSY;
	}
	m->clients[i] = (struct model_client){ .registered = true, .alone = alone, .pins = pins };
	return 0;
}

/*
 * A client unregisters, and loses its references. Returns -EINVAL for misuse.
 */
int model_unregister(struct model *m, unsigned int i)
{
	if (!m->clients[i].registered)
		return -EINVAL;
	m->clients[i] = (struct model_client){};
	settle(m);
	return 0;
}

int model_get(struct model *m, unsigned int i)
{
	struct model_client *c = &m->clients[i];
	unsigned int cpu;

	if (any_lost(m))
		return -EIO;
	if (!c->registered)
		return -EINVAL;
	if (other_alone(m, c))
		return -EBUSY;
	if (!c->refs && c->pins && m->pin_fails)
		return -ENODEV;
	for (cpu = 0; !all_held(m) && cpu < WORLD_CPUS; cpu++) {
		if (m->online[cpu] && reference(m, cpu))
			return reference(m, cpu);
	}
	c->refs++;
	return 0;
}

/* Returns -EINVAL for misuse. */
int model_put(struct model *m, unsigned int i)
{
	struct model_client *c = &m->clients[i];

	if (!c->refs)
		return -EINVAL;
	c->refs--;
	settle(m);
	return 0;
}

/* @cpu must be online. */
int model_get_cpu(struct model *m, unsigned int i, unsigned int cpu)
{
	struct model_client *c = &m->clients[i];
	int err = reference(m, cpu);

	if (!c->registered)
		return -EINVAL;
	if (!c->refs && !c->live[cpu] && other_alone(m, c))
		return -EBUSY;
	if (!c->live[cpu] && c->pins && m->pin_fails)
		return -ENODEV;
	if (err)
		return err;
	c->live[cpu]++;
	c->dead[cpu] = 0;
	return 0;
}

/* @cpu must be online. Returns -EINVAL for misuse. */
int model_put_cpu(struct model *m, unsigned int i, unsigned int cpu)
{
	struct model_client *c = &m->clients[i];

	if (c->live[cpu])
		c->live[cpu]--;
	else if (c->dead[cpu])
		c->dead[cpu]--;
	else
		return -EINVAL;
	settle(m);
	return 0;
}

/* A CPU comes online, or stays offline with an error. */
int model_up(struct model *m, unsigned int cpu)
{
	if (all_held(m) && m->fails[cpu])
		return m->fails[cpu];
	m->online[cpu] = true;
	return 0;
}

/* A CPU goes offline, and the references on it die. */
int model_down(struct model *m, unsigned int cpu)
{
	struct model_client *c;

	for (c = m->clients; c < m->clients + WORLD_CLIENTS; c++) {
		if (!c->live[cpu])
			continue;
		c->dead[cpu] = c->live[cpu];
		c->live[cpu] = 0;
		m->gone[c - m->clients][cpu]++;
	}
	m->online[cpu] = false;
	m->lost[cpu] = 0;
	return 0;
}

/* The machine suspends and resumes. */
int model_suspend(struct model *m)
{
	bool was_online[WORLD_CPUS];
	unsigned int cpu;

	memcpy(was_online, m->online, sizeof(was_online));
	for (cpu = 1; cpu < WORLD_CPUS; cpu++) {
		if (m->online[cpu])
			model_down(m, cpu);
	}
	m->lost[0] = held(m, 0) ? m->fails[0] : 0;
	for (cpu = 1; cpu < WORLD_CPUS; cpu++) {
		if (was_online[cpu])
			model_up(m, cpu);
	}
	return 0;
}

static const char *cpu_differs(const struct model *m, unsigned int cpu)
{
	const struct vmxcore_cpu *real = per_cpu_ptr(&vmxcore_cpu, cpu);
	const char *state = vmxcore_cpu_state_name(cpu);

	if (cpu_online(cpu) != m->online[cpu])
		return "a CPU's being online";
	if (hw_on(cpu) != model_on(m, cpu))
		return "VMX on the hardware";
	if (real->refs != refs_on(m, cpu))
		return "the references of a CPU";
	if (real->system_ref != (m->online[cpu] && all_held(m)))
		return "whether a CPU is held for all";
	if (strcmp(state, !m->online[cpu] ? "offline" : m->lost[cpu] ? "failed" :
		   model_on(m, cpu) ? "on" : "off"))
		return "the state of a CPU";
	return !!vmxcore_cpu_since(cpu) == model_on(m, cpu) ? NULL : "since when a CPU is on";
}

static const char *references_differ(const struct model_client *c,
				     const struct vmxcore_client_entry *entry)
{
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		const struct vmxcore_cpu_refs *refs = per_cpu_ptr(entry->cpu_refs, cpu);

		if (refs->live != c->live[cpu])
			return "the references of a client on a CPU";
		if (refs->dead != c->dead[cpu])
			return "the dead references of a client on a CPU";
	}
	return NULL;
}

static const char *client_differs(const struct model *m, unsigned int i,
				  struct vmxcore_client *handle)
{
	const struct vmxcore_client_entry *entry = vmxcore_entry_find(handle);
	const struct model_client *c = &m->clients[i];
	unsigned int cpu;

	for (cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (world_gone(i, cpu) != m->gone[i][cpu])
			return "how often a client was told that a CPU is gone";
	}
	if (!entry != !c->registered)
		return "which clients are registered";
	if (!entry)
		return NULL;
	if (vmxcore_entry_refs(entry) != c->refs)
		return "the references of a client on all CPUs";
	if (atomic_read(&entry->nr_held) != places(c))
		return "where a client holds something";
	if (!!vmxcore_entry_since(entry) != !!places(c))
		return "since when a client holds something";
	return references_differ(c, entry);
}

static int pins(const struct model *m)
{
	const struct model_client *c;
	int sum = 0;

	for (c = m->clients; c < m->clients + WORLD_CLIENTS; c++)
		sum += c->pins ? places(c) : 0;
	return sum;
}

/*
 * Returns the first thing in which vmxcore's state or the hardware differs from
 * the model, or NULL. @handles has the clients' handles, also stale ones.
 */
const char *model_differs(const struct model *m, struct vmxcore_client *const *handles)
{
	const char *what = hw_broken();
	unsigned int i;

	for (i = 0; !what && i < WORLD_CPUS; i++)
		what = cpu_differs(m, i);
	for (i = 0; !what && i < WORLD_CLIENTS; i++)
		what = client_differs(m, i, handles[i]);
	if (!what && vmxcore_cpus_failed() != any_lost(m))
		what = "whether a CPU has lost VMX";
	if (!what && hw_pins() != pins(m))
		what = "how often the lender of VMX is pinned";
	return what;
}
