// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDH.SYS.INFO, which version 1.0 has instead of metadata and version 1.5 in
 * addition. Rules: ABI, "TDH.SYS.INFO", "TDSYSINFO_STRUCT" and "CPUID_CONFIG";
 * the source's tdh_sys_info.c, which writes the first structure before it
 * checks the operands of the second one, and cpuid_configurations.c.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sizes.h>

#include "compat.h"
#include "sim.h"

#define XFAM_FIXED0	0x6dbe7
#define NO_SUBLEAF	0xffffffff

/*
 * CPUID bits that the host can configure for a TD, always (direct) or if the
 * CPU has them (if_native), in EAX, EBX, ECX and EDX
 */
static const struct {
	u32 leaf;
	u32 subleaf;
	u32 direct[4];
	u32 if_native[4];
} configs[NUM_CPUID_CONFIG] = {
	{ 0x1, NO_SUBLEAF, { 0xfff3fff, 0xff0000 }, { 0, 0, 0x31044d88, 0xb8440000 } },
	{ 0x4, 0, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0xfffffffb } },
	{ 0x4, 1, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0xfffffffb } },
	{ 0x4, 2, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0xfffffffb } },
	{ 0x4, 3, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0x7 } },
	{ 0x7, 0, { }, { 0, 0xdc2b9b18, 0x2417f65, 0x5411c } },
	{ 0x7, 1, { }, { 0x1d30 } },
	{ 0xa, NO_SUBLEAF },
	{ 0x1c, NO_SUBLEAF, { }, { 0xff } },
	{ 0x80000008, NO_SUBLEAF, { }, { 0, 0x200 } },
	{ 0x7, 2, { }, { 0, 0, 0, 0x28 } },
	{ 0x23, 0, { }, { 0xf } },
};

/*
 * Metadata field CPUID_CONFIG_LEAVES: leaf and subleaf, or all ones for an
 * unused entry
 */
u64 sim_cpuid_config_leaf(unsigned int field, unsigned int element)
{
	if (field >= NUM_CPUID_CONFIG)
		return ~0ULL;
	return configs[field].leaf | (u64)configs[field].subleaf << 32;
}

/*
 * Metadata field CPUID_CONFIG_VALUES: element 0 has EAX and EBX, element 1 has
 * ECX and EDX.
 */
u64 sim_cpuid_config_value(unsigned int field, unsigned int element)
{
	const u32 *direct;

	if (field >= NUM_CPUID_CONFIG)
		return 0;
	direct = configs[field].direct + 2 * element;
	return direct[0] | (u64)direct[1] << 32;
}

/* The bits of XFAM that may be 1 in a TD */
u64 sim_xfam_fixed0(void)
{
	u32 xcr0[4], xss[4];

	cpuid_count(0xd, 0, &xcr0[0], &xcr0[1], &xcr0[2], &xcr0[3]);
	cpuid_count(0xd, 1, &xss[0], &xss[1], &xss[2], &xss[3]);
	return XFAM_FIXED0 & (xcr0[0] | (u64)xcr0[3] << 32 | xss[2] | (u64)xss[3] << 32);
}

static void native_cpuid_of(u32 leaf, u32 subleaf, u32 *values)
{
	if (leaf > cpuid_eax(leaf & 0x80000000))
		memset(values, 0, 4 * sizeof(*values));
	else
		cpuid_count(leaf, subleaf == NO_SUBLEAF ? 0 : subleaf, &values[0], &values[1],
			    &values[2], &values[3]);
}

static void fill_cpuid_configs(struct tdsysinfo *info)
{
	struct cpuid_config config;
	u32 native[4];
	unsigned int i, reg;

	info->num_cpuid_config = NUM_CPUID_CONFIG;
	for (i = 0; i < NUM_CPUID_CONFIG; i++) {
		config.leaf = configs[i].leaf;
		config.subleaf = configs[i].subleaf;
		native_cpuid_of(config.leaf, config.subleaf, native);
		for (reg = 0; reg < 4; reg++)
			config.values[reg] = configs[i].direct[reg] |
					     (configs[i].if_native[reg] & native[reg]);
		/* The elements of info->cpuid_config are not aligned. */
		memcpy(&info->cpuid_config[i], &config, sizeof(config));
	}
}

static void fill(struct tdsysinfo *info)
{
	info->vendor_id = VENDOR_INTEL;
	info->build_date = BUILD_DATE;
	info->build_num = BUILD_NUM;
	info->major_version = sim_version(0);
	info->minor_version = sim_version(1);
	info->sys_rd = !sim_abi_1_0;
	info->max_tdmrs = MAX_TDMRS;
	info->max_reserved_per_tdmr = MAX_RESERVED;
	info->pamt_entry_size = PAMT_ENTRY_SIZE;
	info->tdcs_base_size = PAGES_TDCS * SZ_4K;
	info->tdvps_base_size = PAGES_TDVPS * SZ_4K;
	info->attributes_fixed0 = ATTRIBUTES_FIXED0;
	info->xfam_fixed0 = sim_xfam_fixed0();
	info->xfam_fixed1 = XFAM_FIXED1;
	fill_cpuid_configs(info);
}

static u64 check_and_clear(const struct sim_regs *regs, size_t size, size_t entries)
{
	void *info;

	if (!sim_lp_is_init())
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (!sim_shared_hpa(regs->rcx, sizeof(struct tdsysinfo)))
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	if (size < sizeof(struct tdsysinfo))
		return TDX_OPERAND_INVALID | OPERAND_RDX;
	info = sim_memory(regs->rcx, sizeof(struct tdsysinfo));
	if (info)
		memset(info, 0, sizeof(struct tdsysinfo));
	if (!sim_shared_hpa(regs->r8, CMR_INFO_ALIGN))
		return TDX_OPERAND_INVALID | OPERAND_R8;
	return entries < MAX_CMRS ? TDX_OPERAND_INVALID | OPERAND_R9 : TDX_SUCCESS;
}

/*
 * RCX and RDX: address and size of the structure; R8 and R9: address and number
 * of entries of the CMR array. Outputs: RDX and R9, the size and the number
 * written
 */
u64 sim_sys_info(struct sim_regs *regs)
{
	u64 size = regs->rdx, num_cmrs = regs->r9, status;
	struct tdsysinfo *info;
	void *cmrs;

	sim_default_outputs(regs);
	status = check_and_clear(regs, size, num_cmrs);
	if (status)
		return status;
	info = sim_memory(regs->rcx, sizeof(*info));
	if (info)
		fill(info);
	cmrs = sim_memory(regs->r8, CMR_INFO_ALIGN);
	if (cmrs)
		memcpy(cmrs, sim_cmrs(), CMR_INFO_ALIGN);
	regs->rdx = sizeof(*info);
	regs->r9 = MAX_CMRS;
	return TDX_SUCCESS;
}
