/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the SEAM modules' interface that vmxcore_tdx uses. Names are
 * Intel's.
 *
 * "Intel TDX Module v1.5 ABI Specification" (348551) has leaves, completion
 * status codes and metadata fields; "Intel TDX Loader Interface Specification"
 * (343755) has SEAMLDR.INFO.
 */
#ifndef _VMXCORE_TDX_ABI_H
#define _VMXCORE_TDX_ABI_H

#include <linux/bits.h>
#include <linux/types.h>

/* Leaves of the TDX module, in RAX */
#define TDH_SYS_KEY_CONFIG		31
#define TDH_SYS_INFO			32
#define TDH_SYS_INIT			33
#define TDH_SYS_RD			34
#define TDH_SYS_LP_INIT			35
#define TDH_SYS_TDMR_INIT		36
#define TDH_SYS_RDALL			37
#define TDH_SYS_LP_SHUTDOWN		44
#define TDH_SYS_CONFIG			45
#define TDH_SYS_SHUTDOWN		52

/* Bit 63 marks the leaves of the P-SEAMLDR. */
#define SEAMLDR_INFO			BIT_ULL(63)

/*
 * Completion status: the upper half has the class and the name, the lower half
 * has details such as the number of an operand or the index of an MSR.
 */
#define TDX_STATUS_MASK			GENMASK_ULL(63, 32)
#define TDX_ERROR			BIT_ULL(63)

#define TDX_SUCCESS			0ULL
#define TDX_OPERAND_INVALID		0xc000010000000000ULL
#define TDX_OPERAND_ADDR_RANGE_ERROR	0xc000010100000000ULL
#define TDX_OPERAND_BUSY		0x8000020000000000ULL
#define TDX_SYS_BUSY			0x8000020200000000ULL
#define TDX_RND_NO_ENTROPY		0x8000020300000000ULL
#define TDX_SYS_INIT_NOT_PENDING	0xc000050000000000ULL
#define TDX_SYS_LP_INIT_NOT_DONE	0xc000050200000000ULL
#define TDX_SYS_LP_INIT_DONE		0xc000050300000000ULL
#define TDX_SYS_NOT_READY		0xc000050500000000ULL
#define TDX_SYS_SHUTDOWN		0xc000050600000000ULL
#define TDX_SYS_LP_INIT_NOT_PENDING	0xc000050b00000000ULL
#define TDX_SYS_CONFIG_NOT_PENDING	0xc000050c00000000ULL
#define TDX_KEY_GENERATION_FAILED	0x8000080000000000ULL
#define TDX_KEY_CONFIGURED		0x0000081500000000ULL
#define TDX_INCONSISTENT_MSR		0xc000092000000000ULL
#define TDX_INCORRECT_MSR_VALUE		0xc000092100000000ULL
#define TDX_TDMR_ALREADY_INITIALIZED	0x00000a0300000000ULL
#define TDX_METADATA_FIELD_ID_INCORRECT	0xc0000c0000000000ULL
#define TDX_METADATA_LIST_OVERFLOW	0xc0000c0400000000ULL

/* The details of TDX_OPERAND_INVALID when the operand is RAX */
#define TDX_OPERAND_RAX			0

/*
 * Global metadata fields, ordered by class. CMR_BASE and CMR_SIZE are arrays of
 * 32.
 */
#define MD_SYS_VENDOR_ID		0x0800000200000000ULL
#define MD_SYS_BUILD_DATE		0x8800000200000001ULL
#define MD_SYS_BUILD_NUM		0x8800000100000002ULL
#define MD_SYS_MINOR_VERSION		0x0800000100000003ULL
#define MD_SYS_MAJOR_VERSION		0x0800000100000004ULL
#define MD_SYS_UPDATE_VERSION		0x0800000100000005ULL
#define MD_SYS_INTERNAL_VERSION		0x0800000100000006ULL
#define MD_SYS_MODULE_HV		0x8900000100000000ULL
#define MD_SYS_SYS_ATTRIBUTES		0x0a00000200000000ULL
#define MD_SYS_TDX_FEATURES0		0x0a00000300000008ULL
#define MD_SYS_NUM_CMRS			0x9000000100000000ULL
#define MD_SYS_CMR_BASE			0x9000000300000080ULL
#define MD_SYS_CMR_SIZE			0x9000000300000100ULL
#define MD_SYS_MAX_TDMRS		0x9100000100000008ULL
#define MD_SYS_MAX_RESERVED_PER_TDMR	0x9100000100000009ULL
#define MD_SYS_PAMT_4K_ENTRY_SIZE	0x9100000100000010ULL
#define MD_SYS_PAMT_2M_ENTRY_SIZE	0x9100000100000011ULL
#define MD_SYS_PAMT_1G_ENTRY_SIZE	0x9100000100000012ULL

/* As an output: there is no further field. As an input: the first field. */
#define MD_FIELD_ID_NA			(~0ULL)

/*
 * A field ID has the field's code within its class, the size of its elements,
 * and more.
 */
#define MD_FIELD_CODE			GENMASK_ULL(23, 0)
#define MD_ELEMENT_SIZE			GENMASK_ULL(33, 32)
#define MD_LAST_ELEMENT_IN_FIELD	GENMASK_ULL(37, 34)
#define MD_LAST_FIELD_IN_SEQUENCE	GENMASK_ULL(46, 38)
#define MD_CLASS_CODE			GENMASK_ULL(61, 56)

#define TDX_MAX_CMRS			32

/*
 * TDSYSINFO_STRUCT has 1024 bytes and is aligned to 1024. It has not changed
 * since TDH.SYS.RD was introduced. The array of 32 CMR_INFOs is aligned to its
 * size of 512 bytes.
 */
struct tdsysinfo_struct {
	__le32 attributes;
	__le32 vendor_id;
	__le32 build_date;
	__le16 build_num;
	__le16 minor_version;
	__le16 major_version;
	u8 sys_rd;
	u8 reserved0[13];
	__le16 max_tdmrs;
	__le16 max_reserved_per_tdmr;
	__le16 pamt_entry_size;
	u8 reserved1[986];
} __packed;

struct cmr_info {
	__le64 base;
	__le64 size;
} __packed;

/* SEAMLDR_INFO has 256 bytes and is aligned to 256. */
struct seamldr_info {
	__le32 version;
	__le32 attributes;
	__le32 vendor_id;
	__le32 build_date;
	__le16 build_num;
	__le16 minor_version;
	__le16 major_version;
	__le16 update_version;
	__le32 acm_x2apicid;
	__le32 num_remaining_updates;
	u8 seaminfo[128];
	u8 seam_ready;
	u8 seam_debug;
	u8 p_seamldr_ready;
	u8 reserved[93];
} __packed;

#endif /* _VMXCORE_TDX_ABI_H */
