// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of leaves and statuses, as in the ABI. A status with details is
 * NAME+0xDETAILS. A value without a name is printed as a number.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/string.h>

#include "sim.h"

struct name {
	const char *name;
	u64 value;
};

#define STATUS(status)	{ #status, status }

static const struct name leaves[] = {
	{ "TDH.VP.ENTER", TDH_VP_ENTER },
	{ "TDH.PHYMEM.PAGE.RDMD", TDH_PHYMEM_PAGE_RDMD },
	{ "TDH.SYS.KEY.CONFIG", TDH_SYS_KEY_CONFIG },
	{ "TDH.SYS.INFO", TDH_SYS_INFO },
	{ "TDH.SYS.INIT", TDH_SYS_INIT },
	{ "TDH.SYS.RD", TDH_SYS_RD },
	{ "TDH.SYS.LP.INIT", TDH_SYS_LP_INIT },
	{ "TDH.SYS.TDMR.INIT", TDH_SYS_TDMR_INIT },
	{ "TDH.SYS.RDALL", TDH_SYS_RDALL },
	{ "TDH.SYS.LP.SHUTDOWN", TDH_SYS_LP_SHUTDOWN },
	{ "TDH.SYS.CONFIG", TDH_SYS_CONFIG },
	{ "TDH.SYS.SHUTDOWN", TDH_SYS_SHUTDOWN },
	{ "TDH.SYS.UPDATE", TDH_SYS_UPDATE },
	{ "SEAMLDR.INFO", SEAMLDR_INFO },
	{ "SEAMLDR.INSTALL", SEAMLDR_INSTALL },
	{ "SEAMLDR.SHUTDOWN", SEAMLDR_SHUTDOWN },
	{ "SEAMLDR.SEAMINFO", SEAMLDR_SEAMINFO },
	{ "any", SIM_ANY_LEAF },
};

