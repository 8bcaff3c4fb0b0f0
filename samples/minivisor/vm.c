// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and ending a VM: its memory, and what vmxcore lends it.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/pgtable_types.h>

#include "minivisor.h"

static void free_memory(struct minivisor_vm *vm)
{
	size_t i;

	for (i = 0; i < GUEST_PAGES && vm->memory[i]; i++)
		__free_page(vm->memory[i]);
}

static void *at(struct minivisor_vm *vm, u64 gpa)
{
	return page_address(vm->memory[gpa >> PAGE_SHIFT]) + offset_in_page(gpa);
}

/* Page tables of the guest's own: the first 2 MiB, one to one. */
static void fill_memory(struct minivisor_vm *vm)
{
	*(u64 *)at(vm, GUEST_PML4) = GUEST_PDPT | _PAGE_PRESENT | _PAGE_RW;
	*(u64 *)at(vm, GUEST_PDPT) = GUEST_PD | _PAGE_PRESENT | _PAGE_RW;
	*(u64 *)at(vm, GUEST_PD) = _PAGE_PRESENT | _PAGE_RW | _PAGE_PSE;
	memcpy(at(vm, GUEST_CODE), minivisor_guest,
	       minivisor_guest_end - minivisor_guest);
}

static int make_memory(struct minivisor_vm *vm)
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

/* A VM needs no VPID. Without one its translations do not outlive an exit. */
static void take_vpid(struct minivisor_vm *vm)
{
	int vpid = vmxcore_vpid_alloc(minivisor_client);

	vm->vpid = vpid > 0 ? vpid : 0;
}

static void give_back(struct minivisor_vm *vm)
{
	/* It may be loaded, here or elsewhere, and VMCLEAR needs VMX: before the put. */
	vmxcore_vmcs_free(vm->vmcs);
	if (vm->vpid)
		vmxcore_vpid_free(minivisor_client, vm->vpid);
	vmxcore_put(minivisor_client);
}

static int borrow(struct minivisor_vm *vm)
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
		give_back(vm);
	return err;
}

/**
 * minivisor_vm_create - make a VM
 *
 * Context: task, may sleep.
 * Return: the VM, or ERR_PTR: -ENOMEM, or an error of vmxcore_get(), vmxcore_vmcs_alloc()
 * or vmxcore_vmcs_load().
 */
struct minivisor_vm *minivisor_vm_create(void)
{
	struct minivisor_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	int err;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	mutex_init(&vm->lock);
	vm->rip = GUEST_CODE;

	err = make_memory(vm);
	if (err)
		goto out_free;
	err = borrow(vm);
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

/**
 * minivisor_vm_start - tell the guest what to compute
 * @vm: which; it has not run yet
 * @seed: its first x
 * @steps: how many steps a round has
 *
 * Context: task.
 * Return: 0; -EINVAL: too few steps, or too many.
 */
int minivisor_vm_start(struct minivisor_vm *vm, u64 seed, u64 steps)
{
	if (steps < MINIVISOR_MIN_STEPS || steps > MINIVISOR_MAX_STEPS)
		return -EINVAL;
	vm->run.seed = (u32)seed;
	vm->run.steps = steps;
	vm->regs[GUEST_R8] = vm->run.seed;
	*(u32 *)at(vm, GUEST_STEPS) = steps;
	return 0;
}

/**
 * minivisor_vm_destroy - end a VM
 * @vm: which; nobody runs it
 *
 * The EPT pages go last: as long as a CPU may be in VMX operation with this VMCS, it may
 * read them.
 *
 * Context: task, may sleep.
 */
void minivisor_vm_destroy(struct minivisor_vm *vm)
{
	give_back(vm);
	free_memory(vm);
	minivisor_ept_free(&vm->ept);
	kfree(vm);
}
