# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=300
# debug-kernels: 6.12-debug 6.12-kcsan
# VPIDs: nobody shares one, none is given again before all CPUs have forgotten it, and none is lost.

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
check "a and b take all, in turns: 65535, none of them twice" vmxt vpids a b 65535
check "a gives its back" vmxt vpids_free a 0
check "a and b take what there is: as many" vmxt vpids a b 32768
dmesg_mark
check "b unregisters with half of all and half of that" vmxt unregister b
check "  the leak is named" dmesg_has "client 'b' .* went away with .* and 49151 VPIDs: taken back"
check "  b has forgotten them" vmxt vpids_forget 1
check "b comes again" vmxt register b
check "a and b take what there is" vmxt vpids a b 49151
load_kvm 0
check "a VM runs without one" vmrun --vcpus 2 --rounds 5
vm_start --cpu 1
check "  its VMCS says that it has none" vmxt guest_vpid 1 0
vm_end
check "a gives its back" vmxt vpids_free a 0
check "a VM runs with one" vmrun --vcpus 2 --rounds 5
vm_start --cpu 1
check "  its VMCS says that it has one, and none of b's" vmxt guest_vpid 1 1
vm_end
dmesg_mark
check "a gives one back that KVM has had: misuse" vmxt vpids_free a 0
check_fails "  nothing was left to give" dmesg_has misuse

# Beside it, as small: the other table of a VM.
check "a PID-pointer table, set, cleared and read on all CPUs at once" vmxt pid_table
