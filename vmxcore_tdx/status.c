// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves and completion status codes by their names in Intel's documents, so
 * that an admin can look them up: "Intel TDX Module v1.5 ABI Specification"
 * (348551), "Function Completion Status Codes"; "Intel TDX Loader Interface
 * Specification" (343755).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "tdx.h"

struct name {
	u64 value;
	const char *name;
};

static const struct name leaf_name[] = {
	{ TDH_SYS_KEY_CONFIG,	"TDH.SYS.KEY.CONFIG" },
	{ TDH_SYS_INFO,		"TDH.SYS.INFO" },
	{ TDH_SYS_INIT,		"TDH.SYS.INIT" },
	{ TDH_SYS_RD,		"TDH.SYS.RD" },
	{ TDH_SYS_LP_INIT,	"TDH.SYS.LP.INIT" },
	{ TDH_SYS_TDMR_INIT,	"TDH.SYS.TDMR.INIT" },
	{ TDH_SYS_RDALL,	"TDH.SYS.RDALL" },
	{ TDH_SYS_LP_SHUTDOWN,	"TDH.SYS.LP.SHUTDOWN" },
	{ TDH_SYS_CONFIG,	"TDH.SYS.CONFIG" },
	{ TDH_SYS_SHUTDOWN,	"TDH.SYS.SHUTDOWN" },
	{ SEAMLDR_INFO,		"SEAMLDR.INFO" },
};

/* The upper halves of all statuses that the leaves above can return */
static const struct name status_name[] = {
	{ 0x00000000, "TDX_SUCCESS" },
	{ 0xc0000100, "TDX_OPERAND_INVALID" },
	{ 0xc0000101, "TDX_OPERAND_ADDR_RANGE_ERROR" },
	{ 0x80000200, "TDX_OPERAND_BUSY" },
	{ 0x80000202, "TDX_SYS_BUSY" },
	{ 0x80000203, "TDX_RND_NO_ENTROPY" },
	{ 0xc0000500, "TDX_SYS_INIT_NOT_PENDING" },
	{ 0xc0000502, "TDX_SYS_LP_INIT_NOT_DONE" },
	{ 0xc0000503, "TDX_SYS_LP_INIT_DONE" },
	{ 0xc0000505, "TDX_SYS_NOT_READY" },
	{ 0xc0000506, "TDX_SYS_SHUTDOWN" },
	{ 0xc0000507, "TDX_SYS_KEY_CONFIG_NOT_PENDING" },
	{ 0xc0000508, "TDX_SYS_STATE_INCORRECT" },
	{ 0xc0000509, "TDX_SYS_INVALID_HANDOFF" },
	{ 0xc000050a, "TDX_SYS_INCOMPATIBLE_SIGSTRUCT" },
	{ 0xc000050b, "TDX_SYS_LP_INIT_NOT_PENDING" },
	{ 0xc000050c, "TDX_SYS_CONFIG_NOT_PENDING" },
	{ 0xc000050d, "TDX_INCOMPATIBLE_SEAM_CAPABILITIES" },
	{ 0x80000800, "TDX_KEY_GENERATION_FAILED" },
	{ 0x00000815, "TDX_KEY_CONFIGURED" },
	{ 0xc0000825, "TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED" },
	{ 0xc0000900, "TDX_INCORRECT_CPUID_VALUE" },
	{ 0xc0000901, "TDX_LIMIT_CPUID_MAXVAL_SET" },
	{ 0xc0000902, "TDX_INCONSISTENT_CPUID_FIELD" },
	{ 0xc0000903, "TDX_CPUID_MAX_SUBLEAVES_UNRECOGNIZED" },
	{ 0xc0000904, "TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED" },
	{ 0xc0000905, "TDX_INVALID_WBINVD_SCOPE" },
	{ 0xc0000906, "TDX_INVALID_PKG_ID" },
	{ 0xc0000907, "TDX_ENABLE_MONITOR_FSM_NOT_SET" },
	{ 0xc0000908, "TDX_CPUID_LEAF_NOT_SUPPORTED" },
	{ 0xc0000910, "TDX_SMRR_NOT_LOCKED" },
	{ 0xc0000911, "TDX_INVALID_SMRR_CONFIGURATION" },
	{ 0xc0000912, "TDX_SMRR_OVERLAPS_CMR" },
	{ 0xc0000913, "TDX_SMRR_LOCK_NOT_SUPPORTED" },
	{ 0xc0000914, "TDX_SMRR_NOT_SUPPORTED" },
	{ 0xc0000920, "TDX_INCONSISTENT_MSR" },
	{ 0xc0000921, "TDX_INCORRECT_MSR_VALUE" },
	{ 0xc0000930, "TDX_SEAMREPORT_NOT_AVAILABLE" },
	{ 0xc0000931, "TDX_SEAMDB_GETREF_NOT_AVAILABLE" },
	{ 0xc0000932, "TDX_SEAMDB_REPORT_NOT_AVAILABLE" },
	{ 0xc0000933, "TDX_SEAMVERIFYREPORT_NOT_AVAILABLE" },
	{ 0xc0000a00, "TDX_INVALID_TDMR" },
	{ 0xc0000a01, "TDX_NON_ORDERED_TDMR" },
	{ 0xc0000a02, "TDX_TDMR_OUTSIDE_CMRS" },
	{ 0x00000a03, "TDX_TDMR_ALREADY_INITIALIZED" },
	{ 0xc0000a10, "TDX_INVALID_PAMT" },
	{ 0xc0000a11, "TDX_PAMT_OUTSIDE_CMRS" },
	{ 0xc0000a12, "TDX_PAMT_OVERLAP" },
	{ 0xc0000a20, "TDX_INVALID_RESERVED_IN_TDMR" },
	{ 0xc0000a21, "TDX_NON_ORDERED_RESERVED_IN_TDMR" },
	{ 0xc0000a22, "TDX_CMR_LIST_INVALID" },
	{ 0xc0000c00, "TDX_METADATA_FIELD_ID_INCORRECT" },
	{ 0xc0000c02, "TDX_METADATA_FIELD_NOT_READABLE" },
	{ 0xc0000c04, "TDX_METADATA_LIST_OVERFLOW" },
	{ 0x00000c0b, "TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT" },
};

