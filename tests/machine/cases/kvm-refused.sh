# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# kernels: 6.12 7.2
# kvm_intel is loaded while another hypervisor has VMX on: it is refused, leaves
# nothing behind, and loads when the other hypervisor is gone.

check_refused() {
	check "another hypervisor executes VMXON on CPU 1" vmxt foreign 1 1
	dmesg_mark
	check_fails "  kvm_intel does not load" modprobe kvm_intel
	check "  the log says why" \
		dmesg_has "client 'kvm_intel' gets no VMX, CPU 1: foreign owner"
	check "  kvm is still there" grep -q '^kvm ' /proc/modules
	check "the other hypervisor executes VMXOFF" vmxt foreign 1 0
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
about "refused, then loaded"
check "kvm loads" modprobe kvm enable_virt_at_load=1
check_refused
check "kvm_intel loads" modprobe kvm_intel
check_fails "  the first try has left nothing in debugfs" dmesg_has "already present"
check "  its files in debugfs can be read" sh -c 'cat /sys/kernel/debug/kvm/*'
check "a VM runs" vmrun --rounds 5
check "the modules are unloaded" modprobe -r kvm_intel
about "refused, then unloaded"
check "kvm loads" modprobe kvm enable_virt_at_load=1
check_refused
check "kvm is unloaded" modprobe -r kvm
check_fails "  its files in debugfs are gone" ls /sys/kernel/debug/kvm
