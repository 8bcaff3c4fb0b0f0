// SPDX-License-Identifier: GPL-2.0-only
/*
 * Global metadata of the TDX module: TDH.SYS.RD reads one field and returns the
 * ID of the next one, TDH.SYS.RDALL lists all fields. Rules: ABI, "Global-Scope
 * Metadata", "MD_FIELD_ID", "MD_SEQUENCE" and "MD_LIST". IDs and their order
 * follow the source's global_sys_fields_lookup.c, and the checks of an ID its
 * metadata_generic.c.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sizes.h>

#include "compat.h"
#include "sim.h"

/*
 * A field, or an array of fields with consecutive IDs. Each field has one or
 * more elements. @get returns the value of an element; without it, all elements
 * have @value.
 */
struct md_entry {
	u64 id;
	unsigned int fields;
	unsigned int elements;
	u64 value;
	u64 (*get)(unsigned int field, unsigned int element);
};

static u64 get_num_packages(unsigned int field, unsigned int element)
{
	return sim_num_packages();
}

/* Family, model and stepping of a package, or 0 if there is no such package */
static u64 get_package_fms(unsigned int field, unsigned int element)
{
	return field < sim_num_packages() ? cpuid_eax(1) : 0;
}

static u64 get_allowed_fms(unsigned int field, unsigned int element)
{
	return field ? 0 : cpuid_eax(1);
}

static u64 get_major(unsigned int field, unsigned int element)
{
	return sim_version(0);
}

static u64 get_minor(unsigned int field, unsigned int element)
{
	return sim_version(1);
}

static u64 get_update(unsigned int field, unsigned int element)
{
	return sim_version(2);
}

static u64 get_internal(unsigned int field, unsigned int element)
{
	return sim_version(3);
}

static u64 get_attributes(unsigned int field, unsigned int element)
{
	return sim.attributes;
}

static u64 get_cmr_base(unsigned int field, unsigned int element)
{
	return sim_cmrs()[field].base;
}

static u64 get_cmr_size(unsigned int field, unsigned int element)
{
	return sim_cmrs()[field].size;
}

static u64 get_xfam_fixed0(unsigned int field, unsigned int element)
{
	return sim_xfam_fixed0();
}

