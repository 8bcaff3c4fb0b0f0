// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine check during VM entry, which no emulator offers: after one return
 * of minivisor_enter(), the VMCS and IA32_MCG_STATUS hold what a CPU would
 * write (SDM volume 3, "Machine-Check Events During VM Entry"). This needs a
 * CPU whose VMWRITE can write read-only fields.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/vmx.h>

#include <vmxcore/insn.h>

#include "compat.h"
#include "test.h"

static atomic_t due = ATOMIC_INIT(0);

static int entry_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (regs_return_value(regs) || !atomic_xchg(&due, 0))
		return 0;
	if (vmxcore_vmwrite(VM_EXIT_REASON,
			    VMX_EXIT_REASONS_FAILED_VMENTRY | EXIT_REASON_MCE_DURING_VMENTRY))
		pr_err("VM_EXIT_REASON can't be written\n");
	wrmsrq(MSR_IA32_MCG_STATUS, MCG_STATUS_MCIP | MCG_STATUS_RIPV);
	return 0;
}

static struct kretprobe entry_probe = {
	.kp.symbol_name = "minivisor:minivisor_enter",
	.handler = entry_return,
};

static bool probed;

/* Simulates a machine check during minivisor's next VM entry. */
int test_mce_at_entry(void)
{
	int err = 0;

	if (!probed)
		err = register_kretprobe(&entry_probe);
	if (err)
		return err;
	probed = true;
	atomic_set(&due, 1);
	return 0;
}

void test_mce_exit(void)
{
	if (probed)
		unregister_kretprobe(&entry_probe);
}
