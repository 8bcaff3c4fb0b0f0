# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 memory=1024 limit=400
# kernels: 6.12
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug
# Each SEAMCALL of vmxcore_tdx's fails in each way that the ABI has for it: loading fails and the log names the leaf, the status
# and the operand, or it is tried again and works; VMX is off afterwards, and no memory is left with the TDX module.

# fails LEAF STATUS ERRNO-TEXT LOG: while it is configured.
fails() {
	sim_anew
	sim inject "$1" "$2"
	check_tdx_refuses "$3" "$1 failed: $4" configure=1
	check_vmx_on "  nothing is left on" none
}

# goes_on LEAF STATUS TIMES: it fails so often, and loading succeeds.
goes_on() {
	sim_anew
	sim inject "$1" "$2" times "$3"
	check "$1: $2 $3 times, and it works" modprobe vmxcore_tdx configure=1
	check "  in SEAM: ready" grep -qx 'state SYS_READY' "$sim"/state
	check "  each of them was seen" test "$(sed -n "s/^$1 $2 //p" "$sim"/counts)" = "$3"
	check "  unloads" rmmod vmxcore_tdx
}

load_provider
check "the test client loads" modprobe vmxcore_test
sim_load
tdx_load configure=1
tdx_unload
first=$(free_pages)

fails TDH.SYS.INIT UD "No such device" TDX_SEAMCALL_UD
check "  it says what that means" dmesg_has "no SEAM: this CPU does not know SEAMCALL"
fails TDH.SYS.INIT GP "Operation not supported" TDX_SEAMCALL_GP
check "  it says what that means" dmesg_has "SEAM is disabled"
fails TDH.SYS.INIT VMFAILINVALID "No such device" TDX_SEAMCALL_VMFAILINVALID
check "  it says what that means" dmesg_has "no TDX module is loaded"
fails TDH.SYS.INIT 0xc000092000000122 "Input/output error" "TDX_INCONSISTENT_MSR .MSR 0x122."
fails TDH.SYS.INIT TDX_INCOMPATIBLE_SEAM_CAPABILITIES "Input/output error" TDX_INCOMPATIBLE_SEAM_CAPABILITIES
fails TDH.SYS.INIT TDX_SYS_SHUTDOWN "Cannot send after" TDX_SYS_SHUTDOWN
fails TDH.SYS.INIT TDX_SYS_BUSY "busy" TDX_SYS_BUSY
fails TDH.SYS.INIT TDX_RND_NO_ENTROPY "Resource temporarily unavailable" TDX_RND_NO_ENTROPY
fails TDH.SYS.LP.INIT TDX_SYS_LP_INIT_NOT_PENDING "Input/output error" TDX_SYS_LP_INIT_NOT_PENDING
fails TDH.SYS.LP.INIT TDX_INCONSISTENT_CPUID_FIELD "Input/output error" TDX_INCONSISTENT_CPUID_FIELD
fails TDH.SYS.LP.INIT GP "Operation not supported" TDX_SEAMCALL_GP
fails TDH.SYS.RD 0xc0000c0000000000 "Input/output error" TDX_METADATA_FIELD_ID_INCORRECT
fails TDH.SYS.RD TDX_SYS_LP_INIT_NOT_DONE "Input/output error" TDX_SYS_LP_INIT_NOT_DONE
fails TDH.SYS.CONFIG 0xc000010000000002 "Input/output error" "TDX_OPERAND_INVALID .RDX."
fails TDH.SYS.CONFIG 0xc0000a0000000003 "Input/output error" "TDX_INVALID_TDMR .details 0x3."
fails TDH.SYS.CONFIG TDX_PAMT_OUTSIDE_CMRS "Input/output error" TDX_PAMT_OUTSIDE_CMRS
fails TDH.SYS.CONFIG TDX_SYS_CONFIG_NOT_PENDING "Input/output error" TDX_SYS_CONFIG_NOT_PENDING
check "  it says what that means" dmesg_has "has been configured before, or knows of more CPUs"
fails TDH.SYS.CONFIG VMFAILINVALID "No such device" TDX_SEAMCALL_VMFAILINVALID
fails TDH.SYS.KEY.CONFIG TDX_KEY_GENERATION_FAILED "Resource temporarily unavailable" TDX_KEY_GENERATION_FAILED
check "  it says which package has no key" dmesg_has "no key on package 0"
fails TDH.SYS.KEY.CONFIG TDX_SYS_KEY_CONFIG_NOT_PENDING "Input/output error" TDX_SYS_KEY_CONFIG_NOT_PENDING
fails TDH.SYS.TDMR.INIT 0x8000020000000001 "busy" "TDX_OPERAND_BUSY .RCX."
check_sim state SYS_SHUTDOWN
fails TDH.SYS.TDMR.INIT TDX_OPERAND_INVALID "Input/output error" "TDX_OPERAND_INVALID .RAX."
check_sim state SYS_SHUTDOWN

for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	sim_anew
	sim inject TDH.SYS.TDMR.INIT TDX_OPERAND_INVALID
	! modprobe vmxcore_tdx configure=1 || break
done
sim_anew
tdx_load configure=1
tdx_unload
# Each is of 4 MiB at least; a kernel that checks itself keeps what was freed for a while.
lost=$(((first - $(free_pages)) / 256))
check "  no PAMT of those 20 is lost: $lost MiB" test $lost -lt "$(checks_itself && echo 60 || echo 8)"

goes_on TDH.SYS.INIT TDX_RND_NO_ENTROPY 25
goes_on TDH.SYS.LP.INIT TDX_SYS_BUSY 7
goes_on TDH.SYS.LP.INIT TDX_RND_NO_ENTROPY 12
goes_on TDH.SYS.CONFIG TDX_SYS_BUSY 3
goes_on TDH.SYS.KEY.CONFIG TDX_KEY_GENERATION_FAILED 4
goes_on TDH.SYS.TDMR.INIT TDX_OPERAND_BUSY 5

sim_anew
sim seamldr absent
tdx_load
check_equal "  without a P-SEAMLDR its version is empty" "$(cat "$tdx"/seamldr_version)" ""
tdx_unload

# Memory that the TDX module may still write to is never freed.
last=
for _ in 1 2 3 4; do
	sim_anew
	tdx_load configure=1
	check "  it is another place than before: ${last:-none}, $(pamt_at) MiB" test "$(pamt_at)" != "$last"
	last=$(pamt_at)
	sim inject TDH.SYS.SHUTDOWN TDX_SYS_BUSY
	dmesg_mark
	tdx_unload
	check "  the log says what stays" dmesg_has "cannot be shut down: [0-9]+ MiB stay with it until the next boot"
	check "  the PAMTs are untouched" sim pamt intact
done
check "all memory is used" memory_is_used
check "  the PAMTs are untouched" sim pamt intact
check_vmx_on "nothing is left on" none
