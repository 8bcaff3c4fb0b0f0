// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMCSs by name: loaded, cleared and borrowed on chosen CPUs, and compared with what VMPTRST
 * says. They are adopted, as a client sees no address of one that vmxcore has allocated.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <asm/vmx.h>

#include <vmxcore/vmxcore.h>

#include "cpus.h"
#include "test.h"

#define MAX_VMCSS	8
#define MAX_NAME	16

struct test_vmcs {
	char name[MAX_NAME];
	u32 *page;
	struct vmxcore_vmcs *handle;
	/* What the call on the other CPU is to find: a load's result, a VM-instruction error. */
	int wanted;
};

static struct test_vmcs vmcss[MAX_VMCSS];

static struct test_vmcs *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < MAX_VMCSS; i++) {
		if (!strcmp(vmcss[i].name, name))
			return &vmcss[i];
	}
	return NULL;
}

static void forget(struct test_vmcs *vmcs)
{
	free_page((unsigned long)vmcs->page);
	memset(vmcs, 0, sizeof(*vmcs));
}

/**
 * test_vmcs_make - adopt a VMCS
 * @client: for whom
 * @name: of the VMCS
 *
 * Return: 0; -EEXIST, -ENOSPC, -ENOMEM; the error of vmxcore_vmcs_adopt().
 */
int test_vmcs_make(struct vmxcore_client *client, const char *name)
{
	struct test_vmcs *vmcs = find("");

	if (find(name) && name[0])
		return -EEXIST;
	if (!vmcs)
		return -ENOSPC;
	vmcs->page = test_vmcs_page();
	if (!vmcs->page)
		return -ENOMEM;
	vmcs->handle = vmxcore_vmcs_adopt(client, vmcs->page);
	if (IS_ERR(vmcs->handle)) {
		int err = PTR_ERR(vmcs->handle);

		forget(vmcs);
		return err;
	}
	strscpy(vmcs->name, name, sizeof(vmcs->name));
	return 0;
}

/**
 * test_vmcs_free - give a VMCS up
 * @name: which
 *
 * Return: 0 or -ENOENT.
 */
int test_vmcs_free(const char *name)
{
	struct test_vmcs *vmcs = find(name);

	if (!vmcs)
		return -ENOENT;
	vmxcore_vmcs_free(vmcs->handle);
	forget(vmcs);
	return 0;
}

/**
 * test_vmcs_clear - VMCLEAR a VMCS
 * @name: which
 *
 * Return: 0 or -ENOENT.
 */
int test_vmcs_clear(const char *name)
{
	struct test_vmcs *vmcs = find(name);

	if (!vmcs)
		return -ENOENT;
	vmxcore_vmcs_clear(vmcs->handle);
	return 0;
}

static int load(void *data)
{
	struct test_vmcs *vmcs = data;
	int news = vmxcore_vmcs_load(vmcs->handle);

	if (news < 0)
		return news;
	if (news != vmcs->wanted || test_current_vmcs() != virt_to_phys(vmcs->page)) {
		pr_err("%s: vmxcore_vmcs_load() returned %d, VMPTRST says %s\n", vmcs->name, news,
		       str_yes_no(test_current_vmcs() == virt_to_phys(vmcs->page)));
		return -EPROTO;
	}
	return test_launch(vmcs->page);
}

/**
 * test_vmcs_load - load a VMCS, and look whether it is current
 * @name: which
 * @cpu: where
 * @wanted: what the load is to return
 *
 * Return: 0; -EPROTO: it returned something else, or is not current; its error; -ENOENT.
 */
int test_vmcs_load(const char *name, unsigned int cpu, int wanted)
{
	struct test_vmcs *vmcs = find(name);

	if (!vmcs)
		return -ENOENT;
	vmcs->wanted = wanted;
	return test_call_on(cpu, "", load, vmcs);
}