static const struct md_entry entries[] = {
	{ 0x0000000200000000, 1, 1, 0, get_num_packages },	/* NUM_PKGS */
	{ 0x0000000200000001, 8, 1, 0, get_package_fms },	/* PKG_FMS */
	{ 0x0800000200000000, 1, 1, VENDOR_INTEL },	/* VENDOR_ID */
	{ 0x8800000200000001, 1, 1, BUILD_DATE },	/* BUILD_DATE */
	{ 0x8800000100000002, 1, 1, BUILD_NUM },	/* BUILD_NUM */
	{ 0x0800000100000003, 1, 1, 0, get_minor },	/* MINOR_VERSION */
	{ 0x0800000100000004, 1, 1, 0, get_major },	/* MAJOR_VERSION */
	{ 0x0800000100000005, 1, 1, 0, get_update },	/* UPDATE_VERSION */
	{ 0x0800000100000006, 1, 1, 0, get_internal },	/* INTERNAL_VERSION */
	{ 0x8900000100000000, 1, 1, 0 },		/* MODULE_HV */
	{ 0x8900000100000001, 1, 1, 0 },		/* MIN_UPDATE_HV */
	{ 0x8900000000000002, 1, 1, 0 },		/* NO_DOWNGRADE */
	{ 0x8900000100000003, 1, 1, 64 },		/* NUM_HANDOFF_PAGES */
	{ 0x8900000000000004, 1, 1, 0 },		/* HANDOFF_DATA_VALID */
	{ 0x8900000100000005, 1, 1, 0 },		/* HANDOFF_DATA_HV */
	{ 0x8900000200000006, 1, 1, 0 },		/* HANDOFF_DATA_SIZE */
	{ 0x0a00000200000000, 1, 1, 0, get_attributes },	/* SYS_ATTRIBUTES */
	{ 0x0a00000000000001, 1, 1, 1 },		/* NUM_TDX_FEATURES */
	{ 0x0a00000300000008, 1, 1, 0xf0fbf },		/* TDX_FEATURES0 */
	{ 0x9000000100000000, 1, 1, MAX_CMRS },		/* NUM_CMRS */
	{ 0x9000000300000080, 32, 1, 0, get_cmr_base },	/* CMR_BASE */
	{ 0x9000000300000100, 32, 1, 0, get_cmr_size },	/* CMR_SIZE */
	{ 0x9100000100000008, 1, 1, MAX_TDMRS },	/* MAX_TDMRS */
	{ 0x9100000100000009, 1, 1, MAX_RESERVED },	/* MAX_RESERVED_PER_TDMR */
	{ 0x9100000100000010, 1, 1, PAMT_ENTRY_SIZE },	/* PAMT_4K_ENTRY_SIZE */
	{ 0x9100000100000011, 1, 1, PAMT_ENTRY_SIZE },	/* PAMT_2M_ENTRY_SIZE */
	{ 0x9100000100000012, 1, 1, PAMT_ENTRY_SIZE },	/* PAMT_1G_ENTRY_SIZE */
	{ 0x9800000100000000, 1, 1, SZ_4K },		/* TDR_BASE_SIZE */
	{ 0x9800000100000100, 1, 1, PAGES_TDCS * SZ_4K },	/* TDCS_BASE_SIZE */
	{ 0x9800000100000101, 1, 1, SZ_4K },		/* TDCS_SIZE_PER_L2_VM */
	{ 0x9800000100000200, 1, 1, PAGES_TDVPS * SZ_4K },	/* TDVPS_BASE_SIZE */
	{ 0x9800000100000201, 1, 1, 3 * SZ_4K },	/* TDVPS_SIZE_PER_L2_VM */
	{ 0x1900000300000000, 1, 1, ATTRIBUTES_FIXED0 },	/* ATTRIBUTES_FIXED0 */
	{ 0x1900000300000001, 1, 1, 0 },		/* ATTRIBUTES_FIXED1 */
	{ 0x1900000300000002, 1, 1, 0, get_xfam_fixed0 },	/* XFAM_FIXED0 */
	{ 0x1900000300000003, 1, 1, XFAM_FIXED1 },	/* XFAM_FIXED1 */
	{ 0x9900000100000004, 1, 1, NUM_CPUID_CONFIG },	/* NUM_CPUID_CONFIG */
	{ 0x9900000300000006, 1, 1, 0x7 },		/* CONFIG_FLAGS_FIXED0 */
	{ 0x9900000300000007, 1, 1, 0 },		/* CONFIG_FLAGS_FIXED1 */
	{ 0x9900000300000400, 32, 1, 0, sim_cpuid_config_leaf },	/* CPUID_CONFIG_LEAVES */
	{ 0x9900000300000500, 32, 2, 0, sim_cpuid_config_value },	/* CPUID_CONFIG_VALUES */
	{ 0x9900000300000600, 1, 1, 0x1180010 },	/* IA32_ARCH_CAPABILITIES_CONFIG_MASK */
	{ 0x9900000100000800, 1, 1, 1 },		/* NUM_ALLOWED_FMS */
	{ 0x9900000100000801, 1, 1, 0 },		/* NUM_DISALLOWED_FMS */
	{ 0x9900000300000810, 64, 1, 0, get_allowed_fms },	/* ALLOWED_FMS */
	{ 0x9900000300000850, 64, 1, 0 },		/* DISALLOWED_FMS */
	{ 0xa000000300000000, 1, 1, 0 },		/* MIG_ATTRIBUTES */
	{ 0x2000000100000001, 1, 1, 0 },		/* MIN_EXPORT_VERSION */
	{ 0x2000000100000002, 1, 1, 0 },		/* MAX_EXPORT_VERSION */
	{ 0x2000000100000003, 1, 1, 0 },		/* MIN_IMPORT_VERSION */
	{ 0x2000000100000004, 1, 1, 0 },		/* MAX_IMPORT_VERSION */
	{ 0xa000000100000010, 1, 1, 512 },		/* MAX_MIGS */
	{ 0xa000000000000020, 1, 1, 3 },		/* NUM_IMMUTABLE_STATE_PAGES */
	{ 0xa000000000000021, 1, 1, 2 },		/* NUM_TD_STATE_PAGES */
	{ 0xa000000000000022, 1, 1, 5 },		/* NUM_VP_STATE_PAGES */
	{ 0xa100000100000000, 1, 1, 1 },		/* MAX_SERV_TDS */
	{ 0xa100000300000001, 1, 1, 0x7ff00000001 },	/* SERVTD_ATTR_FIXED0 */
	{ 0xa100000300000002, 1, 1, 0 },		/* SERVTD_ATTR_FIXED1 */
	{ 0xa200000100000000, 1, 1, 0x807f },		/* GUEST_L2_GPA_ATTR_MASK */
	{ 0xa200000300000001, 1, 1, 0x1 },		/* VM_CTLS_FIXED0 */
	{ 0xa200000300000002, 1, 1, 0 },		/* VM_CTLS_FIXED1 */
	{ 0xa200000300000003, 1, 1, 0x3 },		/* VPCU_L2_CTLS_FIXED0 */
	{ 0xa200000300000004, 1, 1, 0 },		/* VCPU_L2_CTLS_FIXED1 */
	{ 0xa200000300000005, 1, 1, 0x7 },		/* VPCU_L2_DEBUG_CTLS_FIXED0 */
	{ 0xa200000300000006, 1, 1, 0 },		/* VCPU_L2_DEBUG_CTLS_FIXED1 */
};

