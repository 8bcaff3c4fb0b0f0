# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: emulator=tcg model=Haswell cpus=1
# An Intel CPU of a virtual machine whose host offers no VMX: the case no-vmx,
# and vmxctl names the host.

check "this is a virtual machine" grep -qw hypervisor /proc/cpuinfo
# shellcheck source=tests/machine/cases/no-vmx.sh
. /cases/no-vmx.sh
