// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxctl caps: the features of VMX by name, from vmxcore or from the MSRs of
 * each CPU.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cpus.h"
#include "lib/files.h"
#include "lib/options.h"
#include "lib/out.h"
#include "machine/features.h"
#include "machine/machine.h"
#include "machine/vmxcore.h"

#define CONTROL_BIT(bit)	(1ULL << (32 + (bit)))
#define PROCBASED_SECONDARY	CONTROL_BIT(31)
#define PROCBASED_TERTIARY	CONTROL_BIT(17)
#define PROCBASED2_EPT_VPID	(CONTROL_BIT(1) | CONTROL_BIT(5))
#define PROCBASED2_VMFUNC	CONTROL_BIT(13)
#define BASIC_TRUE		(1ULL << 55)
#define MEM_TYPE_WB		6

struct cpu_caps {
	unsigned int cpu;
	uint64_t caps[CAPS];
};

/**
 * struct found - the capabilities that were read
 * @source: "vmxcore" or "msr"
 * @list: one entry for each CPU; vmxcore has one that is valid for all
 * @n: the length of @list
 * @err: why a CPU could not be read, or 0
 */
struct found {
	const char *source;
	struct cpu_caps *list;
	unsigned int n;
	int err;
};

/*
 * Other MSRs report whether a CPU has this one (SDM volume 3, appendix A).
 * Reading an MSR that does not exist would fail.
 */
static bool has_register(enum cap cap, const uint64_t caps[CAPS])
{
	switch (cap) {
	case CAP_TRUE_PINBASED:
	case CAP_TRUE_PROCBASED:
	case CAP_TRUE_EXIT:
	case CAP_TRUE_ENTRY:
		return caps[CAP_BASIC] & BASIC_TRUE;
	case CAP_PROCBASED2:
		return caps[CAP_PROCBASED] & PROCBASED_SECONDARY;
	case CAP_PROCBASED3:
		return caps[CAP_PROCBASED] & PROCBASED_TERTIARY;
	case CAP_EPT_VPID:
		return caps[CAP_PROCBASED2] & PROCBASED2_EPT_VPID;
	case CAP_VMFUNC:
		return caps[CAP_PROCBASED2] & PROCBASED2_VMFUNC;
	default:
		return true;
	}
}

static int read_msrs(int fd, uint64_t caps[CAPS])
{
	enum cap cap;
	int err;

	for (cap = 0; cap < CAPS; cap++) {
		caps[cap] = 0;
		if (!has_register(cap, caps))
			continue;
		err = msr_read(fd, cap_registers[cap].msr, &caps[cap]);
		if (err)
			return err;
	}
	return 0;
}

