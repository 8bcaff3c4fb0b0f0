// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl clients: each client of vmxcore with what it holds. */
#include <stdio.h>

#include "commands.h"
#include "options.h"
#include "out.h"
#include "snapshot.h"
#include "status.h"

static void text_client(const struct snapshot *s, const struct vmxcore_client *c)
{
	char when[96], held[VMXCORE_HELD];

	if (c->hidden) {
		printf("%s%s%s: not visible\n", colour(COLOUR_BOLD), c->name, colour(COLOUR_NONE));
		return;
	}
	snapshot_when(s, &c->since, when);
	printf("%s%s%s (module %s): %s%s", colour(COLOUR_BOLD), c->name, colour(COLOUR_NONE),
	       c->module[0] ? c->module : "unknown", vmxcore_client_holds(c) ? "" : "holds ", vmxcore_client_held(c, held));
	printf("%s; %llu VPIDs, %llu VMCSs%s\n", when, (unsigned long long)c->vpids,
	       (unsigned long long)c->vmcss, c->exclusive ? "; exclusive" : "");
}

/**
 * clients_text - one line for each client
 * @s: what is known
 */
void clients_text(const struct snapshot *s)
{
	size_t i;

	if (!s->vmxcore.present)
		return;
	if (!s->vmxcore.n_clients)
		puts("vmxcore has no clients");
	for (i = 0; i < s->vmxcore.n_clients; i++)
		text_client(s, &s->vmxcore.clients[i]);
}

static void print_json(const struct snapshot *s)
{
	struct json_object *doc = doc_new("clients"), *array;
	size_t i;

	add_bool(doc, "vmxcore", s->vmxcore.present);
	array = add_array(doc, "clients");
	for (i = 0; i < s->vmxcore.n_clients; i++)
		add_client(array, s, &s->vmxcore.clients[i]);
	doc_print(doc);
}

/**
 * command_clients - vmxctl clients
 *
 * Return: RESULT_UNKNOWN without vmxcore, or where not all can be seen.
 */
enum result command_clients(void)
{
	enum result result = RESULT_OK;
	struct snapshot s;

	snapshot_read(&s);
	if (!s.vmxcore.present)
		note("vmxcore is not loaded: it has no clients");
	else if (s.vmxcore.hidden)
		note("not root: what the clients hold cannot be seen");
	if (!s.vmxcore.present || s.vmxcore.hidden || s.vmxcore.broken)
		result = RESULT_UNKNOWN;
	if (options.json)
		print_json(&s);
	else
		clients_text(&s);
	snapshot_free(&s);
	return result;
}
