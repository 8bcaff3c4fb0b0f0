// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vmxcore_tdx/metadata shows all global metadata that
 * TDH.SYS.RDALL returns, one element in a line. A field that is newer than
 * field_names.c is shown by its class and code.
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
 * A metadata list begins with a header that has the list's size in bytes and
 * the number of its sequences. Each sequence begins with the ID of its first
 * field; that ID also says how many elements a field has and how many fields
 * follow. The elements come after it.
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

void tdx_debugfs_init(void)
{
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("metadata", 0400, dir, NULL, &metadata_fops);
}

void tdx_debugfs_exit(void)
{
	debugfs_remove_recursive(dir);
}