static const struct name statuses[] = {
	STATUS(TDX_SUCCESS),
	STATUS(TDX_NON_RECOVERABLE_VCPU),
	STATUS(TDX_NON_RECOVERABLE_TD),
	STATUS(TDX_INTERRUPTED_RESUMABLE),
	STATUS(TDX_INTERRUPTED_RESTARTABLE),
	STATUS(TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE),
	STATUS(TDX_INVALID_RESUMPTION),
	STATUS(TDX_NON_RECOVERABLE_TD_WRONG_APIC_MODE),
	STATUS(TDX_CROSS_TD_FAULT),
	STATUS(TDX_CROSS_TD_TRAP),
	STATUS(TDX_NON_RECOVERABLE_TD_CORRUPTED_MD),
	STATUS(TDX_OPERAND_INVALID),
	STATUS(TDX_OPERAND_ADDR_RANGE_ERROR),
	STATUS(TDX_OPERAND_BUSY),
	STATUS(TDX_PREVIOUS_TLB_EPOCH_BUSY),
	STATUS(TDX_SYS_BUSY),
	STATUS(TDX_RND_NO_ENTROPY),
	STATUS(TDX_OPERAND_BUSY_HOST_PRIORITY),
	STATUS(TDX_HOST_PRIORITY_BUSY_TIMEOUT),
	STATUS(TDX_SYS_INIT_NOT_PENDING),
	STATUS(TDX_SYS_LP_INIT_NOT_DONE),
	STATUS(TDX_SYS_LP_INIT_DONE),
	STATUS(TDX_SYS_NOT_READY),
	STATUS(TDX_SYS_SHUTDOWN),
	STATUS(TDX_SYS_KEY_CONFIG_NOT_PENDING),
	STATUS(TDX_SYS_STATE_INCORRECT),
	STATUS(TDX_SYS_INVALID_HANDOFF),
	STATUS(TDX_SYS_INCOMPATIBLE_SIGSTRUCT),
	STATUS(TDX_SYS_LP_INIT_NOT_PENDING),
	STATUS(TDX_SYS_CONFIG_NOT_PENDING),
	STATUS(TDX_INCOMPATIBLE_SEAM_CAPABILITIES),
	STATUS(TDX_KEY_GENERATION_FAILED),
	STATUS(TDX_TD_KEYS_NOT_CONFIGURED),
	STATUS(TDX_KEY_STATE_INCORRECT),
	STATUS(TDX_KEY_CONFIGURED),
	STATUS(TDX_WBCACHE_NOT_COMPLETE),
	STATUS(TDX_HKID_NOT_FREE),
	STATUS(TDX_NO_HKID_READY_TO_WBCACHE),
	STATUS(TDX_WBCACHE_RESUME_ERROR),
	STATUS(TDX_FLUSHVP_NOT_DONE),
	STATUS(TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED),
	STATUS(TDX_INCORRECT_CPUID_VALUE),
	STATUS(TDX_LIMIT_CPUID_MAXVAL_SET),
	STATUS(TDX_INCONSISTENT_CPUID_FIELD),
	STATUS(TDX_CPUID_MAX_SUBLEAVES_UNRECOGNIZED),
	STATUS(TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED),
	STATUS(TDX_INVALID_WBINVD_SCOPE),
	STATUS(TDX_INVALID_PKG_ID),
	STATUS(TDX_ENABLE_MONITOR_FSM_NOT_SET),
	STATUS(TDX_CPUID_LEAF_NOT_SUPPORTED),
	STATUS(TDX_SMRR_NOT_LOCKED),
	STATUS(TDX_INVALID_SMRR_CONFIGURATION),
	STATUS(TDX_SMRR_OVERLAPS_CMR),
	STATUS(TDX_SMRR_LOCK_NOT_SUPPORTED),
	STATUS(TDX_SMRR_NOT_SUPPORTED),
	STATUS(TDX_INCONSISTENT_MSR),
	STATUS(TDX_INCORRECT_MSR_VALUE),
	STATUS(TDX_SEAMREPORT_NOT_AVAILABLE),
	STATUS(TDX_SEAMDB_GETREF_NOT_AVAILABLE),
	STATUS(TDX_SEAMDB_REPORT_NOT_AVAILABLE),
	STATUS(TDX_SEAMVERIFYREPORT_NOT_AVAILABLE),
	STATUS(TDX_INVALID_TDMR),
	STATUS(TDX_NON_ORDERED_TDMR),
	STATUS(TDX_TDMR_OUTSIDE_CMRS),
	STATUS(TDX_TDMR_ALREADY_INITIALIZED),
	STATUS(TDX_INVALID_PAMT),
	STATUS(TDX_PAMT_OUTSIDE_CMRS),
	STATUS(TDX_PAMT_OVERLAP),
	STATUS(TDX_INVALID_RESERVED_IN_TDMR),
	STATUS(TDX_NON_ORDERED_RESERVED_IN_TDMR),
	STATUS(TDX_CMR_LIST_INVALID),
	STATUS(TDX_METADATA_FIELD_ID_INCORRECT),
	STATUS(TDX_METADATA_FIELD_NOT_WRITABLE),
	STATUS(TDX_METADATA_FIELD_NOT_READABLE),
	STATUS(TDX_METADATA_FIELD_VALUE_NOT_VALID),
	STATUS(TDX_METADATA_LIST_OVERFLOW),
	STATUS(TDX_INVALID_METADATA_LIST_HEADER),
	STATUS(TDX_REQUIRED_METADATA_FIELD_MISSING),
	STATUS(TDX_METADATA_ELEMENT_SIZE_INCORRECT),
	STATUS(TDX_METADATA_LAST_ELEMENT_INCORRECT),
	STATUS(TDX_METADATA_FIELD_CURRENTLY_NOT_WRITABLE),
	STATUS(TDX_METADATA_WR_MASK_NOT_VALID),
	STATUS(TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT),
	STATUS(TDX_METADATA_FIELD_SKIP),	STATUS(SEAMLDR_EBADPARAM),
	STATUS(SEAMLDR_EBADCALL),
	STATUS(SEAMLDR_EBADHANDOFF),
	STATUS(SEAMLDR_ENOMEM),
	STATUS(SEAMLDR_EUNSPECERR),
	STATUS(SEAMLDR_EUNSUPCPU),
	STATUS(SEAMLDR_EBADSIG),
	STATUS(SEAMLDR_EBADHASH),
	STATUS(SEAMLDR_EINTERRUPT),
	STATUS(SEAMLDR_ENOENTROPY),
};

