/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMXCORE_TEST_H
#define _VMXCORE_TEST_H

#include <linux/types.h>

struct seq_file;
struct vmxcore_client;

/* A command's words and what it returns to the writer: 0 or a negative errno. */
int test_command(char *line);

/* clients.c: the clients of this module, by name */
int test_register(const char *name);
int test_unregister(const char *name);
int test_find(const char *name, struct vmxcore_client **client);
void test_unregister_all(void);
void test_clients_show(struct seq_file *m);

/* context.c: one call on a chosen CPU, in a chosen context */
int test_call_on(unsigned int cpu, const char *context, int (*call)(void *arg), void *arg);

/* storm.c: get and put from every CPU at once */
int test_storm(struct vmxcore_client *client, unsigned int iterations);

/* hardware.c: what the CPU itself says, and how to bend it */
bool test_vmx_on(void);
void test_cpus_show(struct seq_file *m);
int test_set_vmxe(unsigned int cpu, bool set);
int test_set_ne(unsigned int cpu, bool set);
int test_foreign(unsigned int cpu, bool on);
int test_compare_caps(void);

/* broken.c: hardware that no emulator has */
int test_broken_init(void);
void test_broken_exit(void);
int test_break_revision(unsigned int cpu, bool broken);
int test_break_caps(unsigned int cpu, const char *field);

#endif /* _VMXCORE_TEST_H */
