// SPDX-License-Identifier: GPL-2.0-only
/* The cost of turning VMX on and off. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <asm/msr.h>

#include <vmxcore/vmxcore.h>

#include "bench.h"

static const struct vmxcore_client_desc desc = {
	.name = "bench",
	.owner = THIS_MODULE,
};

struct edges {
	struct bench_sample get;
	struct bench_sample put;
};

static int measure(struct vmxcore_client *client, struct edges *edges)
{
	u64 before, between, after;
	int err;

	before = rdtsc_ordered();
	err = vmxcore_get(client);
	between = rdtsc_ordered();
	if (err)
		return err;
	vmxcore_put(client);
	after = rdtsc_ordered();
	bench_add(&edges->get, between - before);
	bench_add(&edges->put, after - between);
	return 0;
}

/*
 * No other client may hold VMX: each get must be the first and each put the
 * last.
 */
int bench_edge_show(struct seq_file *m)
{
	struct vmxcore_client *client = vmxcore_register(&desc);
	struct edges edges = { };
	unsigned int i;
	int err = 0;

	if (IS_ERR(client))
		return PTR_ERR(client);
	for (i = 0; i < BENCH_SAMPLES && !err; i++)
		err = measure(client, &edges);
	vmxcore_unregister(client);
	if (err)
		return err;
	bench_print(m, "first_get", &edges.get);
	bench_print(m, "last_put", &edges.put);
	return 0;
}
