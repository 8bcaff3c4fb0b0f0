# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 emulator=bochs model=corei7_icelake_u limit=400
# machine: append="mitigations=auto spectre_v2=on spectre_v2_user=on"
# kernels: 6.12 7.2
# vmxcore executes an IBPB where vmxcore_vmcs_load() makes a VMCS current and
# the VMCS before it is, or may be, of another client; and none between two
# VMCSs of one client. KVM executes one when it finds that another hypervisor
# has had the CPU. The barriers in $ours and $kvms are counted. Linux 6.1 does
# not boot on this model of Bochs.
#
# The third argument of "vmxt vmcs_load" is the result: 0: nothing has changed,
# 1: the VMCS has been VMCLEARed since, 2: it comes from another CPU, 3: both.

# check_costs N DESCRIPTION COMMAND: the command makes vmxcore execute so many
# barriers.
check_costs() {
	local wanted=$1 before
	before=$(count_of "$ours")
	shift
	check "$@"
	check_equal "  barriers: $wanted" $(($(count_of "$ours") - before)) "$wanted"
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_kvm 0
module=vmxcore ours=native_ibpb kvms=vmx_vcpu_load_vmcs
! borrowed || module=kvm_intel ours=vmx_lend_ibpb
check "vmxcore's barriers are counted, in $module:$ours" vmxt count_ibpb $module:$ours 1
check "KVM's barriers are counted, in $kvms" vmxt count_ibpb kvm_intel:$kvms 1

for client in a b; do
	check "client $client" vmxt register $client
	check "  it gets" vmxt get $client
	check "  it has a VMCS" vmxt vmcs $client ${client}1
done
check "a has a second VMCS, a2" vmxt vmcs a a2
check_costs 1 "a1 is loaded on CPU 0" vmxt vmcs_load a1 0 3
check_costs 0 "a1 is loaded on CPU 0 again" vmxt vmcs_load a1 0 0
check_costs 0 "a2 is loaded, of the same client" vmxt vmcs_load a2 0 3
check_costs 1 "b1 is loaded" vmxt vmcs_load b1 0 3
check_costs 1 "a1 is loaded on CPU 1" vmxt vmcs_load a1 1 3
check_costs 0 "b1 is loaded on CPU 0 again, where it still is current" vmxt vmcs_load b1 0 0
check_costs 2 "a2 is borrowed there, and given back" vmxt vmcs_borrow a2 0 1
check_costs 0 "b1 is loaded, as it was before" vmxt vmcs_load b1 0 0
check "b1 is freed" vmxt vmcs_free b1
check "  b3 of the same client may get its page" vmxt vmcs b b3
check_costs 1 "b3 is loaded: a barrier, even if its page was current before" vmxt vmcs_load b3 0 3
check_costs 1 "a2 is loaded after b3" vmxt vmcs_load a2 0 0

vm_start --cpu 0
turns=10
before=$(count_of $kvms)
turn=0
while [ $turn -lt $turns ]; do
	turn=$((turn + 1))
	check_costs 1 "a2 is loaded under the VM, time $turn" vmxt vmcs_load a2 0 0
	check_vm_computes "  the VM goes on"
done
check_equal "KVM executes one barrier each time that it has the CPU back" \
	$(($(count_of $kvms) - before)) $turns
check_costs 0 "a1 is loaded on CPU 1, where KVM has not been" vmxt vmcs_load a1 1 0

about "a stranger"
check "it registers" vmxt register s stranger
check "  it gets" vmxt get s
before=$(count_of $kvms) before_ours=$(count_of "$ours")
turn=0
while [ $turn -lt $turns ]; do
	turn=$((turn + 1))
	check "it runs under the VM, time $turn" vmxt stranger 0 visit
	check_vm_computes "  the VM goes on"
done
check_equal "KVM executes one barrier each time that it has the CPU back" \
	$(($(count_of $kvms) - before)) $turns
check "vmxcore flushes when KVM leaves the CPU" \
	test $(($(count_of "$ours") - before_ours)) -ge $turns
about ""
vm_end
