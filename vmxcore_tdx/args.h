/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets into struct vmxcore_tdx_args for seamcall.S; call.c checks them. */
#ifndef _VMXCORE_TDX_ARGS_H
#define _VMXCORE_TDX_ARGS_H

#define ARG_RCX		0
#define ARG_RDX		1
#define ARG_R8		2
#define ARG_R9		3
#define ARG_R10		4
#define ARG_R11		5
#define ARG_R12		6
#define ARG_R13		7
#define ARG_R14		8
#define ARG_R15		9
#define ARG_RBX		10
#define ARG_RDI		11
#define ARG_RSI		12

#define ARG(name)	(ARG_##name * 8)

#endif /* _VMXCORE_TDX_ARGS_H */
