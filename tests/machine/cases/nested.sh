# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: image=qemu limit=400
# QEMU runs a Linux on our kvm_intel, while minivisor runs its own VM on the same CPUs, a CPU goes and comes back, and another
# client gets and puts.

ticks_on() {
	check "  the guest runs on" nested_runs_on guest
}

check "kvm loads" modprobe kvm enable_virt_at_load=0
check "kvm_intel and the test client load" modprobe -a kvm_intel vmxcore_test minivisor
check "client a" vmxt register a
mini_start --log-steps 10 --yield
nested_start guest loop
check "a nested Linux boots to its init" nested_wait guest 400 'nested: hello'
check "  it computes the right result" nested_wait guest 400 'nested: result ok'
check_vmx_on "  as expected" 0,1
ticks_on
check "CPU 1 goes offline" online 1 0
check_vmx_on "  KVM has CPU 0" 0
ticks_on
check "CPU 1 comes online" online 1 1
check_vmx_on "  KVM has both" 0,1
ticks_on
check "a storm beside the guest" vmxt storm 300
ticks_on
check_mini_computes "minivisor's VM runs on"
mini_end
check "the guest ends" nested_kill guest
check_vmx_on "  no client holds VMX" none
