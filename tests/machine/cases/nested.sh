# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: image=qemu limit=400
# QEMU runs a Linux on our kvm_intel, while minivisor runs its own VM on the
# same CPUs, a CPU goes offline and comes back, and another client gets and
# puts.

check_guest_runs() {
	check "  the guest runs on" nested_runs_on guest
}

check "kvm loads" modprobe kvm enable_virt_at_load=0
check "kvm_intel, minivisor and the test client load" \
	modprobe -a kvm_intel vmxcore_test minivisor
check "client a" vmxt register a
mini_start --log-steps 10 --yield
nested_start guest loop
check "a nested Linux boots to its init" nested_wait guest 400 'nested: hello'
check "  it computes the right result" nested_wait guest 400 'nested: result ok'
check_vmx_on "  KVM holds both CPUs" 0,1
check_guest_runs
check "CPU 1 goes offline" online 1 0
check_vmx_on "  KVM holds CPU 0" 0
check_guest_runs
check "CPU 1 comes online" online 1 1
check_vmx_on "  KVM holds both CPUs" 0,1
check_guest_runs
check "a storm beside the guest" vmxt storm 300
check_guest_runs
check_mini_computes "minivisor's VM runs on"
mini_end
check "the guest ends" nested_kill guest
check_vmx_on "  no client holds VMX" none
