// SPDX-License-Identifier: GPL-2.0-only
/*
 * Create and destroy a VM: its memory, and its reference, VMCS and VPID from
 * vmxcore.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/pgtable_types.h>

#include "minivisor.h"

/* Registered by main.c for as long as the module is loaded. */
struct vmxcore_client *minivisor_client;

static void free_memory(struct minivisor_vm *vm)
{
	size_t i;

	for (i = 0; i < GUEST_PAGES && vm->memory[i]; i++)
		__free_page(vm->memory[i]);
}

static void *guest_ptr(struct minivisor_vm *vm, u64 gpa)
{
	return page_address(vm->memory[gpa >> PAGE_SHIFT]) + offset_in_page(gpa);
}

/*
 * The guest's own page tables map the first 2 MiB one to one, by one large
 * page.
 */
static void fill_memory(struct minivisor_vm *vm)
{
	*(u64 *)guest_ptr(vm, GUEST_PML4) = GUEST_PDPT | _PAGE_PRESENT | _PAGE_RW;
	*(u64 *)guest_ptr(vm, GUEST_PDPT) = GUEST_PD | _PAGE_PRESENT | _PAGE_RW;
	*(u64 *)guest_ptr(vm, GUEST_PD) = _PAGE_PRESENT | _PAGE_RW | _PAGE_PSE;
	memcpy(guest_ptr(vm, GUEST_CODE), minivisor_guest,
	       minivisor_guest_end - minivisor_guest);
}

static int alloc_memory(struct minivisor_vm *vm)
{
	size_t i;
	int err;

	err = minivisor_ept_init(&vm->ept);
	if (err)
		return err;
	for (i = 0; i < GUEST_PAGES; i++) {
		vm->memory[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!vm->memory[i])
			goto out;
		minivisor_ept_map(&vm->ept, i << PAGE_SHIFT, vm->memory[i]);
	}
	minivisor_ept_unmap(&vm->ept, GUEST_LAZY);
	fill_memory(vm);
	return 0;

out:
	free_memory(vm);
	minivisor_ept_free(&vm->ept);
	return -ENOMEM;
}

/*
 * A VM works without a VPID: each VM entry and exit then flushes its
 * translations.
 */
static void take_vpid(struct minivisor_vm *vm)
{
	int vpid = vmxcore_vpid_alloc(minivisor_client);

	vm->vpid = vpid > 0 ? vpid : 0;
}

static void release_vmx(struct minivisor_vm *vm)
{
	/*
	 * The VMCS may be active on some CPU, and VMCLEAR needs VMX. So this
	 * precedes the put.
	 */
	vmxcore_vmcs_free(vm->vmcs);
	if (vm->vpid)
		vmxcore_vpid_free(minivisor_client, vm->vpid);
	vmxcore_put(minivisor_client);
}

static int acquire_vmx(struct minivisor_vm *vm)
{
	int err;

	err = vmxcore_get(minivisor_client);
	if (err)
		return err;

	vm->vmcs = vmxcore_vmcs_alloc(minivisor_client, NUMA_NO_NODE);
	if (IS_ERR(vm->vmcs)) {
		vmxcore_put(minivisor_client);
		return PTR_ERR(vm->vmcs);
	}
	take_vpid(vm);

	err = minivisor_vmcs_init(vm);
	if (err)
		release_vmx(vm);
	return err;
}

/*
 * Returns the VM, or ERR_PTR() with -ENOMEM or an error of vmxcore_get(),
 * vmxcore_vmcs_alloc() or vmxcore_vmcs_load().
 */
struct minivisor_vm *minivisor_vm_create(void)
{
	struct minivisor_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	int err;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	mutex_init(&vm->lock);
	vm->rip = GUEST_CODE;

	err = alloc_memory(vm);
	if (err)
		goto out_free;
	err = acquire_vmx(vm);
	if (err)
		goto out_memory;
	return vm;

out_memory:
	free_memory(vm);
	minivisor_ept_free(&vm->ept);
out_free:
	kfree(vm);
	return ERR_PTR(err);
}

/* Sets the guest's parameters, for a VM that has not run yet. */
int minivisor_vm_start(struct minivisor_vm *vm, u64 seed, u64 steps)
{
	if (steps < MINIVISOR_MIN_STEPS || steps > MINIVISOR_MAX_STEPS)
		return -EINVAL;
	vm->run.seed = (u32)seed;
	vm->run.steps = steps;
	vm->regs[GUEST_R8] = vm->run.seed;
	*(u32 *)guest_ptr(vm, GUEST_STEPS) = steps;
	return 0;
}

/*
 * The EPT pages go last: a CPU in VMX operation may read them while the VMCS is
 * active there.
 */
void minivisor_vm_destroy(struct minivisor_vm *vm)
{
	release_vmx(vm);
	free_memory(vm);
	minivisor_ept_free(&vm->ept);
	kfree(vm);
}
