// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl clients: each client of vmxcore with what it holds. */
#include <stdio.h>

#include "lib/options.h"
#include "lib/out.h"
#include "machine/report.h"
#include "machine/snapshot.h"

static void print_json(const struct snapshot *s)
{
	struct json_object *doc = doc_new("clients"), *array;
	size_t i;

	add_bool(doc, "vmxcore", s->vmxcore.present);
	array = add_array(doc, "clients");
	for (i = 0; i < s->vmxcore.n_clients; i++)
		add_client(array, s, &s->vmxcore.clients[i]);
	add_virtualbox(doc, &s->virtualbox);
	doc_print(doc);
}

/* A hypervisor that should be a client, and is not, is named, too. */
static void print_text(const struct snapshot *s)
{
	clients_text(s);
	if (s->virtualbox.state != VIRTUALBOX_CLIENT)
		virtualbox_text(&s->virtualbox);
}

enum result command_clients(void)
{
	enum result result = RESULT_OK;
	struct snapshot s;

	snapshot_read(&s);
	if (!s.vmxcore.present)
		note("vmxcore is not loaded, so it has no clients");
	else if (s.vmxcore.hidden)
		note("only root can see what the clients hold");
	if (!s.vmxcore.present || s.vmxcore.hidden || s.vmxcore.broken)
		result = RESULT_UNKNOWN;
	if (options.json)
		print_json(&s);
	else
		print_text(&s);
	snapshot_free(&s);
	return result;
}
