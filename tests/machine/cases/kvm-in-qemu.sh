# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: emulator=qemu
# The case kvm in a virtual machine: its host is this one, or an emulated one if
# this one's KVM offers no VMX.

check "this is a virtual machine" grep -qw hypervisor /proc/cpuinfo
# shellcheck source=tests/machine/cases/kvm.sh
. /cases/kvm.sh
