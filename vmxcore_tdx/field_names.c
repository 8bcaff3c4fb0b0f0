// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the global metadata fields, from the "Intel TDX Module v1.5 ABI
 * Specification" (348551), "Global Scope Metadata".
 */
#include <linux/bitfield.h>
#include <linux/kernel.h>

#include "tdx.h"

/*
 * A code numbers a field within its class. An array has one code for each
 * element.
 */
struct field {
	u8 class;
	u16 count;
	u32 code;
	const char *name;
};

static const struct field fields[] = {
	{ 0x00, 1, 0x000, "NUM_PKGS" },
	{ 0x00, 8, 0x001, "PKG_FMS" },
	{ 0x08, 1, 0x000, "VENDOR_ID" },
	{ 0x08, 1, 0x001, "BUILD_DATE" },
	{ 0x08, 1, 0x002, "BUILD_NUM" },
	{ 0x08, 1, 0x003, "MINOR_VERSION" },
	{ 0x08, 1, 0x004, "MAJOR_VERSION" },
	{ 0x08, 1, 0x005, "UPDATE_VERSION" },
	{ 0x08, 1, 0x006, "INTERNAL_VERSION" },
	{ 0x09, 1, 0x000, "MODULE_HV" },
	{ 0x09, 1, 0x001, "MIN_UPDATE_HV" },
	{ 0x09, 1, 0x002, "NO_DOWNGRADE" },
	{ 0x09, 1, 0x003, "NUM_HANDOFF_PAGES" },
	{ 0x09, 1, 0x004, "HANDOFF_DATA_VALID" },
	{ 0x09, 1, 0x005, "HANDOFF_DATA_HV" },
	{ 0x09, 1, 0x006, "HANDOFF_DATA_SIZE" },
	{ 0x0a, 1, 0x000, "SYS_ATTRIBUTES" },
	{ 0x0a, 1, 0x001, "NUM_TDX_FEATURES" },
	{ 0x0a, 1, 0x008, "TDX_FEATURES0" },
	{ 0x10, 1, 0x000, "NUM_CMRS" },
	{ 0x10, 32, 0x080, "CMR_BASE" },
	{ 0x10, 32, 0x100, "CMR_SIZE" },
	{ 0x11, 1, 0x008, "MAX_TDMRS" },
	{ 0x11, 1, 0x009, "MAX_RESERVED_PER_TDMR" },
	{ 0x11, 1, 0x010, "PAMT_4K_ENTRY_SIZE" },
	{ 0x11, 1, 0x011, "PAMT_2M_ENTRY_SIZE" },
	{ 0x11, 1, 0x012, "PAMT_1G_ENTRY_SIZE" },
	{ 0x18, 1, 0x000, "TDR_BASE_SIZE" },
	{ 0x18, 1, 0x100, "TDCS_BASE_SIZE" },
	{ 0x18, 1, 0x101, "TDCS_SIZE_PER_L2_VM" },
	{ 0x18, 1, 0x200, "TDVPS_BASE_SIZE" },
	{ 0x18, 1, 0x201, "TDVPS_SIZE_PER_L2_VM" },
	{ 0x19, 1, 0x000, "ATTRIBUTES_FIXED0" },
	{ 0x19, 1, 0x001, "ATTRIBUTES_FIXED1" },
	{ 0x19, 1, 0x002, "XFAM_FIXED0" },
	{ 0x19, 1, 0x003, "XFAM_FIXED1" },
	{ 0x19, 1, 0x004, "NUM_CPUID_CONFIG" },
	{ 0x19, 1, 0x006, "CONFIG_FLAGS_FIXED0" },
	{ 0x19, 1, 0x007, "CONFIG_FLAGS_FIXED1" },
	{ 0x19, 32, 0x400, "CPUID_CONFIG_LEAVES" },
	{ 0x19, 64, 0x500, "CPUID_CONFIG_VALUES" },
	{ 0x19, 1, 0x600, "IA32_ARCH_CAPABILITIES_CONFIG_MASK" },
	{ 0x19, 1, 0x800, "NUM_ALLOWED_FMS" },
	{ 0x19, 1, 0x801, "NUM_DISALLOWED_FMS" },
	{ 0x19, 64, 0x810, "ALLOWED_FMS" },
	{ 0x19, 64, 0x850, "DISALLOWED_FMS" },
	{ 0x20, 1, 0x000, "MIG_ATTRIBUTES" },
	{ 0x20, 1, 0x001, "MIN_EXPORT_VERSION" },
	{ 0x20, 1, 0x002, "MAX_EXPORT_VERSION" },
	{ 0x20, 1, 0x003, "MIN_IMPORT_VERSION" },
	{ 0x20, 1, 0x004, "MAX_IMPORT_VERSION" },
	{ 0x20, 1, 0x010, "MAX_MIGS" },
	{ 0x20, 1, 0x020, "NUM_IMMUTABLE_STATE_PAGES" },
	{ 0x20, 1, 0x021, "NUM_TD_STATE_PAGES" },
	{ 0x20, 1, 0x022, "NUM_VP_STATE_PAGES" },
	{ 0x21, 1, 0x000, "MAX_SERV_TDS" },
	{ 0x21, 1, 0x001, "SERVTD_ATTR_FIXED0" },
	{ 0x21, 1, 0x002, "SERVTD_ATTR_FIXED1" },
	{ 0x22, 1, 0x000, "GUEST_L2_GPA_ATTR_MASK" },
	{ 0x22, 1, 0x001, "VM_CTLS_FIXED0" },
	{ 0x22, 1, 0x002, "VM_CTLS_FIXED1" },
	{ 0x22, 1, 0x003, "VPCU_L2_CTLS_FIXED0" },
	{ 0x22, 1, 0x004, "VCPU_L2_CTLS_FIXED1" },
	{ 0x22, 1, 0x005, "VPCU_L2_DEBUG_CTLS_FIXED0" },
	{ 0x22, 1, 0x006, "VCPU_L2_DEBUG_CTLS_FIXED1" },
};

static bool matches(const struct field *field, u64 id)
{
	u64 code = FIELD_GET(MD_FIELD_CODE, id);

	return field->class == FIELD_GET(MD_CLASS_CODE, id) && code >= field->code &&
	       code < field->code + field->count;
}

/*
 * Returns NULL for a field that is newer than this table. *@index becomes -1 if
 * the field is not an array.
 */
const char *tdx_field_name(u64 id, int *index)
{
	const struct field *field;

	for (field = fields; field < fields + ARRAY_SIZE(fields); field++) {
		if (matches(field, id)) {
			*index = field->count > 1 ? FIELD_GET(MD_FIELD_CODE, id) - field->code : -1;
			return field->name;
		}
	}
	return NULL;
}