static int borrow(void *data)
{
	struct test_vmcs *vmcs = data;
	u64 before = test_current_vmcs(), interrupted;
	bool there;
	int news;

	news = vmxcore_vmcs_borrow(vmcs->handle, &interrupted);
	if (news < 0)
		return news;
	there = test_current_vmcs() == virt_to_phys(vmcs->page);
	vmxcore_vmcs_return(vmcs->handle, interrupted);
	if (there && (before == NO_CURRENT_VMCS || test_current_vmcs() == before))
		return 0;
	pr_err("borrowing %s: %s\n", vmcs->name, there ? "not given back" : "not there");
	return -EPROTO;
}

/**
 * test_vmcs_borrow - borrow a VMCS in an interrupt and give it back, again and again
 * @name: which
 * @cpu: where
 * @times: how often
 *
 * Return: 0; -EPROTO: it was not there, or what was interrupted did not come back; the error of
 * vmxcore_vmcs_borrow(); -ENOENT.
 */
int test_vmcs_borrow(const char *name, unsigned int cpu, unsigned int times)
{
	struct test_vmcs *vmcs = find(name);
	int err = 0;

	if (!vmcs)
		return -ENOENT;
	while (times-- && !err)
		err = test_call_on(cpu, "irq", borrow, vmcs);
	return err;
}

static int is_launched(void *data)
{
	struct test_vmcs *vmcs = data;
	int error = test_vmresume_error(virt_to_phys(vmcs->page));

	if (error < 0)
		return error;
	if (error == vmcs->wanted)
		return 0;
	pr_err("%s: VMRESUME failed with error %d, not %d\n", vmcs->name, error, vmcs->wanted);
	return -EPROTO;
}

/**
 * test_vmcs_launched - ask a CPU whether a VMCS is launched
 * @name: which
 * @cpu: where it is active; any in VMX operation when it is clear
 * @wanted: is it to be launched?
 *
 * Return: 0; -EPROTO: it is the other way; -EFAULT: that CPU is not in VMX operation; -ENOENT.
 */
int test_vmcs_launched(const char *name, unsigned int cpu, bool wanted)
{
	struct test_vmcs *vmcs = find(name);

	if (!vmcs)
		return -ENOENT;
	vmcs->wanted = wanted ? VMXERR_ENTRY_INVALID_CONTROL_FIELD :
				VMXERR_VMRESUME_NONLAUNCHED_VMCS;
	return test_call_on(cpu, "", is_launched, vmcs);
}

/* The page of one of these VMCSs, by its handle; NULL: the handle is none of theirs. */
static const void *page_of(const void *handle)
{
	unsigned int i;

	for (i = 0; i < MAX_VMCSS; i++) {
		if (vmcss[i].handle && vmcss[i].handle == handle)
			return vmcss[i].page;
	}
	return NULL;
}

/*
 * In a task: an interrupt may come between the write of the pointer and the VMPTRLD, or while
 * KVM has a shadow VMCS loaded.
 */
static int compare_books(void *unused)
{
	void *current_vmcs = this_cpu_read(vmxcore_current_vmcs);
	const void *page = page_of(current_vmcs) ?: current_vmcs;

	if (!page || virt_to_phys((void *)page) == test_current_vmcs())
		return 0;
	pr_err("CPU %u: VMPTRST does not store the VMCS that is said to be current\n",
	       smp_processor_id());
	return -EPROTO;
}

/**
 * test_vmcs_books - ask each CPU whether the VMCS that is said to be current there is
 *
 * Return: 0; -EPROTO: one has another, or none.
 */
int test_vmcs_books(void)
{
	unsigned int cpu;
	int err = 0, this;

	for_each_online_cpu(cpu) {
		this = test_call_on(cpu, "", compare_books, NULL);
		if (this)
			err = this;
	}
	return err;
}

/**
 * test_vmcss_exit - forget those that were never given up: vmxcore has taken them back
 */
void test_vmcss_exit(void)
{
	unsigned int i;

	for (i = 0; i < MAX_VMCSS; i++)
		forget(&vmcss[i]);
}
