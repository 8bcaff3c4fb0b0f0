// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of VPIDs, and the flushes when VMX is turned on for a CPU.
 */
#include <linux/kernel.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>
#include <vmxcore/vmxcore.h>

#include "tlb.h"

u8 *vmxcore_vpids;

/* @ept_vpid: IA32_VMX_EPT_VPID_CAP. @extent: a VMX_VPID_EXTENT_*_BIT */
bool vmxcore_has_invvpid(u64 ept_vpid, u32 extent)
{
	u32 vpid = upper_32_bits(ept_vpid);

	return (vpid & VMX_VPID_INVVPID_BIT) && (vpid & extent);
}

/* Flush the translations of all VPIDs on this CPU, where INVVPID can. VMX is on. */
void vmxcore_flush_vpids(u64 ept_vpid)
{
	if (vmxcore_has_invvpid(ept_vpid, VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT))
		vmxcore_invvpid_all();
}

/*
 * Flush the translations of all guests on this CPU. VMXON and VMXOFF need not flush what a
 * guest left (SDM volume 3, "Operations that Invalidate Cached Mappings"), and which
 * hypervisor had VMX before is not known. A nested machine often has none of these
 * instructions, which are #UD there. Interrupts are off, VMX is on.
 */
void vmxcore_flush_all(u64 ept_vpid)
{
	u32 ept = lower_32_bits(ept_vpid);

	if ((ept & VMX_EPT_INVEPT_BIT) && (ept & VMX_EPT_EXTENT_GLOBAL_BIT))
		vmxcore_invept_all();
	vmxcore_flush_vpids(ept_vpid);
}

/*
 * VMX was turned on for this CPU, interrupts are off: flush what guests left here under the
 * VPIDs in use. Where INVVPID of all contexts exists, vmxcore_flush_all() has done it.
 */
void vmxcore_vpids_flush_here(void)
{
	u64 ept_vpid = vmxcore_caps()->ept_vpid;
	unsigned int vpid;

	if (vmxcore_has_invvpid(ept_vpid, VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT) ||
	    !vmxcore_has_invvpid(ept_vpid, VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT))
		return;
	/* Pairs with take() in vpid.c: a VPID that is given out now is flushed here or there. */
	smp_mb();
	for (vpid = VMXCORE_FIRST_VPID; vpid < VMXCORE_NR_VPIDS; vpid++) {
		if (READ_ONCE(vmxcore_vpids[vpid]) >= VMXCORE_VPID_OF_CLIENT)
			vmxcore_invvpid_single(vpid);
	}
}
