# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 limit=300
# kernels: 6.1 6.12 7.2
# Guests of KVM and of minivisor beside a stranger, which loads and VMCLEARs a
# VMCS on their CPU without vmxcore's knowledge, as VirtualBox does.

# check_visits WHEN: the stranger runs on CPU 1, under the guests that the case
# has started there.
check_visits() {
	turn=0
	while [ $turn -lt 5 ]; do
		turn=$((turn + 1))
		check "$1, the stranger runs on CPU 1, time $turn" vmxt stranger 1 visit
		[ -z "${vm:-}" ] || check_vm_computes "  KVM's VM runs on"
		[ -z "${mini:-}" ] || check_mini_computes "  minivisor's VM runs on"
	done
}

check "minivisor and the test client load" modprobe -a minivisor vmxcore_test
load_kvm 0
check "the stranger registers" vmxt register s stranger
check "  it gets all" vmxt get s
vm_start --cpu 1
check_visits "a VM of KVM"
mini_start --cpu 1
check_visits "VMs of both"

# What the stranger leaves behind must be put right before no client checks any
# more.
about "stopped VMs"
kill -STOP "$vm" "$mini"
check "the stranger runs on CPU 1" vmxt stranger 1 visit
check "the stranger puts" vmxt put s
check "the stranger unregisters" vmxt unregister s
check "  the current VMCSs are right" vmxt vmcs_books
kill -CONT "$vm" "$mini"
check_vm_computes "KVM's VM runs on"
check_mini_computes "minivisor's VM runs on"
about ""
mini_end
vm_end
check_vmx_on "no client holds VMX" none