static int keep(struct found *found, const struct cpu_caps *caps)
{
	struct cpu_caps *list = reallocarray(found->list, found->n + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	found->list = list;
	list[found->n++] = *caps;
	return 0;
}

static int look_at_cpu(const char *name, void *data)
{
	struct found *found = data;
	struct cpu_caps caps;
	uint64_t cpu;
	int fd, err;

	if (!parse_u64(name, 10, &cpu) || cpu >= CPU_LIMIT)
		return 0;
	caps.cpu = cpu;
	fd = msr_open(cpu);
	err = fd < 0 ? fd : read_msrs(fd, caps.caps);
	if (fd >= 0)
		close(fd);
	if (!err)
		return keep(found, &caps);
	/* An offline CPU has a folder, but no MSRs can be read. */
	if (err != -ENXIO && err != -ENOENT)
		found->err = err;
	return 0;
}

static int by_cpu(const void *a, const void *b)
{
	const struct cpu_caps *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static void caps_from_msrs(struct found *found)
{
	int err;

	found->source = "msr";
	err = file_list("/dev/cpu", look_at_cpu, found);
	if (err)
		found->err = err;
	if (!found->n && !found->err)
		found->err = -ENOENT;
	if (found->n)
		qsort(found->list, found->n, sizeof(*found->list), by_cpu);
}

static void caps_find(struct found *found)
{
	struct cpu_caps caps = {};
	int err;

	memset(found, 0, sizeof(*found));
	err = vmxcore_caps(caps.caps);
	if (!err) {
		found->source = "vmxcore";
		found->err = keep(found, &caps);
		return;
	}
	if (err != -ENOENT)
		note_file(VMXCORE_CAPS, err);
	caps_from_msrs(found);
}

static void explain_nothing(const struct found *found)
{
	switch (found->err) {
	case -EACCES:
	case -EPERM:
		note("only root can read the capability MSRs");
		break;
	case -EIO:
		note("a CPU has no VMX, or not all of its MSRs: try vmxctl doctor");
		break;
	case -ENOENT:
		note("neither vmxcore nor the msr driver is loaded: modprobe msr, or modprobe vmxcore");
		break;
	default:
		note_file("/dev/cpu", found->err);
	}
}

static unsigned int differing(const struct found *found)
{
	unsigned int i, n = 0;

	for (i = 1; i < found->n; i++)
		n += memcmp(found->list[i].caps, found->list[0].caps,
			    sizeof(found->list[0].caps)) != 0;
	return n;
}

static void json_differences(struct json_object *doc, const struct found *found)
{
	struct json_object *array = add_array(doc, "differences"), *object;
	enum cap cap;
	unsigned int i;

	for (i = 1; i < found->n; i++) {
		for (cap = 0; cap < CAPS; cap++) {
			if (found->list[i].caps[cap] == found->list[0].caps[cap])
				continue;
			object = append_object(array);
			add_number(object, "cpu", found->list[i].cpu);
			add_string(object, "register", cap_registers[cap].name);
			add_hex(object, "value", found->list[i].caps[cap]);
			add_hex(object, "first_cpu", found->list[0].caps[cap]);
		}
	}
}

static void json_vmcs(struct json_object *doc, const uint64_t caps[CAPS])
{
	struct json_object *vmcs = add_object(doc, "vmcs");

	add_number(vmcs, "revision", caps[CAP_BASIC] & 0x7fffffff);
	add_number(vmcs, "size", caps[CAP_BASIC] >> 32 & 0x1fff);
	add_bool(vmcs, "write_back", (caps[CAP_BASIC] >> 50 & 0xf) == MEM_TYPE_WB);
	add_number(vmcs, "cr3_targets", caps[CAP_MISC] >> 16 & 0x1ff);
	add_number(vmcs, "preemption_timer_shift", caps[CAP_MISC] & 0x1f);
}

static void json_features(struct json_object *doc, const uint64_t caps[CAPS])
{
	struct json_object *array = add_array(doc, "features"), *object;
	unsigned int i;

	for (i = 0; i < n_features; i++) {
		object = append_object(array);
		add_string(object, "name", features[i].name);
		add_string(object, "sdm", features[i].sdm);
		add_string(object, "register",
			   cap_registers[feature_register(&features[i], caps)].name);
		add_number(object, "bit", features[i].bit);
		add_bool(object, "supported", feature_supported(&features[i], caps));
	}
}

static void print_json(const struct found *found)
{
	struct json_object *doc = doc_new("caps"), *registers, *cpus;
	const uint64_t *caps;
	enum cap cap;
	unsigned int i;

	add_string(doc, "source", found->n ? found->source : NULL);
	if (found->n) {
		caps = found->list[0].caps;
		cpus = add_array(doc, "cpus");
		for (i = 0; i < found->n && !strcmp(found->source, "msr"); i++)
			json_object_array_add(cpus, json_object_new_int(found->list[i].cpu));
		registers = add_object(doc, "registers");
		for (cap = 0; cap < CAPS; cap++)
			add_hex(registers, cap_registers[cap].name, caps[cap]);
		json_vmcs(doc, caps);
		json_features(doc, caps);
		json_differences(doc, found);
	}
	doc_print(doc);
}

static void text_features(const uint64_t caps[CAPS])
{
	enum cap cap, last = CAPS;
	unsigned int i;
	bool has;

	for (i = 0; i < n_features; i++) {
		cap = feature_register(&features[i], caps);
		if (cap != last)
			printf("\n%s%s%s 0x%016llx\n", colour(COLOUR_BOLD), cap_registers[cap].name,
			       colour(COLOUR_NONE), (unsigned long long)caps[cap]);
		last = cap;
		has = feature_supported(&features[i], caps);
		printf("  %s%-3s%s %-27s %s\n", colour(has ? COLOUR_GOOD : COLOUR_WARN),
		       has ? "yes" : "no", colour(COLOUR_NONE), features[i].name, features[i].sdm);
	}
}

static void text_differences(const struct found *found)
{
	enum cap cap;
	unsigned int i;

	for (i = 1; i < found->n; i++) {
		for (cap = 0; cap < CAPS; cap++) {
			if (found->list[i].caps[cap] != found->list[0].caps[cap])
				printf("%sCPU %u differs from CPU %u%s: %s is 0x%016llx, not 0x%016llx\n",
				       colour(COLOUR_BAD), found->list[i].cpu, found->list[0].cpu,
				       colour(COLOUR_NONE), cap_registers[cap].name,
				       (unsigned long long)found->list[i].caps[cap],
				       (unsigned long long)found->list[0].caps[cap]);
		}
	}
}

static void print_text(const struct found *found)
{
	const uint64_t *caps = found->list[0].caps;

	if (!strcmp(found->source, "msr"))
		printf("From the MSRs of %u CPUs", found->n);
	else
		printf("From vmxcore, which compares each CPU with these when it turns VMX on");
	printf("; VMCS: revision 0x%x, %u bytes\n", (unsigned int)(caps[CAP_BASIC] & 0x7fffffff),
	       (unsigned int)(caps[CAP_BASIC] >> 32 & 0x1fff));
	text_features(caps);
	if (differing(found))
		putchar('\n');
	text_differences(found);
}

/* RESULT_FINDING if CPUs differ, RESULT_UNKNOWN if a CPU could not be read. */
enum result command_caps(void)
{
	enum result result = RESULT_OK;
	struct found found;

	caps_find(&found);
	if (!found.n) {
		explain_nothing(&found);
		result = RESULT_UNKNOWN;
	} else if (found.err) {
		note("not all CPUs could be read: %s", error_text(found.err));
		result = RESULT_UNKNOWN;
	} else if (differing(&found)) {
		result = RESULT_FINDING;
	}
	if (options.json)
		print_json(&found);
	else if (found.n)
		print_text(&found);
	free(found.list);
	return result;
}
