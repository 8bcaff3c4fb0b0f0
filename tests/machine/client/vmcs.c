// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMCSs by name: loaded, cleared and borrowed on chosen CPUs, and compared with
 * what VMPTRST stores. They are adopted, as a client does not learn the address
 * of a VMCS that vmxcore has allocated.
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
	/* expected on the other CPU: a load's result, or a VM-instruction error */
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

/* Adopts a VMCS for a client, under a name. */
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

int test_vmcs_free(const char *name)
{
	struct test_vmcs *vmcs = find(name);

	if (!vmcs)
		return -ENOENT;
	vmxcore_vmcs_free(vmcs->handle);
	forget(vmcs);
	return 0;
}

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

/*
 * Loads a VMCS on a CPU and compares it with the current one. @wanted is the
 * expected result. Returns -EPROTO if either differs.
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

/*
 * Borrows a VMCS in an interrupt and returns it, @times times. Returns -EPROTO
 * if it was not current in between, or if the interrupted VMCS was not
 * restored.
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

/*
 * Asks a CPU on which the VMCS is active, or any CPU in VMX operation if it is
 * clear, whether the VMCS is launched. Returns -EPROTO if the answer is not
 * @wanted.
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

/*
 * Returns the page of the VMCS with this handle, or NULL if it is no VMCS of
 * this file.
 */
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
 * Compare in a task: an interrupt may arrive between the write of the pointer
 * and the VMPTRLD, or while KVM has a shadow VMCS loaded.
 */
static int compare_current(void *unused)
{
	void *current_vmcs = this_cpu_read(vmxcore_current_vmcs);
	const void *page = page_of(current_vmcs) ?: current_vmcs;

	if (!page || virt_to_phys((void *)page) == test_current_vmcs())
		return 0;
	pr_err("CPU %u: VMPTRST does not store the VMCS that is said to be current\n",
	       smp_processor_id());
	return -EPROTO;
}

/*
 * Asks each CPU whether the VMCS in vmxcore_current_vmcs is current there.
 * Returns -EPROTO if it is not.
 */
int test_vmcs_compare_current(void)
{
	unsigned int cpu;
	int err = 0, this;

	for_each_online_cpu(cpu) {
		this = test_call_on(cpu, "", compare_current, NULL);
		if (this)
			err = this;
	}
	return err;
}

/*
 * Frees the pages of VMCSs that were never freed. vmxcore has taken the VMCSs
 * back.
 */
void test_vmcss_exit(void)
{
	unsigned int i;

	for (i = 0; i < MAX_VMCSS; i++)
		forget(&vmcss[i]);
}
