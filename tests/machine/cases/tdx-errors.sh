# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 memory=1024 limit=400
# kernels: 6.12
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug
# Each SEAMCALL of vmxcore_tdx fails in each way that the ABI has for it:
# loading fails and the log names the leaf, the status and the operand, or
# vmxcore_tdx tries again and it works. VMX is off afterwards, and the TDX
# module keeps no memory.

# check_fails_with LEAF STATUS ERRNO-TEXT LOG: loading fails if the leaf returns
# that.
check_fails_with() {
	about "$1 $2"
	sim_anew
	sim inject "$1" "$2"
	check_tdx_refuses "$3" "$1 failed: $4" configure=1
	check_vmx_on "  VMX is off" none
}

# check_retries LEAF STATUS TIMES: loading succeeds if the leaf fails so often.
check_retries() {
	about "$1 $2 $3 times"
	sim_anew
	sim inject "$1" "$2" times "$3"
	check "vmxcore_tdx loads" modprobe vmxcore_tdx configure=1
	check_sim state SYS_READY
	check "  the leaf was called so often" test "$(sed -n "s/^$1 $2 //p" "$sim"/counts)" = "$3"
	check "  vmxcore_tdx unloads" rmmod vmxcore_tdx
}

load_provider
check "the test client loads" modprobe vmxcore_test
sim_load
tdx_load configure=1
tdx_unload
first=$(free_pages)

check_fails_with TDH.SYS.INIT UD "No such device" TDX_SEAMCALL_UD
check "  the log says what that means" dmesg_has "this CPU does not support SEAMCALL"
check_fails_with TDH.SYS.INIT GP "Operation not supported" TDX_SEAMCALL_GP
check "  the log says what that means" dmesg_has "SEAM is disabled"
check_fails_with TDH.SYS.INIT VMFAILINVALID "No such device" TDX_SEAMCALL_VMFAILINVALID
check "  the log says what that means" dmesg_has "no TDX module is loaded"
check_fails_with TDH.SYS.INIT 0xc000092000000122 \
	"Input/output error" "TDX_INCONSISTENT_MSR .MSR 0x122."
check_fails_with TDH.SYS.INIT TDX_INCOMPATIBLE_SEAM_CAPABILITIES \
	"Input/output error" TDX_INCOMPATIBLE_SEAM_CAPABILITIES
check_fails_with TDH.SYS.INIT TDX_SYS_SHUTDOWN "Cannot send after" TDX_SYS_SHUTDOWN
check_fails_with TDH.SYS.INIT TDX_SYS_BUSY "busy" TDX_SYS_BUSY
check_fails_with TDH.SYS.INIT TDX_RND_NO_ENTROPY \
	"Resource temporarily unavailable" TDX_RND_NO_ENTROPY
check_fails_with TDH.SYS.LP.INIT TDX_SYS_LP_INIT_NOT_PENDING \
	"Input/output error" TDX_SYS_LP_INIT_NOT_PENDING
check_fails_with TDH.SYS.LP.INIT TDX_INCONSISTENT_CPUID_FIELD \
	"Input/output error" TDX_INCONSISTENT_CPUID_FIELD
check_fails_with TDH.SYS.LP.INIT GP "Operation not supported" TDX_SEAMCALL_GP
check_fails_with TDH.SYS.RD 0xc0000c0000000000 "Input/output error" TDX_METADATA_FIELD_ID_INCORRECT
check_fails_with TDH.SYS.RD TDX_SYS_LP_INIT_NOT_DONE "Input/output error" TDX_SYS_LP_INIT_NOT_DONE
check_fails_with TDH.SYS.CONFIG 0xc000010000000002 "Input/output error" "TDX_OPERAND_INVALID .RDX."
check_fails_with TDH.SYS.CONFIG 0xc0000a0000000003 \
	"Input/output error" "TDX_INVALID_TDMR .details 0x3."
check_fails_with TDH.SYS.CONFIG TDX_PAMT_OUTSIDE_CMRS "Input/output error" TDX_PAMT_OUTSIDE_CMRS
check_fails_with TDH.SYS.CONFIG TDX_SYS_CONFIG_NOT_PENDING \
	"Input/output error" TDX_SYS_CONFIG_NOT_PENDING
check "  the log says what that means" \
	dmesg_has "has been configured before, or the machine has more CPUs"
check_fails_with TDH.SYS.CONFIG VMFAILINVALID "No such device" TDX_SEAMCALL_VMFAILINVALID
check_fails_with TDH.SYS.KEY.CONFIG TDX_KEY_GENERATION_FAILED \
	"Resource temporarily unavailable" TDX_KEY_GENERATION_FAILED
check "  the log says which package has no key" dmesg_has "no key on package 0"
check_fails_with TDH.SYS.KEY.CONFIG TDX_SYS_KEY_CONFIG_NOT_PENDING \
	"Input/output error" TDX_SYS_KEY_CONFIG_NOT_PENDING
check_fails_with TDH.SYS.TDMR.INIT 0x8000020000000001 "busy" "TDX_OPERAND_BUSY .RCX."
check_sim state SYS_SHUTDOWN
check_fails_with TDH.SYS.TDMR.INIT TDX_OPERAND_INVALID \
	"Input/output error" "TDX_OPERAND_INVALID .RAX."
check_sim state SYS_SHUTDOWN

about "memory"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	sim_anew
	sim inject TDH.SYS.TDMR.INIT TDX_OPERAND_INVALID
	! modprobe vmxcore_tdx configure=1 || break
done
sim_anew
tdx_load configure=1
tdx_unload
# Each PAMT has 4 MiB at least. A debug kernel keeps freed memory for a while.
lost=$(((first - $(free_pages)) / 256))
log "$lost MiB are lost"
check "  no PAMT of those loads is lost" test $lost -lt "$(checks_itself && echo 60 || echo 8)"

check_retries TDH.SYS.INIT TDX_RND_NO_ENTROPY 25
check_retries TDH.SYS.LP.INIT TDX_SYS_BUSY 7
check_retries TDH.SYS.LP.INIT TDX_RND_NO_ENTROPY 12
check_retries TDH.SYS.CONFIG TDX_SYS_BUSY 3
check_retries TDH.SYS.KEY.CONFIG TDX_KEY_GENERATION_FAILED 4
check_retries TDH.SYS.TDMR.INIT TDX_OPERAND_BUSY 5

about "no P-SEAMLDR"
sim_anew
sim seamldr absent
tdx_load
check_equal "  its version is empty" "$(cat "$tdx"/seamldr_version)" ""
tdx_unload

# Memory that the TDX module may still write to is never freed.
last=
for round in 1 2 3 4; do
	about "TDH.SYS.SHUTDOWN fails, round $round"
	sim_anew
	tdx_load configure=1
	log "the PAMT was at ${last:-none}, and is at $(pamt_at) MiB"
	check "  the PAMT is at another address than before" test "$(pamt_at)" != "$last"
	last=$(pamt_at)
	sim inject TDH.SYS.SHUTDOWN TDX_SYS_BUSY
	dmesg_mark
	tdx_unload
	check "  the log says what stays" \
		dmesg_has "cannot be shut down and keeps [0-9]+ MiB until the next boot"
	check "  the PAMTs are untouched" sim pamt intact
done
about ""
check "all memory is used" memory_is_used
check "  the PAMTs are untouched" sim pamt intact
check_vmx_on "VMX is off" none