static const char * const outcomes[] = {
	[SIM_DONE] = "",
	[SIM_UD] = "UD",
	[SIM_GP] = "GP",
	[SIM_VMFAILINVALID] = "VMFAILINVALID",
};

static const char *name_of(const struct name *names, size_t num, u64 value)
{
	size_t i;

	for (i = 0; i < num; i++) {
		if (names[i].value == value)
			return names[i].name;
	}
	return NULL;
}

static int value_of(const struct name *names, size_t num, const char *name, u64 *value)
{
	size_t i;

	for (i = 0; i < num; i++) {
		if (!strcasecmp(names[i].name, name)) {
			*value = names[i].value;
			return 0;
		}
	}
	return kstrtou64(name, 0, value);
}

/*
 * @name has SIM_NAME_LEN bytes. A leaf with a version or reserved bits has no
 * name.
 */
void sim_leaf_name(u64 rax, char *name)
{
	const char *found = name_of(leaves, ARRAY_SIZE(leaves), rax);

	if (found)
		strscpy(name, found, SIM_NAME_LEN);
	else
		snprintf(name, SIM_NAME_LEN, "0x%llx", rax);
}

/* @name has SIM_NAME_LEN bytes. @outcome says whether @status is valid. */
void sim_status_name(u64 status, enum sim_outcome outcome, char *name)
{
	const char *exact = name_of(statuses, ARRAY_SIZE(statuses), status);
	const char *class = name_of(statuses, ARRAY_SIZE(statuses), status & ~TDX_STATUS_DETAILS);

	if (outcome != SIM_DONE)
		strscpy(name, outcomes[outcome], SIM_NAME_LEN);
	else if (exact)
		strscpy(name, exact, SIM_NAME_LEN);
	else if (class)
		snprintf(name, SIM_NAME_LEN, "%s+0x%llx", class, status & TDX_STATUS_DETAILS);
	else
		snprintf(name, SIM_NAME_LEN, "0x%llx", status);
}

/* @name is the name of a leaf, "any", or a number. */
int sim_parse_leaf(const char *name, u64 *rax)
{
	return value_of(leaves, ARRAY_SIZE(leaves), name, rax);
}

static int parse_outcome(const char *name, enum sim_outcome *outcome)
{
	unsigned int i;

	for (i = SIM_DONE + 1; i < ARRAY_SIZE(outcomes); i++) {
		if (!strcasecmp(outcomes[i], name)) {
			*outcome = i;
			return 0;
		}
	}
	return -ENOENT;
}

static int parse_details(const char *name, u64 *status)
{
	char class[SIM_NAME_LEN], *plus;
	u64 details;
	int err;

	strscpy(class, name, sizeof(class));
	plus = strchr(class, '+');
	if (!plus)
		return value_of(statuses, ARRAY_SIZE(statuses), class, status);
	*plus = '\0';
	err = value_of(statuses, ARRAY_SIZE(statuses), class, status) ?:
	      kstrtou64(plus + 1, 0, &details);
	if (!err)
		*status |= details;
	return err;
}

/* @name is UD, GP, VMFAILINVALID, NAME, NAME+DETAILS or a number. */
int sim_parse_status(const char *name, u64 *status, enum sim_outcome *outcome)
{
	*status = 0;
	if (!parse_outcome(name, outcome))
		return 0;
	*outcome = SIM_DONE;
	return parse_details(name, status);
}
