// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TLBs remember of guests, and under which tag: the flushes when a CPU goes on
 * and when an EPT root is new to it.
 */
#include <linux/instruction_pointer.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>

#include "client.h"
#include "context.h"
#include "cpu.h"
#include "translation.h"

static bool has_invvpid(u64 ept_vpid, u32 extent)
{
	u32 vpid = upper_32_bits(ept_vpid);

	return (vpid & VMX_VPID_INVVPID_BIT) && (vpid & extent);
}

/**
 * vmxcore_has_invvpid_all - can a CPU forget the translations of all VPIDs at once?
 * @ept_vpid: IA32_VMX_EPT_VPID_CAP of it
 *
 * Context: any.
 * Return: true or false.
 */
bool vmxcore_has_invvpid_all(u64 ept_vpid)
{
	return has_invvpid(ept_vpid, VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT);
}

/**
 * vmxcore_has_invvpid_single - can a CPU forget the translations of a single VPID?
 * @ept_vpid: IA32_VMX_EPT_VPID_CAP of it
 *
 * Context: any.
 * Return: true or false.
 */
bool vmxcore_has_invvpid_single(u64 ept_vpid)
{
	return has_invvpid(ept_vpid, VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT);
}

/**
 * vmxcore_flush_all - forget the translations of all guests on this CPU
 * @ept_vpid: IA32_VMX_EPT_VPID_CAP of this CPU
 *
 * VMXON and VMXOFF need not flush what a guest left (SDM, "Operations that Invalidate
 * Cached Mappings"), and who had VMX before is not known. A nested machine often has
 * none of these instructions: there they are #UD.
 *
 * Context: this CPU, interrupts off, VMX on.
 */
void vmxcore_flush_all(u64 ept_vpid)
{
	u32 ept = lower_32_bits(ept_vpid);

	if ((ept & VMX_EPT_INVEPT_BIT) && (ept & VMX_EPT_EXTENT_GLOBAL_BIT))
		vmxcore_invept_all();
	if (vmxcore_has_invvpid_all(ept_vpid))
		vmxcore_invvpid_all();
}

static int activate(u64 eptp)
{
	u32 ept = lower_32_bits(vmxcore_caps()->ept_vpid);

	if (!(ept & VMX_EPT_INVEPT_BIT))
		return -EOPNOTSUPP;
	if (ept & VMX_EPT_EXTENT_CONTEXT_BIT)
		return vmxcore_invept_single(eptp);
	return vmxcore_invept_all();
}

/**
 * vmxcore_ept_activate() - an EPT root is used for the first time on this CPU
 * @eptp: EPT pointer
 *
 * Guest-physical mappings are tagged by the address of the EPT root alone (SDM volume 3,
 * "Information That May Be Cached"): a page that was somebody else's root before still
 * has his in the TLB of each CPU where he used it, as nobody flushes a root that he
 * frees. To be called whenever vmxcore_vmcs_load() returned %VMXCORE_VMCS_CLEAR or
 * %VMXCORE_VMCS_MOVED, and when the root has changed.
 *
 * Context: preemption off, VMX on.
 * Return: 0; -ESHUTDOWN and -EIO as vmxcore_vmcs_load(); -EPERM: VMX is off, nobody has a
 * reference here; -EOPNOTSUPP: this CPU has no INVEPT; -EINVAL: the wrong context.
 */
int vmxcore_ept_activate(u64 eptp)
{
	unsigned long flags;
	int err;

	if (!vmxcore_may_use_this_cpu()) {
		vmxcore_misuse(VMXCORE_MISUSE_CONTEXT, NULL, __func__, _RET_IP_);
		return -EINVAL;
	}
	local_irq_save(flags);
	err = vmxcore_cpu_usable() ?: activate(eptp);
	local_irq_restore(flags);
	return err;
}
EXPORT_SYMBOL_GPL(vmxcore_ept_activate);
