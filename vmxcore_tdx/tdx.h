/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of vmxcore_tdx share. */
#ifndef _VMXCORE_TDX_TDX_H
#define _VMXCORE_TDX_TDX_H

#include <linux/types.h>
#include <vmxcore/tdx.h>
#include <vmxcore/vmxcore.h>

#include "abi.h"
#include "tdmr.h"

/*
 * How far the TDX module is, as far as vmxcore_tdx knows.
 *
 * TDX_ABSENT: it does not answer: not loaded yet, or lost in a sleep
 * TDX_INITIALIZED: TDH.SYS.INIT is done, and TDH.SYS.LP.INIT on every CPU that is online
 * TDX_CONFIGURED: it has been given memory; TDs cannot be created yet
 * TDX_READY: all of it has been initialised
 * TDX_SHUT_DOWN: no SEAMCALL works any more, until the next boot or a module update
 */
enum tdx_state {
	TDX_ABSENT,
	TDX_INITIALIZED,
	TDX_CONFIGURED,
	TDX_READY,
	TDX_SHUT_DOWN,
};

/**
 * struct tdx_platform - what the firmware has set aside for TDX
 * @first_keyid: the first private key id; vmxcore_tdx gives it to the TDX module itself
 * @nr_keyids: how many there are
 */
struct tdx_platform {
	u32 first_keyid;
	u32 nr_keyids;
};

/**
 * struct tdx_info - what the TDX module says of itself; metadata fields of these names
 * @vendor_id: 0x8086: Intel
 * @build_date: yyyymmdd, decimal
 * @build_num: build number
 * @major_version: version, first part
 * @minor_version: second part
 * @update_version: third part, 0 in modules that do not tell
 * @internal_version: fourth part, 0 in modules that do not tell
 * @attributes: SYS_ATTRIBUTES; bit 31: a debug module
 * @features0: TDX_FEATURES0, 0 in modules that do not tell
 * @module_hv: the handoff version that TDH.SYS.SHUTDOWN wants
 * @has_sys_rd: the module has TDH.SYS.RD, and with it TDH.SYS.SHUTDOWN; 1.0 has neither
 * @limits: of TDMRs
 * @cmrs: the memory that can be made private
 * @nr_cmrs: how many of them
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
 * @tdmrs: how many TDMRs
 * @usable: can be private memory
 * @left_out: could be, but for the limits of the TDX module
 * @pamt: what it costs
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
