// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the metadata of the TDX module: field by field with TDH.SYS.RD, or with
 * TDH.SYS.INFO in modules older than 1.5, which do not have TDH.SYS.RD.
 * TDH.SYS.INFO also says whether TDH.SYS.RD exists. "Intel TDX Module v1.5 ABI
 * Specification" (348551), "Global Scope Metadata".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "tdx.h"

/* TDH.SYS.INFO has one PAMT entry size, for all three page sizes. */
static void info_from_struct(struct tdx_info *info, const struct tdsysinfo_struct *sys)
{
	u16 entry_size = le16_to_cpu(sys->pamt_entry_size);

	info->attributes = le32_to_cpu(sys->attributes);
	info->vendor_id = le32_to_cpu(sys->vendor_id);
	info->has_sys_rd = sys->sys_rd;
	info->build_date = le32_to_cpu(sys->build_date);
	info->build_num = le16_to_cpu(sys->build_num);
	info->minor_version = le16_to_cpu(sys->minor_version);
	info->major_version = le16_to_cpu(sys->major_version);
	info->limits.max_tdmrs = le16_to_cpu(sys->max_tdmrs);
	info->limits.max_reserved_per_tdmr = le16_to_cpu(sys->max_reserved_per_tdmr);
	info->limits.pamt_4k_entry_size = entry_size;
	info->limits.pamt_2m_entry_size = entry_size;
	info->limits.pamt_1g_entry_size = entry_size;
}

/* The first entry with size 0 ends the array. */
static void cmrs_from_array(struct tdx_info *info, const struct cmr_info *cmrs)
{
	unsigned int i;
	u64 base, size;

	info->nr_cmrs = 0;
	for (i = 0; i < TDX_MAX_CMRS; i++) {
		base = le64_to_cpu(cmrs[i].base);
		size = le64_to_cpu(cmrs[i].size);
		if (!size)
			break;
		info->cmrs[info->nr_cmrs].start = base;
		info->cmrs[info->nr_cmrs++].end = base + size;
	}
}

static_assert(sizeof(struct tdsysinfo_struct) == 1024);
static_assert(sizeof(struct seamldr_info) == 256);

/*
 * A TDX module without TDH.SYS.INFO rejects the leaf number itself (RAX) as an
 * invalid operand. Such a module has TDH.SYS.RD.
 */
static int read_info_struct(struct tdx_info *info)
{
	/*
	 * One page holds both: TDSYSINFO_STRUCT is aligned to 1024 bytes, and
	 * the CMR array after it to 512.
	 */
	struct tdsysinfo_struct *sys = (void *)get_zeroed_page(GFP_KERNEL);
	struct vmxcore_tdx_args args = {};
	struct cmr_info *cmrs;
	u64 status;

	if (!sys)
		return -ENOMEM;
	cmrs = (void *)(sys + 1);

	args.rcx = virt_to_phys(sys);
	args.rdx = sizeof(*sys);
	args.r8 = virt_to_phys(cmrs);
	args.r9 = TDX_MAX_CMRS;
	status = tdx_call(TDH_SYS_INFO, &args);
	if (!status) {
		info_from_struct(info, sys);
		cmrs_from_array(info, cmrs);
	} else if (status == (TDX_OPERAND_INVALID | TDX_OPERAND_RAX)) {
		info->has_sys_rd = true;
		status = 0;
	}
	free_page((unsigned long)sys);
	return status ? tdx_log_failure(TDH_SYS_INFO, status) : 0;
}

static u64 read_field(u64 id, u64 *value)
{
	struct vmxcore_tdx_args args = { .rdx = id };
	u64 status = tdx_call(TDH_SYS_RD, &args);

	*value = status ? 0 : args.r8;
	return status;
}

struct field {
	u64 id;
	size_t offset;
	bool optional;
};

#define FIELD(name, member, optional) \
	{ MD_SYS_##name, offsetof(struct tdx_info, member), optional }

/* Fields that some released TDX modules lack are optional. */
static const struct field fields[] = {
	FIELD(VENDOR_ID, vendor_id, false),
	FIELD(BUILD_DATE, build_date, false),
	FIELD(BUILD_NUM, build_num, false),
	FIELD(MAJOR_VERSION, major_version, false),
	FIELD(MINOR_VERSION, minor_version, false),
	FIELD(UPDATE_VERSION, update_version, true),
	FIELD(INTERNAL_VERSION, internal_version, true),
	FIELD(MODULE_HV, module_hv, true),
	FIELD(SYS_ATTRIBUTES, attributes, false),
	FIELD(TDX_FEATURES0, features0, true),
	FIELD(MAX_TDMRS, limits.max_tdmrs, false),
	FIELD(MAX_RESERVED_PER_TDMR, limits.max_reserved_per_tdmr, false),
	FIELD(PAMT_4K_ENTRY_SIZE, limits.pamt_4k_entry_size, false),
	FIELD(PAMT_2M_ENTRY_SIZE, limits.pamt_2m_entry_size, false),
	FIELD(PAMT_1G_ENTRY_SIZE, limits.pamt_1g_entry_size, false),
};

/* A field ID has the size of its elements, which is 1, 2, 4 or 8 bytes. */
static void store_field(struct tdx_info *info, const struct field *field, u64 value)
{
	void *member = (void *)info + field->offset;

	switch (field->id & MD_ELEMENT_SIZE) {
	case 1ULL << 32:
		*(u16 *)member = value;
		break;
	case 2ULL << 32:
		*(u32 *)member = value;
		break;
	case 3ULL << 32:
		*(u64 *)member = value;
		break;
	}
}

static int read_fields(struct tdx_info *info)
{
	const struct field *field;
	u64 status, value;

	for (field = fields; field < fields + ARRAY_SIZE(fields); field++) {
		status = read_field(field->id, &value);
		if (!status) {
			store_field(info, field, value);
		} else if (!field->optional || (status & TDX_STATUS_MASK) !=
					       TDX_METADATA_FIELD_ID_INCORRECT) {
			pr_err("metadata field 0x%016llx cannot be read\n", field->id);
			return tdx_log_failure(TDH_SYS_RD, status);
		}
	}
	return 0;
}

static int read_cmrs(struct tdx_info *info)
{
	u64 status, base = 0, size = 0, count;
	unsigned int i;

	status = read_field(MD_SYS_NUM_CMRS, &count);
	for (i = 0; !status && i < min_t(u64, count, TDX_MAX_CMRS); i++) {
		status = read_field(MD_SYS_CMR_BASE + i, &base) ?:
			 read_field(MD_SYS_CMR_SIZE + i, &size);
		info->cmrs[i].start = base;
		info->cmrs[i].end = base + size;
	}
	info->nr_cmrs = i;
	return status ? tdx_log_failure(TDH_SYS_RD, status) : 0;
}

/*
 * Must run on a CPU where TDH.SYS.LP.INIT has been executed. The log says what
 * failed.
 */
int tdx_info_read(struct tdx_info *info)
{
	int err;

	memset(info, 0, sizeof(*info));
	err = read_info_struct(info);
	if (err || !info->has_sys_rd)
		return err;
	return read_fields(info) ?: read_cmrs(info);
}