static const char *const operand_name[] = {
	"RAX", "RCX", "RDX", "RBX", NULL, "RBP", "RSI", "RDI",
	"R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
};

static const char *find_name(const struct name *names, size_t count, u64 value)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (names[i].value == value)
			return names[i].name;
	}
	return NULL;
}

const char *tdx_leaf_name(u64 leaf)
{
	return find_name(leaf_name, ARRAY_SIZE(leaf_name), leaf) ?: "SEAMCALL";
}

/*
 * -ENODEV: there is no SEAM, or nothing is loaded in it. -EOPNOTSUPP: SEAM is
 * disabled. -EBUSY: SEAM was busy in all tries. -EAGAIN: there was no entropy
 * in all tries. -ESHUTDOWN: the TDX module has been shut down. -EIO: everything
 * else.
 */
int tdx_status_errno(u64 status)
{
	switch (status) {
	case VMXCORE_TDX_UD:
	case VMXCORE_TDX_VMFAILINVALID:
		return -ENODEV;
	case VMXCORE_TDX_GP:
		return -EOPNOTSUPP;
	}

	switch (status & TDX_STATUS_MASK) {
	case TDX_SYS_BUSY:
	case TDX_OPERAND_BUSY:
		return -EBUSY;
	case TDX_RND_NO_ENTROPY:
	case TDX_KEY_GENERATION_FAILED:
		return -EAGAIN;
	case TDX_SYS_SHUTDOWN:
		return -ESHUTDOWN;
	default:
		return -EIO;
	}
}

static const char *name_of_status(u64 status)
{
	switch (status) {
	case VMXCORE_TDX_UD:
		return "TDX_SEAMCALL_UD";
	case VMXCORE_TDX_GP:
		return "TDX_SEAMCALL_GP";
	case VMXCORE_TDX_VMFAILINVALID:
		return "TDX_SEAMCALL_VMFAILINVALID";
	default:
		return find_name(status_name, ARRAY_SIZE(status_name), status >> 32);
	}
}

static bool details_are_operand(u64 status)
{
	switch (status & TDX_STATUS_MASK) {
	case TDX_OPERAND_INVALID:
	case TDX_OPERAND_ADDR_RANGE_ERROR:
	case TDX_OPERAND_BUSY:
		return true;
	default:
		return false;
	}
}

static bool details_are_msr(u64 status)
{
	status &= TDX_STATUS_MASK;
	return status == TDX_INCONSISTENT_MSR || status == TDX_INCORRECT_MSR_VALUE;
}

/* 80 bytes are enough for every status. */
void tdx_status_format(char *text, size_t size, u64 status)
{
	const char *name = name_of_status(status);
	u32 details = status;

	if (!name)
		snprintf(text, size, "status 0x%016llx", status);
	else if ((status & VMXCORE_TDX_SW_ERROR) == VMXCORE_TDX_SW_ERROR)
		snprintf(text, size, "%s", name);
	else if (details_are_operand(status) && details < ARRAY_SIZE(operand_name) &&
		 operand_name[details])
		snprintf(text, size, "%s (%s)", name, operand_name[details]);
	else if (details_are_msr(status))
		snprintf(text, size, "%s (MSR 0x%x)", name, details);
	else if (details)
		snprintf(text, size, "%s (details 0x%x)", name, details);
	else
		snprintf(text, size, "%s", name);
}
