// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that the kernel does not export to modules, under the kernel's
 * names: CPU hotplug without the state of the device, suspend without user
 * space, shutdown, files of sysfs, pages that are not mapped, and decoding of
 * instructions. They are looked up when the module is loaded, because some are
 * called where sleeping is not allowed.
 */
#include <linux/cpu.h>
#include <linux/kernfs.h>
#include <linux/kprobes.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>
#include <asm/insn.h>
#include <asm/insn-eval.h>
#include <asm/set_memory.h>
#include <../kernel/power/power.h>

#include "unexported.h"

static typeof(cpu_device_up) *device_up;
static typeof(cpu_device_down) *device_down;
static typeof(suspend_devices_and_enter) *enter;
static typeof(syscore_shutdown) *shut_down;
static typeof(kernfs_walk_and_get_ns) *walk;
static typeof(set_memory_np) *unmap_pages;
static typeof(set_memory_p) *map_pages;
static typeof(insn_decode) *decode;
static typeof(insn_get_addr_ref) *address_of;
static typeof(insn_get_modrm_reg_off) *register_of;

int cpu_device_up(struct device *dev)
{
	return device_up(dev);
}

int cpu_device_down(struct device *dev)
{
	return device_down(dev);
}

int suspend_devices_and_enter(suspend_state_t state)
{
	return enter(state);
}

void syscore_shutdown(void)
{
	shut_down();
}

struct kernfs_node *kernfs_walk_and_get_ns(struct kernfs_node *parent, const char *path,
					   const void *ns)
{
	return walk(parent, path, ns);
}

int set_memory_np(unsigned long addr, int numpages)
{
	return unmap_pages(addr, numpages);
}

int set_memory_p(unsigned long addr, int numpages)
{
	return map_pages(addr, numpages);
}

int insn_decode(struct insn *insn, const void *kaddr, int buf_len, enum insn_mode mode)
{
	return decode(insn, kaddr, buf_len, mode);
}

void __user *insn_get_addr_ref(struct insn *insn, struct pt_regs *regs)
{
	return address_of(insn, regs);
}

int insn_get_modrm_reg_off(struct insn *insn, struct pt_regs *regs)
{
	return register_of(insn, regs);
}

static void *kernel_function(const char *name)
{
	struct kprobe probe = { .symbol_name = name };
	void *function;

	if (register_kprobe(&probe)) {
		pr_err("this kernel has no %s(): the suites cannot run\n", name);
		return NULL;
	}
	function = probe.addr;
	unregister_kprobe(&probe);
	return function;
}

/* Returns -ENOENT if the kernel lacks one of them. The log says which. */
int unexported_find(void)
{
	device_up = kernel_function("cpu_device_up");
	device_down = kernel_function("cpu_device_down");
	enter = kernel_function("suspend_devices_and_enter");
	shut_down = kernel_function("syscore_shutdown");
	walk = kernel_function("kernfs_walk_and_get_ns");
	unmap_pages = kernel_function("set_memory_np");
	map_pages = kernel_function("set_memory_p");
	decode = kernel_function("insn_decode");
	address_of = kernel_function("insn_get_addr_ref");
	register_of = kernel_function("insn_get_modrm_reg_off");
	if (!device_up || !device_down || !enter || !shut_down || !walk || !unmap_pages ||
	    !map_pages || !decode || !address_of || !register_of)
		return -ENOENT;
	return 0;
}
