# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 limit=150 fails="VM has computed right"
# The case share sees this bug: KVM does not learn that another VMCS was loaded,
# and runs its guest on that.

check "minivisor and the test client load" modprobe -a minivisor vmxcore_test
load_kvm 0
vm_start --cpu 1 --log-steps 6 --yield
check "KVM does not learn what others load" vmxt blind 1
mini_start --cpu 1 --log-steps 6 --yield
check "the VMs take turns on CPU 1" progress "$mini_rounds" 500 30
mini_end
vm_end
