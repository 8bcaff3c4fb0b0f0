# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: emulator=qemu
# Three levels: the case "kvm" on a QEMU machine, whose host is an emulated one where this one's KVM has no VMX to lend.

check "this is a virtual machine" grep -qw hypervisor /proc/cpuinfo
# shellcheck source=tests/machine/cases/kvm.sh
. /cases/kvm.sh
