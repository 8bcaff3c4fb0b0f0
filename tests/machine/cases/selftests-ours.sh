# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 memory=2048 image=selftests limit=7200
# kernels: 6.12 6.1
# form: selftests
# KVM's own selftests on our KVM have the same results as on the distribution's,
# and VMX is off afterwards.

check "the test client loads" modprobe vmxcore_test
load_kvm 0
check_vmx_on "  VMX is off without a VM" none
# shellcheck source=tests/machine/guest/selftests.sh
. /selftests.sh
check_vmx_on "VMX is off after the tests" none
check "a VM runs after them" vmrun --rounds 5
check "kvm_intel is unloaded" modprobe -r kvm_intel
check_vmx_on "no client holds VMX" none
