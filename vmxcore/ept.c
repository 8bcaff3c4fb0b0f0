// SPDX-License-Identifier: GPL-2.0-only
/*
 * EPT roots: the flush when one is new to a CPU.
 */
#include <linux/instruction_pointer.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>

#include "client.h"
#include "context.h"
#include "cpu.h"

static int flush_root(u64 eptp)
{
	u32 ept = lower_32_bits(vmxcore_caps()->ept_vpid);

	if (!(ept & VMX_EPT_INVEPT_BIT))
		return -EOPNOTSUPP;
	if (ept & VMX_EPT_EXTENT_CONTEXT_BIT)
		return vmxcore_invept_single(eptp);
	return vmxcore_invept_all();
}

/**
 * vmxcore_ept_activate() - flush an EPT root before its first use on this CPU
 * @eptp: EPT pointer
 *
 * Guest-physical mappings are tagged by the address of the EPT root alone (SDM volume 3,
 * "Information That May Be Cached"). If the page was an EPT root of another hypervisor before,
 * the TLBs of the CPUs that used it may still have mappings under its address, because no
 * hypervisor flushes a root when it frees it. The client calls this whenever
 * vmxcore_vmcs_load() returned %VMXCORE_VMCS_CLEAR or %VMXCORE_VMCS_MOVED, and when the root
 * has changed.
 *
 * Context: preemption off, or a thread bound to its CPU; VMX on.
 * Return: 0; -EPERM: VMX is off, no client has a reference here; -ESHUTDOWN: this CPU or the
 * machine is on its way down; -EOPNOTSUPP: this CPU has no INVEPT; -EIO: INVEPT reported VMfail;
 * -EFAULT: VMX is off behind vmxcore's back; -EINVAL: the wrong context; or why this CPU has
 * lost VMX, as vmxcore_vmcs_load().
 */
int vmxcore_ept_activate(u64 eptp)
{
	unsigned long flags;
	int err;

	if (!vmxcore_may_use_this_cpu())
		return vmxcore_report_misuse(VMXCORE_MISUSE_CONTEXT, NULL, __func__, _RET_IP_);
	local_irq_save(flags);
	err = vmxcore_cpu_usable() ?: flush_root(eptp);
	local_irq_restore(flags);
	return err;
}
EXPORT_SYMBOL_GPL(vmxcore_ept_activate);
