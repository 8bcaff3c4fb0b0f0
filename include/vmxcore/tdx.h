/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* SEAMCALLs by vmxcore_tdx, for other modules, with or without KVM */
#ifndef _VMXCORE_TDX_H
#define _VMXCORE_TDX_H

#include <linux/bits.h>
#include <linux/types.h>

/*
 * Values that vmxcore_tdx_seamcall() returns if no SEAM software has set RAX.
 * Intel leaves their class to host software ("Intel TDX Module ABI
 * Specification", completion status codes); the values are those of Linux's
 * <asm/tdx.h>.
 *
 * VMXCORE_TDX_UD: SEAMCALL raised #UD: this CPU has no SEAM or is not in VMX
 *	operation.
 * VMXCORE_TDX_GP: SEAMCALL raised #GP: SEAM is disabled on this CPU.
 * VMXCORE_TDX_VMFAILINVALID: VMfailInvalid: the module that the leaf is for (TDX
 *	module or P-SEAMLDR) is not loaded.
 */
#define VMXCORE_TDX_SW_ERROR		(BIT_ULL(63) | GENMASK_ULL(47, 40))
#define VMXCORE_TDX_UD			(VMXCORE_TDX_SW_ERROR | 6)
#define VMXCORE_TDX_GP			(VMXCORE_TDX_SW_ERROR | 13)
#define VMXCORE_TDX_VMFAILINVALID	(VMXCORE_TDX_SW_ERROR | 0xffff0000)

/*
 * RAX also says which of the two SEAM modules is called, and the version of the
 * leaf.
 */
#define VMXCORE_TDX_SEAMLDR		BIT_ULL(63)
#define VMXCORE_TDX_VERSION(v)		((u64)(v) << 16)

/**
 * struct vmxcore_tdx_args - the registers of a SEAMCALL except RAX, in and out
 * @rcx: RCX
 * @rdx: RDX
 * @r8: R8
 * @r9: R9
 * @r10: R10
 * @r11: R11
 * @r12: R12
 * @r13: R13
 * @r14: R14
 * @r15: R15
 * @rbx: RBX
 * @rdi: RDI
 * @rsi: RSI
 *
 * The caller sets registers that the leaf does not take to 0. Registers that
 * the leaf does not return are unchanged. RBP is not passed, because the leaves
 * that could use it (TDH.VP.ENTER) leave it unchanged in TDX modules with
 * NO_RBP_MOD.
 */
struct vmxcore_tdx_args {
	u64 rcx;
	u64 rdx;
	u64 r8;
	u64 r9;
	u64 r10;
	u64 r11;
	u64 r12;
	u64 r13;
	u64 r14;
	u64 r15;
	u64 rbx;
	u64 rdi;
	u64 rsi;
};

u64 vmxcore_tdx_seamcall(u64 leaf, struct vmxcore_tdx_args *args);

#endif /* _VMXCORE_TDX_H */