static const struct md_entry *find(u64 id)
{
	const struct md_entry *entry;
	u64 code = FIELD_GET(MD_FIELD_CODE, id), first;

	for (entry = entries; entry < entries + ARRAY_SIZE(entries); entry++) {
		first = FIELD_GET(MD_FIELD_CODE, entry->id);
		if (FIELD_GET(MD_CLASS, id) == FIELD_GET(MD_CLASS, entry->id) && code >= first &&
		    code < first + entry->fields * entry->elements)
			return entry;
	}
	return NULL;
}

/* The index of the element within its entry */
static unsigned int index_of(const struct md_entry *entry, u64 id)
{
	return FIELD_GET(MD_FIELD_CODE, id) - FIELD_GET(MD_FIELD_CODE, entry->id);
}

static u64 read_element(const struct md_entry *entry, unsigned int index)
{
	u64 value = entry->value;
	unsigned int bits = BITS_PER_BYTE << FIELD_GET(MD_ELEMENT_SIZE, entry->id);

	if (entry->get)
		value = entry->get(index / entry->elements, index % entry->elements);
	return value & GENMASK_ULL(bits - 1, 0);
}

/* The ID of the next entry, or MD_NONE after the last one */
static u64 next_entry(const struct md_entry *entry)
{
	return entry + 1 < entries + ARRAY_SIZE(entries) ? entry[1].id : MD_NONE;
}

/*
 * @by is 1 for the next element, and the number of elements in a field for the
 * next field.
 */
static u64 next(const struct md_entry *entry, u64 id, unsigned int by)
{
	if (index_of(entry, id) + by < entry->fields * entry->elements)
		return id + by;
	return next_entry(entry);
}

static bool asks_for_first(u64 id)
{
	return (id | MD_CONTEXT) == MD_NONE;
}

/*
 * RDX: the ID of a field. Outputs: R8, its value; RDX, the ID of the next field
 */
u64 sim_sys_rd(struct sim_regs *regs)
{
	const struct md_entry *entry;
	/*
	 * The context is not checked, because this leaf reads global metadata
	 * only.
	 */
	u64 id = regs->rdx & ~MD_CONTEXT;
	bool first = asks_for_first(regs->rdx);

	sim_default_outputs(regs);
	if (!sim_lp_is_init())
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (first) {
		regs->rdx = entries[0].id;
		return TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT;
	}
	entry = find(id);
	if (!entry || (id & (MD_RESERVED | MD_LAST_ELEMENT | MD_LAST_FIELD)))
		return TDX_METADATA_FIELD_ID_INCORRECT;
	regs->r8 = read_element(entry, index_of(entry, id));
	regs->rdx = next(entry, id, 1);
	return TDX_SUCCESS;
}

