// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform as the firmware configured it and MCHECK found it at boot:
 * logical processors, packages, convertible memory, private key IDs. Rules:
 * Base, "Physical Memory Management" (CMRs), "Key Management"; source,
 * tdh_sys_init.c (the position of HKIDs in an address, the rules for a CMR
 * list) and helpers.c (the addresses that a host may pass).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "sim.h"

static char *cmrs = "";
module_param(cmrs, charp, 0400);
MODULE_PARM_DESC(cmrs, "Convertible memory, START-END[,START-END]... in hex, END excluded (default: RAM above 1 MiB)");

static unsigned int keyids[2] = { 16, 16 };
module_param_array(keyids, uint, NULL, 0400);
MODULE_PARM_DESC(keyids, "The first private key ID and their number (default: 16,16)");

static unsigned int packages[NR_CPUS];
static unsigned int num_packages_given;
module_param_array(packages, uint, &num_packages_given, 0400);
MODULE_PARM_DESC(packages, "The package of each CPU, 0 to 7 (default: the kernel's numbers)");

static unsigned int lps;
module_param(lps, uint, 0400);
MODULE_PARM_DESC(lps, "Logical processors of the platform (default: present CPUs)");

static unsigned int max_pa = 52;
module_param(max_pa, uint, 0400);
MODULE_PARM_DESC(max_pa, "The number of bits in a physical address, key ID included (default: 52)");

static unsigned int keyid_bits;
module_param(keyid_bits, uint, 0400);
MODULE_PARM_DESC(keyid_bits, "The number of bits for the key ID in an address (default: enough for keyids)");

/* Sorted; adjacent ranges are not merged. */
struct ranges {
	struct cmr_info range[MAX_CMRS];
	unsigned int num;
};

static struct ranges ram, convertible;
static unsigned long known_packages;
static u64 hkid_mask;

static int append(struct ranges *ranges, u64 start, u64 end)
{
	if (start >= end)
		return 0;
	if (ranges->num == MAX_CMRS)
		return -E2BIG;
	ranges->range[ranges->num++] = (struct cmr_info) { .base = start, .size = end - start };
	return 0;
}

static int add_ram(struct resource *res, void *unused)
{
	u64 start = round_up(res->start, SZ_4K), end = round_down(res->end + 1, SZ_4K);

	return append(&ram, start, end);
}

/*
 * The first megabyte is not convertible on any platform so far (upstream Linux,
 * build_tdx_memlist()).
 */
static int default_cmrs(void)
{
	unsigned int i;
	u64 end;
	int err = 0;

	for (i = 0; !err && i < ram.num; i++) {
		end = ram.range[i].base + ram.range[i].size;
		err = append(&convertible, max_t(u64, ram.range[i].base, SZ_1M), end);
	}
	return err;
}

static int parse_cmr(char *text)
{
	char *dash = strchr(text, '-');
	u64 start, end;
	int err;

	if (!dash)
		return -EINVAL;
	*dash = '\0';
	err = kstrtou64(text, 16, &start) ?: kstrtou64(dash + 1, 16, &end);
	return err ?: append(&convertible, start, end);
}

static int parse_cmrs(void)
{
	char *copy = kstrdup(cmrs, GFP_KERNEL), *rest = copy, *word;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (word = strsep(&rest, ",")))
		err = parse_cmr(word);
	kfree(copy);
	return err;
}

/*
 * MCHECK checks this. TDH.SYS.INIT checks it again and returns
 * TDX_CMR_LIST_INVALID, which a test can inject.
 */
static bool cmrs_valid(void)
{
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < convertible.num; i++) {
		const struct cmr_info *cmr = &convertible.range[i];

		if ((cmr->base | cmr->size) % SZ_4K || cmr->base < end ||
		    !sim_no_hkid(cmr->base + cmr->size - 1))
			return false;
		end = cmr->base + cmr->size;
	}
	return true;
}

static int find_memory(void)
{
	int err = walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0,
				      -1, NULL, add_ram);

	if (!err)
		err = *cmrs ? parse_cmrs() : default_cmrs();
	return err ?: cmrs_valid() ? 0 : -EINVAL;
}

static int find_keys(void)
{
	u64 last = (u64)keyids[0] + keyids[1] - 1;

	if (!keyids[0] || !keyids[1] || last > U16_MAX || max_pa < 36 || max_pa > 52)
		return -EINVAL;
	if (!keyid_bits)
		keyid_bits = order_base_2(last + 1);
	if (keyid_bits > 15 || last >> keyid_bits)
		return -EINVAL;
	hkid_mask = GENMASK_ULL(max_pa - 1, max_pa - keyid_bits);
	return 0;
}

static int find_packages(void)
{
	unsigned int cpu;

	for_each_present_cpu(cpu) {
		if (cpu >= num_packages_given)
			packages[cpu] = topology_physical_package_id(cpu);
		if (packages[cpu] >= MAX_PACKAGES)
			return -EINVAL;
		__set_bit(packages[cpu], &known_packages);
	}
	if (!lps)
		lps = num_present_cpus();
	return 0;
}

/*
 * Returns -EINVAL if a parameter is wrong, and -E2BIG if there are more ranges
 * of memory than CMRs.
 */
int sim_platform_init(void)
{
	return find_keys() ?: find_memory() ?: find_packages();
}

/* The number of logical processors, offline ones included */
u64 sim_num_lps(void)
{
	return lps;
}

u64 sim_num_packages(void)
{
	return hweight_long(known_packages);
}

unsigned int sim_package(unsigned int cpu)
{
	return packages[cpu];
}

/* Returns an array of MAX_CMRS entries; unused ones are 0. */
const struct cmr_info *sim_cmrs(void)
{
	return convertible.range;
}

/* Adjacent CMRs count as one. */
bool sim_in_cmr(u64 start, u64 end)
{
	u64 from = 0, to = 0;
	unsigned int i;

	for (i = 0; i < convertible.num; i++) {
		if (convertible.range[i].base != to)
			from = convertible.range[i].base;
		to = convertible.range[i].base + convertible.range[i].size;
		if (start >= from && end <= to)
			return true;
	}
	return false;
}

bool sim_no_hkid(u64 pa)
{
	return !(pa >> max_pa) && !(pa & hkid_mask);
}

/*
 * Checks whether the host may pass this address: it must have the alignment and
 * no private key ID. The SEAM range, which is forbidden too, does not exist
 * here.
 */
bool sim_shared_hpa(u64 pa, u64 align)
{
	return !(pa & (align - 1)) && !(pa >> max_pa) &&
	       (pa & hkid_mask) >> (max_pa - keyid_bits) < keyids[0];
}

bool sim_private_hkid(u64 hkid)
{
	return hkid >= keyids[0] && hkid - keyids[0] < keyids[1];
}

/*
 * Returns the kernel's address of that memory, or NULL if there is no RAM. A
 * shared key ID is ignored.
 */
void *sim_memory(u64 pa, size_t size)
{
	unsigned int i;
	u64 start = pa & ~hkid_mask;

	for (i = 0; i < ram.num; i++) {
		if (start >= ram.range[i].base &&
		    start + size <= ram.range[i].base + ram.range[i].size)
			return phys_to_virt(start);
	}
	return NULL;
}

/* The value of IA32_MKTME_KEYID_PARTITIONING */
u64 sim_keyid_partitioning(void)
{
	return (u64)keyids[1] << 32 | (keyids[0] - 1);
}

unsigned int sim_keyid_bits(void)
{
	return keyid_bits;
}
