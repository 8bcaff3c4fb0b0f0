# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 memory=1024 limit=300
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug
# Machines on which TDX is not ready, each with its own cause in the log, others
# that are unusual and work; and clients that want VMX for themselves beside
# vmxcore_tdx.

# sim_another TEXT [PARAMETER...]: another machine, after which the verdicts are
# named.
sim_another() {
	about "$1"
	shift
	check "the simulator unloads" rmmod vmxcore_tdx_sim
	sim_load "$@"
}

# cmrs FIRST-MIB: CMRs from 1 MiB to there, and 20 more of 4 MiB with gaps of 4
# MiB, which are more gaps than a TDMR can have reserved areas.
cmrs() {
	local mib=$1 i=0
	printf '100000-%x' $((mib << 20))
	while [ $i -lt 20 ]; do
		mib=$((mib + 8)) i=$((i + 1))
		printf ',%x-%x' $((mib << 20)) $(((mib + 4) << 20))
	done
}

load_provider
check "the test client loads" modprobe vmxcore_test

sim_load seamrr=invalid
check_tdx_refuses "No such device" "the firmware has reserved no memory for SEAM"
sim_another "SEAMRR unlocked" seamrr=unlocked
check_tdx_refuses "No such device" "the firmware has not locked SEAMRR"
sim_another "one private key id" keyids=16,1
check_tdx_refuses "No such device" "TDX needs 2 private key IDs and has 1"
sim_another "no TDX module"
sim module absent
check_tdx_refuses "No such device" "no TDX module is loaded"
check "  the log quotes the P-SEAMLDR" dmesg_has "the P-SEAMLDR has not loaded a TDX module"
check_vmx_on "  VMX is off" none

sim_another "little memory" cmrs=100000-200000
check_tdx_refuses "Cannot allocate memory" \
	"no TDMRs can be built from this machine's memory" configure=1
check_vmx_on "  VMX is off" none
check_sim state SYSINIT_DONE
sim_another "many CMRs" "cmrs=$(cmrs 512)"
dmesg_mark
tdx_load configure=1
check_tdx state ready
check "  the log says how much is left out" \
	dmesg_has "[0-9]+ KiB of convertible memory do not fit into the TDMRs"
check "  sysfs says so, too" test "$(cat "$tdx"/memory_left_out)" -gt 0
tdx_unload

sim_another "no TDH.SYS.INFO"
sim inject TDH.SYS.INFO 0xc000010000000000
tdx_load
check "  the version is read with TDH.SYS.RD" grep -qx 1.5.06 "$tdx"/module_version
check "  each file can be read" sh -c "cat $tdx/* >/run/all"
sim inject TDH.SYS.RDALL TDX_SYS_BUSY
check "  the file metadata says why it has none" \
	grep -q 'TDH.SYS.RDALL failed: TDX_SYS_BUSY' /sys/kernel/debug/vmxcore_tdx/metadata
tdx_unload

about "an unknown status"
sim_anew
sim inject TDH.SYS.INIT 0xc123456700000000
check_tdx_refuses "Input/output error" "TDH.SYS.INIT failed: status 0xc123456700000000"
about "a CPU fails after sleep"
sim_anew
tdx_load
sim inject TDH.SYS.LP.INIT TDX_INCONSISTENT_MSR cpu 1
check "the machine sleeps, and SEAM does not work on CPU 1 afterwards" core_test
check_tdx state absent
tdx_unload
check_vmx_on "  VMX is off" none

about "client x takes over"
sim_anew
tdx_load on_demand=0
check_vmx_on "  vmxcore_tdx holds VMX" 0,1
check "x takes over" vmxt register x takeover
check_vmx_on "  vmxcore_tdx has yielded" none
check "a SEAMCALL" tdxcall 1 34 0 0x0800000200000000
check "  it is refused" tdxcall_says 'rax 0x8000ff0000000006 '
check "x unregisters" vmxt unregister x
check_vmx_on "  vmxcore_tdx holds VMX again" 0,1
if ! borrowed; then
	check "another hypervisor executes VMXOFF on CPU 1" vmxt foreign 1 0
	check "a call of the P-SEAMLDR there" tdxcall 1 0x8000000000000000
	check "  it returns TDX_SEAMCALL_UD" tdxcall_says 'rax 0x8000ff0000000006 '
fi
tdx_unload
about "client x comes first"
check "x has VMX for itself" vmxt register x exclusive
dmesg_mark
check "vmxcore_tdx does not load: Device or resource busy" \
	refused "Device or resource busy" modprobe vmxcore_tdx
check "  the log says why" \
	dmesg_has "client 'vmxcore_tdx' not registered: another client has VMX for itself"
check "x unregisters" vmxt unregister x
check_vmx_on "  VMX is off" none
