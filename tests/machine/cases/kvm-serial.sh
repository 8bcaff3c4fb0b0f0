# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 append="kvm.enable_virt_parallel=0"
# KVM gets VMX on one CPU after another, as stock KVM does: all of the case kvm
# holds for that, too.

about "enable_virt_parallel=0"
load_kvm 0
check_equal "KVM goes from CPU to CPU" "$(cat /sys/module/kvm/parameters/enable_virt_parallel)" N
check "the modules are unloaded" modprobe -r kvm_intel
# shellcheck source=tests/machine/cases/kvm.sh
. /cases/kvm.sh
