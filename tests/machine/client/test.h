/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_TEST_H
#define _VMXCORE_TEST_H

#include <linux/types.h>

struct seq_file;
struct vmxcore_client;

/* command.c: runs one command line, and returns 0 or a negative errno */
int test_command(char *line);

/* clients.c: this module's clients, by name */
int test_register(const char *name, const char *how);
int test_unregister(const char *name);
int test_find(const char *name, struct vmxcore_client **client);
void test_unregister_all(void);
void test_clients_show(struct seq_file *m);

/* context.c: calls in a chosen context */
int test_call_on(unsigned int cpu, const char *context, int (*call)(void *arg), void *arg);
int test_get_atomic(struct vmxcore_client *client);
int test_put_atomic(struct vmxcore_client *client);
int test_unregister_atomic(struct vmxcore_client *client);

/* storm.c: gets and puts from more threads than there are CPUs */
int test_storm_start(unsigned int iterations);
int test_storm_stop(void);
int test_storm(unsigned int iterations);
void test_storm_show(struct seq_file *m);

/* churn.c: a client that is unregistered while others use it */
int test_churn(unsigned int times);

/* fuzz.c: random programs of calls */
int test_fuzz(u64 seed, unsigned int threads, unsigned int steps);
int test_fuzz_end(void);
int test_fuzz_calls(char *list);
void test_fuzz_show(struct seq_file *m);

/* down.c: a machine that goes down many times */
int test_down(unsigned int times);
unsigned int test_down_epoch(void);
bool test_went_down_since(unsigned int then);

/* hooks.c: get_cpu at each step of a CPU's way up and down */
int test_hooks_on(void);
void test_hooks_off(void);
void test_hooks_show(struct seq_file *m);

/* inject.c: functions of vmxcore that are delayed, left out or counted */
int test_delay(const char *function, unsigned int us);
int test_await_delay(void);
int test_leave_out(const char *function, bool on);
int test_count(const char *function, bool on);
int test_count_ibpb(const char *function, bool on);
void test_counts_show(struct seq_file *m);
int test_blind(bool on);
void test_inject_exit(void);
void *test_function(const char *symbol);
void *test_variable(const char *symbol);

/* witness.c: what the crash kernel learns about this kernel's VMCSs */
int test_witness(void);
void test_witness_show(struct seq_file *m);
void test_witness_exit(void);

/* emergency.c: the kernel's emergency callback, and an NMI */
int test_emergency_init(void);
void test_emergency_exit(void);
void test_emergency_show(struct seq_file *m);
int test_nmi(unsigned int cpu);

/* wake.c: wake from suspend to idle */
int test_wake_init(void);
void test_wake_exit(void);
int test_wake(unsigned int ms);

/* entry.c: a VM entry */
int test_vm_entry(bool resume);

/* launch.c: the launch state of VMCSs */
int test_launch_init(void);
void test_launch_exit(void);
u32 *test_vmcs_page(void);
int test_launch(u32 *page);
int test_vmresume_error(u64 pa);
int test_vmcs_cleared(u64 pa);

/* vmcs.c: VMCSs by name */
int test_vmcs_make(struct vmxcore_client *client, const char *name);
int test_vmcs_free(const char *name);
int test_vmcs_clear(const char *name);
int test_vmcs_load(const char *name, unsigned int cpu, int wanted);
int test_vmcs_borrow(const char *name, unsigned int cpu, unsigned int times);
int test_vmcs_launched(const char *name, unsigned int cpu, bool wanted);
int test_vmcs_compare_current(void);
void test_vmcss_exit(void);

/* stranger.c: VMCSs that vmxcore does not know */
int test_stranger(unsigned int cpu, const char *how);
void test_stranger_exit(void);

/* vpid.c: all VPIDs of the machine */
int test_vpids_take(struct vmxcore_client *a, struct vmxcore_client *b, unsigned int wanted);
void test_vpids_free(struct vmxcore_client *client, bool second);
void test_vpids_forget(bool second);
int test_guest_vpid(unsigned int cpu, bool wanted);

/* pid_table.c */
int test_pid_table(void);

/* hardware.c: a CPU's VMX state, changed without vmxcore's knowledge */
int test_set_vmxe(unsigned int cpu, bool set);
int test_set_ne(unsigned int cpu, bool set);
int test_foreign(unsigned int cpu, bool on);
int test_vmx_enter(void *root);
int test_vmx_leave(void);
int test_compare_caps(void);

/* broken.c: hardware faults that no emulator offers */
int test_broken_init(void);
void test_broken_exit(void);
int test_break_revision(unsigned int cpu, bool broken);
int test_break_caps(unsigned int cpu, const char *field);
int test_fred(bool on);

/* mce.c: a machine check during VM entry */
int test_mce_at_entry(void);
void test_mce_exit(void);

#endif /* _VMXCORE_TEST_H */
