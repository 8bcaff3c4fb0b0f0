// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vmxcore_tdx/metadata: all global metadata of the TDX module, as TDH.SYS.RDALL
 * tells it, an element a line: its name, or its class and code; its value.
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/seq_file.h>

#include "tdx.h"

static struct dentry *dir;

struct field_name {
	u64 id;
	const char *name;
};

#define NAME(name) { MD_SYS_##name, #name }

/* Those that vmxcore_tdx uses itself; the others are told by their numbers. */
static const struct field_name names[] = {
	NAME(VENDOR_ID),
	NAME(BUILD_DATE),
	NAME(BUILD_NUM),
	NAME(MINOR_VERSION),
	NAME(MAJOR_VERSION),
	NAME(UPDATE_VERSION),
	NAME(INTERNAL_VERSION),
	NAME(MODULE_HV),
	NAME(SYS_ATTRIBUTES),
	NAME(TDX_FEATURES0),
	NAME(NUM_CMRS),
	NAME(MAX_TDMRS),
	NAME(MAX_RESERVED_PER_TDMR),
	NAME(PAMT_4K_ENTRY_SIZE),
	NAME(PAMT_2M_ENTRY_SIZE),
	NAME(PAMT_1G_ENTRY_SIZE),
};

/* What a field is, without how it happens to be listed. */
#define FIELD_IDENTITY	(MD_CLASS_CODE | MD_FIELD_CODE)

static void show_element(struct seq_file *m, u64 id, u64 value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if ((names[i].id & FIELD_IDENTITY) == (id & FIELD_IDENTITY)) {
			seq_printf(m, "%s 0x%llx\n", names[i].name, value);
			return;
		}
	}
	seq_printf(m, "class 0x%02llx code 0x%06llx 0x%llx\n", FIELD_GET(MD_CLASS_CODE, id),
		   FIELD_GET(MD_FIELD_CODE, id), value);
}

/*
 * A metadata list: a header with its own size in bytes and the number of sequences; each sequence
 * is the id of its first field, in which the number of elements in a field and of fields is
 * told, and the elements, one after another.
 */
static void show_list(struct seq_file *m, const __le64 *list)
{
	u64 header = le64_to_cpu(list[0]);
	unsigned int words = min_t(unsigned int, header & U16_MAX, PAGE_SIZE) / sizeof(*list);
	unsigned int sequences = (header >> 16) & U16_MAX;
	unsigned int pos = 1, elements, i;
	u64 id;

	for (; sequences && pos < words; sequences--) {
		id = le64_to_cpu(list[pos++]);
		elements = (FIELD_GET(MD_LAST_ELEMENT_IN_FIELD, id) + 1) *
			   (FIELD_GET(MD_LAST_FIELD_IN_SEQUENCE, id) + 1);
		for (i = 0; i < elements && pos < words; i++)
			show_element(m, id + i, le64_to_cpu(list[pos++]));
	}
}

static int metadata_show(struct seq_file *m, void *unused)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL);
	struct vmxcore_tdx_args args = {};
	u64 status, field = MD_FIELD_ID_NA;
	char text[80];

	if (!page)
		return -ENOMEM;
	do {
		args.rdx = virt_to_phys(page);
		args.r8 = field;
		status = tdx_call(TDH_SYS_RDALL, &args);
		if (status && (status & TDX_STATUS_MASK) != TDX_METADATA_LIST_OVERFLOW)
			break;
		show_list(m, page);
		field = args.r8;
	} while (status && field != MD_FIELD_ID_NA);

	if (status) {
		tdx_status_format(text, sizeof(text), status);
		seq_printf(m, "TDH.SYS.RDALL failed: %s\n", text);
	}
	free_page((unsigned long)page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(metadata);

/**
 * tdx_debugfs_init - what a developer wants to see
 *
 * Context: task, at load.
 */
void tdx_debugfs_init(void)
{
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("metadata", 0400, dir, NULL, &metadata_fops);
}

/**
 * tdx_debugfs_exit - the counterpart; waits for whoever reads
 *
 * Context: task.
 */
void tdx_debugfs_exit(void)
{
	debugfs_remove_recursive(dir);
}
