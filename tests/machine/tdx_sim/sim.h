/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations that the files of the simulated TDX module share */
#ifndef _TDX_SIM_H
#define _TDX_SIM_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/types.h>

#include "abi.h"

struct seq_file;

/* The registers that the simulated leaves read or write */
struct sim_regs {
	u64 rax;
	u64 rcx;
	u64 rdx;
	u64 r8;
	u64 r9;
	u64 r10;
	u64 r11;
};

/* The result of the instruction. Only SIM_DONE writes registers. */
enum sim_outcome {
	SIM_DONE,
	SIM_UD,
	SIM_GP,
	SIM_VMFAILINVALID,
};

/*
 * Base, "Intel TDX Module Lifecycle State Machine"; the names are from the
 * source.
 */
enum sys_state {
	SYSINIT_PENDING,
	SYSINIT_DONE,
	SYSCONFIG_DONE,
	SYS_READY,
	SYS_SHUTDOWN,
};

/*
 * A TDMR that TDH.SYS.CONFIG has accepted. The PAMT entries for memory below
 * @next are initialised.
 */
struct tdmr {
	u64 base;
	u64 size;
	u64 next;
	u64 pamt_1g;
	u64 pamt_2m;
	u64 pamt_4k;
	atomic_t locked;
};

/*
 * The state of the TDX module, which a reset clears. A leaf writes to it with
 * @lock held exclusively (-1), or with @lock held shared (> 0) if each CPU
 * writes to its own part.
 */
struct sim_module {
	atomic_t lock;
	enum sys_state state;
	u64 attributes;
	cpumask_t lp_init;
	cpumask_t lp_shutdown;
	atomic_t num_init_lps;
	unsigned long packages;
	unsigned int num_init_packages;
	u16 hkid;
	unsigned int num_tdmrs;
	struct tdmr tdmrs[MAX_TDMRS];
	/*
	 * Copies of what TDH.SYS.CONFIG read, valid or not, which the host
	 * cannot change while they are checked
	 */
	struct tdmr_info infos[MAX_TDMRS];
};

extern struct sim_module sim;

/* main.c */
extern bool sim_abi_1_0;
u16 sim_version(unsigned int part);

/* trap.c */
int sim_trap_init(void);
void sim_trap_exit(void);

/* msr.c */
int sim_msr_init(void);
void sim_msr_exit(void);

/* dispatch.c */
enum sim_outcome sim_execute(struct sim_regs *regs);
void sim_default_outputs(struct sim_regs *regs);
void sim_set_present(bool module, bool seamldr);
void sim_set_seamldr(bool present);
bool sim_module_present(void);
bool sim_seamldr_present(void);
unsigned int sim_in_seam(void);

/* seamldr.c */
enum sim_outcome sim_seamldr(struct sim_regs *regs);

/* sys.c: each leaf returns the value for RAX */
u64 sim_sys_init(struct sim_regs *regs);
u64 sim_sys_lp_init(struct sim_regs *regs);
u64 sim_sys_key_config(struct sim_regs *regs);
u64 sim_sys_lp_shutdown(struct sim_regs *regs);
u64 sim_sys_shutdown_check(struct sim_regs *regs);
u64 sim_sys_shutdown(struct sim_regs *regs);
u64 sim_sys_update(struct sim_regs *regs);
bool sim_lp_is_init(void);
const char *sim_state_name(void);

/* config.c */
u64 sim_sys_config(struct sim_regs *regs);

/* pamt.c */
u64 sim_sys_tdmr_init(struct sim_regs *regs);
int sim_pamt_intact(void);
void sim_pamt_show(struct seq_file *m);

/* metadata.c */
u64 sim_sys_rd(struct sim_regs *regs);
u64 sim_sys_rdall(struct sim_regs *regs);

/* info.c */
#define BUILD_DATE		20240725
#define BUILD_NUM		744
#define VENDOR_INTEL		0x8086
#define PAGES_TDCS		6
#define PAGES_TDVPS		6
#define ATTRIBUTES_FIXED0	0x8000000070000001ULL
#define XFAM_FIXED1		0x3
u64 sim_sys_info(struct sim_regs *regs);
u64 sim_xfam_fixed0(void);
u64 sim_cpuid_config_leaf(unsigned int field, unsigned int element);
u64 sim_cpuid_config_value(unsigned int field, unsigned int element);

/* platform.c */
int sim_platform_init(void);
u64 sim_num_lps(void);
u64 sim_num_packages(void);
unsigned int sim_package(unsigned int cpu);
const struct cmr_info *sim_cmrs(void);
bool sim_in_cmr(u64 start, u64 end);
bool sim_no_hkid(u64 pa);
bool sim_shared_hpa(u64 pa, u64 align);
bool sim_private_hkid(u64 hkid);
void *sim_memory(u64 pa, size_t size);
u64 sim_keyid_partitioning(void);
unsigned int sim_keyid_bits(void);

/* inject.c */
struct sim_injected {
	enum sim_outcome outcome;
	u64 status;
	bool late;
};

bool sim_injected(u64 rax, struct sim_injected *injected);
int sim_inject(u64 rax, const struct sim_injected *what, int cpu, unsigned int after,
	       unsigned int times);
void sim_inject_clear(void);
int sim_set_delay(u64 leaf, unsigned int us);
void sim_stall(u64 leaf);
void sim_injections_show(struct seq_file *m);

/* log.c */
void sim_log(const struct sim_regs *in, const struct sim_regs *out, enum sim_outcome outcome);
void sim_log_forget(void);
void sim_calls_show(struct seq_file *m);
void sim_counts_show(struct seq_file *m);

/* names.c */
#define SIM_NAME_LEN	64
#define SIM_ANY_LEAF	(~0ULL)
void sim_leaf_name(u64 rax, char *name);
void sim_status_name(u64 status, enum sim_outcome outcome, char *name);
int sim_parse_leaf(const char *name, u64 *rax);
int sim_parse_status(const char *name, u64 *status, enum sim_outcome *outcome);

/* command.c */
int sim_command(char *line);

/* sleep.c */
int sim_sleep_init(void);
void sim_sleep_exit(void);

#endif /* _TDX_SIM_H */
