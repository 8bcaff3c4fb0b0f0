# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 memory=1024 limit=300
# kernels: 7.2
# more-kernels: 6.1 6.12
# debug-kernels: 6.12-debug
# vmxcore_tdx brings the TDX module up without KVM, shows what it found,
# executes SEAMCALLs for other modules, and leaves nothing behind; it does the
# same beside KVM and minivisor with guests.

# check_no_kvm: where the kernel owns VMX, clients get it only while kvm_intel
# is loaded.
check_no_kvm() {
	borrowed || check_equal "no KVM is loaded" "$(lsmod | grep -c '^kvm')" 0
}

# check_ready: in sysfs, and in SEAM.
check_ready() {
	check_tdx state ready
	check_tdx cpus_initialized 2
	check_tdx module_version 1.5.06
	check_sim state SYS_READY
	check_equal "  in SEAM, the number of TDMRs is that of sysfs" \
		"$(sed -n 's/^tdmrs //p' "$sim"/state)" "$(cat "$tdx"/tdmrs)"
	# shellcheck disable=SC2016 # variables of awk
	check "  each TDMR is initialised to its end" \
		awk '{ if ($6 != $2 + $4) exit 1 }' "$sim"/pamt
}

load_provider
check "the test client loads" modprobe vmxcore_test

check_tdx_refuses "No such device" "this CPU does not support TDX"
check_vmx_on "  VMX is off" none

about "initialized"
sim_load
check_no_kvm
tdx_load
check_vmx_on "  VMX is off again" none
check_tdx state initialized
check_tdx module_version 1.5.06
check_tdx cpus_initialized 2
check_tdx keyids 16-31
check_tdx last_error ""
check_sim state SYSINIT_DONE
check_sim init_lps 2
check "  the P-SEAMLDR has a version" \
	grep -qE '^[0-9]+\.[0-9]+\.[0-9]+$' "$tdx"/seamldr_version
check "  the build date is a date" \
	grep -qE '^20[0-9]{2}-[01][0-9]-[0-3][0-9]$' "$tdx"/build_date
metadata=/sys/kernel/debug/vmxcore_tdx/metadata
check "  metadata: the vendor is Intel" grep -qx 'VENDOR_ID 0x8086' $metadata
check "  metadata: an array has its elements" grep -qE '^CMR_BASE.0. 0x[0-9a-f]+$' $metadata
check_fails "  metadata: all fields have names" grep ^class $metadata
check_fails "  metadata: there is no error" grep failed $metadata

check "another module reads VENDOR_ID" tdxcall 0 34 0 0x0800000200000000
check "  it gets the value" tdxcall_says 'rax 0x0 .* r8 0x8086 '
check_vmx_on "  VMX is off again" none
check "it calls an unknown version of the leaf" tdxcall 1 0x10022 0 0x0800000200000000
check "  TDX_OPERAND_INVALID (RAX)" tdxcall_says 'rax 0xc000010000000000 '
sim inject TDH.SYS.RD TDX_RND_NO_ENTROPY times 9
check "it reads while there is no entropy" tdxcall 0 34 0 0x0800000200000000
check "  the tenth try gets the value" tdxcall_says 'rax 0x0 .* r8 0x8086 '
sim inject TDH.SYS.RD TDX_SYS_BUSY times 1
check "it reads while SEAM is busy" tdxcall 0 34 0 0x0800000200000000
check "  it gets TDX_SYS_BUSY" tdxcall_says 'rax 0x8000020200000000 '
sim clear

tdx_unload
check_vmx_on "  VMX is off" none
check_sim state SYSINIT_DONE
about "loaded again"
tdx_load
check_tdx state initialized
check_equal "  TDH.SYS.INIT was called twice" "$(sim_calls TDH.SYS.INIT)" 2
tdx_unload

about "on_demand=0"
tdx_load on_demand=0
check_vmx_on "  VMX is on" 0,1
# Where VMX is borrowed the kernel's own count of references would be wrong
# until the next boot.
if ! borrowed; then
	check "another hypervisor executes VMXOFF on CPU 1" vmxt foreign 1 0
	check "a SEAMCALL there" tdxcall 1 34 0 0x0800000200000000
	check "  it returns TDX_SEAMCALL_UD" tdxcall_says 'rax 0x8000ff0000000006 '
fi
tdx_unload
check_vmx_on "  VMX is off" none

about "configured"
tdx_load configure=1
check_vmx_on "  VMX is off again" none
check_ready
check "  most of the memory is usable" test "$(cat "$tdx"/memory_usable)" -gt 700000000
check "  the PAMTs take 1/256 of a GiB and a little" \
	test "$(cat "$tdx"/memory_pamt)" -ge $((4 << 20)) -a \
	"$(cat "$tdx"/memory_pamt)" -le $((9 << 20))
check "all memory is used" memory_is_used
check "  the PAMTs are untouched" sim pamt intact
tdx_unload
check_sim state SYS_SHUTDOWN
check_vmx_on "  VMX is off" none
about "shut down"
check_tdx_refuses "Cannot send after" "the TDX module has been shut down"
check_vmx_on "  VMX is off" none

about "beside KVM and minivisor"
sim_anew
borrowed || load_kvm 0
vm_start --vcpus 2
check "minivisor loads" modprobe minivisor
mini_start
tdx_load configure=1 on_demand=0
check_ready
check_vm_computes "  KVM's VM runs on"
check_mini_computes "  minivisor's VM runs on"
check_vmx_on "  VMX is on" 0,1
tdx_unload
check_sim state SYS_SHUTDOWN
check_vm_computes "  KVM's VM runs on"
check_mini_computes "  minivisor's VM runs on"
mini_end
vm_end
check_vmx_on "  VMX is off" none

about "TDX module 1.0"
check "the simulator unloads" rmmod vmxcore_tdx_sim
sim_load abi=1.0
tdx_load configure=1
check_tdx module_version 1.0.00
check_tdx state ready
check_sim state SYS_READY
tdx_unload
check_sim state SYS_SHUTDOWN
check_equal "  each CPU was shut down" "$(sim_calls TDH.SYS.LP.SHUTDOWN)" 2
check_vmx_on "  VMX is off" none
