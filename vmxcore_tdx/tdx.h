/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations that the files of vmxcore_tdx share */
#ifndef _VMXCORE_TDX_TDX_H
#define _VMXCORE_TDX_TDX_H

#include <linux/types.h>
#include <vmxcore/tdx.h>
#include <vmxcore/vmxcore.h>

#include "abi.h"
#include "tdmr.h"

/*
 * The state of the TDX module as vmxcore_tdx knows it
 *
 * TDX_ABSENT: it has not answered yet, or it was lost during sleep
 * TDX_INITIALIZED: TDH.SYS.INIT is done, and TDH.SYS.LP.INIT on each online CPU
 * TDX_CONFIGURED: it has memory, but TDs cannot be created yet
 * TDX_READY: all of its memory is initialised
 * TDX_SHUT_DOWN: every SEAMCALL fails until the next boot or module update
 */
enum tdx_state {
	TDX_ABSENT,
	TDX_INITIALIZED,
	TDX_CONFIGURED,
	TDX_READY,
	TDX_SHUT_DOWN,
};

/**
 * struct tdx_platform - the private key IDs that the firmware assigned to TDX
 * @first_keyid: the first one, which the TDX module uses itself
 * @nr_keyids: their number
 */
struct tdx_platform {
	u32 first_keyid;
	u32 nr_keyids;
};

/**
 * struct tdx_info - the TDX module's description of itself
 * @vendor_id: 0x8086 for Intel
 * @build_date: yyyymmdd in decimal
 * @build_num: build number
 * @major_version: first part of the version
 * @minor_version: second part
 * @update_version: third part, or 0 if the module does not report it
 * @internal_version: fourth part, or 0 if the module does not report it
 * @attributes: SYS_ATTRIBUTES; bit 31 is set in a debug module
 * @features0: TDX_FEATURES0, or 0 if the module does not report it
 * @module_hv: the handoff version that TDH.SYS.SHUTDOWN takes
 * @has_sys_rd: the module has TDH.SYS.RD and TDH.SYS.SHUTDOWN; version 1.0 has
 *	neither
 * @limits: the limits for TDMRs
 * @cmrs: the memory that can be made private
 * @nr_cmrs: the number of entries in @cmrs
 *
 * Most members have the names of metadata fields.
 */
struct tdx_info {
	u32 vendor_id;
	u32 build_date;
	u16 build_num;
	u16 major_version;
	u16 minor_version;
	u16 update_version;
	u16 internal_version;
	u32 attributes;
	u64 features0;
	u16 module_hv;
	bool has_sys_rd;
	struct tdmr_limits limits;
	struct tdx_range cmrs[TDX_MAX_CMRS];
	unsigned int nr_cmrs;
};

/**
 * struct tdx_memory - the memory that the TDX module manages, in bytes
 * @tdmrs: number of TDMRs
 * @usable: memory that can be private
 * @left_out: convertible memory that the limits of the TDX module exclude
 * @pamt: memory that the PAMTs take
 */
struct tdx_memory {
	unsigned int tdmrs;
	u64 usable;
	u64 left_out;
	u64 pamt;
};

/* state.c */
extern struct vmxcore_client *tdx_client;
extern struct tdx_platform tdx_platform;
extern struct tdx_info tdx_info;
enum tdx_state tdx_state(void);
void tdx_set_state(enum tdx_state state);
bool tdx_owns_memory(void);
bool tdx_sleeping(void);
void tdx_set_sleeping(bool value);

/* platform.c */
int tdx_platform_detect(struct tdx_platform *platform);
bool tdx_has_partial_write_erratum(void);

/* status.c */
const char *tdx_leaf_name(u64 leaf);
int tdx_status_errno(u64 status);
void tdx_status_format(char *text, size_t size, u64 status);

/* call.c */
u64 tdx_seamcall_raw(u64 leaf, struct vmxcore_tdx_args *args);
u64 tdx_call(u64 leaf, struct vmxcore_tdx_args *args);
u64 tdx_call_on(unsigned int cpu, u64 leaf, struct vmxcore_tdx_args *args);
int tdx_log_failure_on(unsigned int cpu, u64 leaf, u64 status);
int tdx_log_failure(u64 leaf, u64 status);
void tdx_last_error(char *text, size_t size);

/* seamldr.c */
void tdx_seamldr_read(void);
bool tdx_seamldr_version(u16 *major, u16 *minor, u16 *update);

/* metadata.c */
int tdx_info_read(struct tdx_info *info);

/* field_names.c */
const char *tdx_field_name(u64 id, int *index);

/* lp.c */
u64 tdx_sys_init(void);
int tdx_lp_start(void);
void tdx_lp_stop(void);
int tdx_lp_init_all(void);
unsigned int tdx_lp_count(void);

/* memory.c */
extern const struct tdmr_allocator tdx_pamt_allocator;
struct tdx_range *tdx_memory_ranges(unsigned int *count);
void tdx_memory_reset(struct tdx_range range);

/* configure.c */
int tdx_configure(void);
void tdx_shut_down(void);
struct tdx_memory tdx_memory_given(void);

/* power.c */
void tdx_emergency(void);
int tdx_power_init(void);
int tdx_power_configure(void);
void tdx_power_exit(void);

/* sysfs.c */
int tdx_sysfs_init(void);
void tdx_sysfs_exit(void);

/* debugfs.c */
void tdx_debugfs_init(void);
void tdx_debugfs_exit(void);

#endif /* _VMXCORE_TDX_TDX_H */
