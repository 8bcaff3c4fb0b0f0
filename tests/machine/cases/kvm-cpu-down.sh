# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# kernels: 6.12 7.2
# A CPU goes offline. While KVM VMCLEARs the VMCSs of that CPU, the vCPUs that
# ran there begin to run on another CPU, which sends interrupts to VMCLEAR them.

vms=

start_vms() {
	local i
	for i in 1 2 3 4 5 6; do
		vmrun --forever --cpu 1 --progress "/run/rounds.$i" &
		vms="$vms $!"
	done
}

vms_compute() {
	local rounds
	for rounds in /run/rounds.*; do
		progress "$rounds" 4 60 || return
	done
}

# signal NAME: sends it to all VMs at once.
signal() {
	# shellcheck disable=SC2086 # several
	kill "-$1" $vms
}

vms_end_well() {
	local vm
	signal TERM
	for vm in $vms; do
		wait "$vm" || return
	done
}

load_kvm 0
check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
check "a gets" vmxt get a
start_vms
check "VMs run on CPU 1" vms_compute
check "  all are stopped" signal STOP
check "KVM is slow to VMCLEAR" vmxt delay kvm_intel:__loaded_vmcs_clear 100000
{ vmxt await_delay && signal CONT; } &
going_on=$!
check "CPU 1 goes offline" online 1 0
status=0
wait $going_on || status=$?
check_equal "  the VMs go on at that moment" "$status" 0
check "KVM is quick again" vmxt delay kvm_intel:__loaded_vmcs_clear 0
check "  the VMs run" vms_compute
check "CPU 1 comes online" online 1 1
check "  the current VMCS of each CPU is the one that vmxcore says" vmxt vmcs_books
check "  the VMs have computed right" vms_end_well
check "a puts" vmxt put a
check_vmx_on "no client holds VMX" none
