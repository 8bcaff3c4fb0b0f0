// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks whether this machine has SEAM and whether the firmware has configured
 * it: "Intel TDX CPU Architectural Extensions" (343754), "SEAM Enumeration",
 * which also describes IA32_MKTME_KEYID_PARTITIONING.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <asm/processor.h>

#include "compat.h"
#include "tdx.h"

#define MTRRCAP_SEAMRR			BIT_ULL(15)
#define MSR_IA32_SEAMRR_PHYS_MASK	0x1401
#define SEAMRR_MASK_LOCK		BIT_ULL(10)
#define SEAMRR_MASK_VALID		BIT_ULL(11)

static int detect_seamrr(void)
{
	u64 cap, mask;

	if (rdmsrq_safe(MSR_MTRRcap, &cap) || !(cap & MTRRCAP_SEAMRR)) {
		pr_err("this CPU does not support TDX (IA32_MTRRCAP.SEAMRR is 0)\n");
		return -ENODEV;
	}
	if (rdmsrq_safe(MSR_IA32_SEAMRR_PHYS_MASK, &mask) || !(mask & SEAMRR_MASK_VALID)) {
		pr_err("the firmware has reserved no memory for SEAM; enable TDX in the firmware setup\n");
		return -ENODEV;
	}
	if (!(mask & SEAMRR_MASK_LOCK)) {
		pr_err("the firmware has not locked SEAMRR; update the firmware\n");
		return -ENODEV;
	}
	return 0;
}

/* The private key IDs follow those of MKTME, which are numbered from 1. */
static int detect_keyids(struct tdx_platform *platform)
{
	u64 partitioning;

	if (rdmsrq_safe(MSR_IA32_MKTME_KEYID_PARTITIONING, &partitioning)) {
		pr_err("there are no memory encryption keys for TDX (MSR 0x87 is missing); enable TME-MT in the firmware setup\n");
		return -ENODEV;
	}
	platform->first_keyid = lower_32_bits(partitioning) + 1;
	platform->nr_keyids = upper_32_bits(partitioning);

	/* The TDX module uses one key ID itself, and a TD needs another one. */
	if (platform->nr_keyids < 2) {
		pr_err("TDX needs 2 private key IDs and has %u; assign more of them in the firmware setup\n",
		       platform->nr_keyids);
		return -ENODEV;
	}
	return 0;
}

int tdx_platform_detect(struct tdx_platform *platform)
{
	return detect_seamrr() ?: detect_keyids(platform);
}

/*
 * On Sapphire Rapids and Emerald Rapids a write of less than a cache line to
 * private memory poisons the line, and the next read causes a machine check
 * (upstream 1e536e106680, X86_BUG_TDX_PW_MCE).
 */
bool tdx_has_partial_write_erratum(void)
{
	if (boot_cpu_data.x86_vendor != X86_VENDOR_INTEL || boot_cpu_data.x86 != 6)
		return false;
	return boot_cpu_data.x86_model == 0x8f || boot_cpu_data.x86_model == 0xcf;
}