/* The place in memory that a list is written to, and the next field for it */
struct dump {
	u64 *to;
	u64 *end;
	const struct md_entry *entry;
	u64 id;
};

static bool has_room(const struct dump *dump, unsigned int words)
{
	return dump->to + words <= dump->end;
}

static void dump_field(struct dump *dump)
{
	unsigned int i, index = index_of(dump->entry, dump->id);

	for (i = 0; i < dump->entry->elements; i++)
		*dump->to++ = read_element(dump->entry, index + i);
	dump->id = next(dump->entry, dump->id, dump->entry->elements);
	dump->entry = dump->id == MD_NONE ? NULL : find(dump->id);
}

/*
 * The fields of a sequence have consecutive IDs, and the same size and number
 * of elements.
 */
static bool continues(const struct dump *dump, const struct md_entry *before, u64 id)
{
	const struct md_entry *after = dump->entry;
	u64 code = FIELD_GET(MD_FIELD_CODE, id) + before->elements;

	return after && FIELD_GET(MD_CLASS, id) == FIELD_GET(MD_CLASS, dump->id) &&
	       code == FIELD_GET(MD_FIELD_CODE, dump->id) && before->elements == after->elements &&
	       FIELD_GET(MD_ELEMENT_SIZE, before->id) == FIELD_GET(MD_ELEMENT_SIZE, after->id);
}

static void dump_sequence(struct dump *dump)
{
	const struct md_entry *before;
	u64 *header = dump->to++, first = dump->id, id, fields = 0;

	do {
		before = dump->entry;
		id = dump->id;
		dump_field(dump);
		fields++;
	} while (continues(dump, before, id) && has_room(dump, dump->entry->elements));

	*header = (first & ~MD_RESERVED) | FIELD_PREP(MD_LAST_ELEMENT, before->elements - 1) |
		  FIELD_PREP(MD_LAST_FIELD, fields - 1);
}

static void dump_list(struct dump *dump, struct md_list_header *header)
{
	u64 *start = dump->to;

	*header = (struct md_list_header) { };
	dump->to++;
	while (dump->entry && has_room(dump, 1 + dump->entry->elements)) {
		dump_sequence(dump);
		header->sequences++;
	}
	header->size = (dump->to - start) * sizeof(*start);
}

/*
 * The ID of the first field of a list must be that of its first element and
 * have the right size.
 */
static int start_of_list(struct dump *dump, u64 id)
{
	if (asks_for_first(id))
		id = entries[0].id;
	dump->entry = find(id);
	if (!dump->entry || index_of(dump->entry, id) % dump->entry->elements ||
	    FIELD_GET(MD_ELEMENT_SIZE, id) != FIELD_GET(MD_ELEMENT_SIZE, dump->entry->id))
		return -EINVAL;
	dump->id = dump->entry->id + index_of(dump->entry, id);
	return 0;
}

/*
 * RDX: the address of the list; R8: the ID of the first field. Output: R8, the
 * ID of the field after the last one
 */
u64 sim_sys_rdall(struct sim_regs *regs)
{
	struct dump dump;
	u64 id = regs->r8;

	sim_default_outputs(regs);
	if (!sim_lp_is_init())
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (!sim_shared_hpa(regs->rdx, MD_LIST_SIZE))
		return TDX_OPERAND_INVALID | OPERAND_RDX;
	if (start_of_list(&dump, id))
		return TDX_METADATA_FIELD_ID_INCORRECT;
	dump.to = sim_memory(regs->rdx, MD_LIST_SIZE);
	if (!dump.to)
		return TDX_SUCCESS;
	dump.end = dump.to + MD_LIST_SIZE / sizeof(*dump.to);
	dump_list(&dump, (struct md_list_header *)dump.to);
	regs->r8 = dump.id;
	return dump.id == MD_NONE ? TDX_SUCCESS : TDX_METADATA_LIST_OVERFLOW;
}
