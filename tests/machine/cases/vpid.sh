# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=300
# debug-kernels: 6.12-debug 6.12-kcsan
# VPIDs: no two clients share one, a freed one is reused only after INVVPID on
# all CPUs, and none is lost.

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
check "a and b allocate all in turns: 65535, none of them twice" vmxt vpids a b 65535
check "a frees its VPIDs" vmxt vpids_free a 0
check "a and b allocate all that are free: as many" vmxt vpids a b 32768
dmesg_mark
check "b unregisters with half of all and half of that" vmxt unregister b
check "  the log names the leak" \
	dmesg_has "client 'b' .* went away with .* and 49151 VPIDs: taken back"
check "  b does not use them any more" vmxt vpids_forget 1
check "b registers again" vmxt register b
check "a and b allocate these" vmxt vpids a b 49151
load_kvm 0
about "KVM without a VPID"
check "a VM with two vCPUs runs" vmrun --vcpus 2 --rounds 5
vm_start --cpu 1
check "  its VMCS says that it has none" vmxt guest_vpid 1 0
vm_end
check "a frees its VPIDs" vmxt vpids_free a 0
about "KVM with a VPID"
check "a VM with two vCPUs runs" vmrun --vcpus 2 --rounds 5
vm_start --cpu 1
check "  its VMCS says that it has one, which is not b's" vmxt guest_vpid 1 1
vm_end
dmesg_mark
check "a frees its VPIDs again" vmxt vpids_free a 0
check_fails "  it has none, so that is no misuse" dmesg_has misuse

# The other table of a VM is tested here, too, as a case of its own would be a
# boot.
about ""
check "a PID-pointer table, set, cleared and read on all CPUs at once" vmxt pid_table
