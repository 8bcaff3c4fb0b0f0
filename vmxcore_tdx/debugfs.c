// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vmxcore_tdx/metadata: all global metadata of the TDX module, as TDH.SYS.RDALL
 * tells it, an element a line: its name, or its class and code where it is newer; its value.
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/seq_file.h>

#include "tdx.h"

static struct dentry *dir;

static void show_element(struct seq_file *m, u64 id, u64 value)
{
	int index;
	const char *name = tdx_field_name(id, &index);

	if (!name)
		seq_printf(m, "class 0x%02llx code 0x%06llx 0x%llx\n", FIELD_GET(MD_CLASS_CODE, id),
			   FIELD_GET(MD_FIELD_CODE, id), value);
	else if (index < 0)
		seq_printf(m, "%s 0x%llx\n", name, value);
	else
		seq_printf(m, "%s[%d] 0x%llx\n", name, index, value);
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
