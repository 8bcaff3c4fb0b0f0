# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: model=p4_prescott_celeron_336 cpus=1
# A CPU without VMX: vmxcore does not load, and says why in one line.

check_fails "this CPU has no VMX" grep -qw vmx /proc/cpuinfo
dmesg_mark
insmod "/lib/modules/$(uname -r)/updates/vmxcore.ko" 2>/run/insmod
status=$?
check_equal "vmxcore does not load: EOPNOTSUPP" "$status $(grep -c 'Operation not supported' /run/insmod)" "1 1"
check "  the log says why" dmesg_has "vmxcore: this CPU has no VMX \(Intel VT-x\): not loaded"
# It is tried twice by two system calls.
check_fails "  and says nothing else" sh -c "dmesg | grep 'vmxcore: ' | grep -v 'no VMX\|taint\|signature'"
check_fails "  it is not there" grep -q '^vmxcore ' /proc/modules
check_fails "kvm_intel does not load either" modprobe kvm_intel
check_fails "  no /dev/kvm" test -e /dev/kvm
check_equal "vmxctl doctor names the cause" "$(vmxctl --no-colour doctor | sed 's/:.*//')" "no-vmx
    enable VT-x in the firmware setup"
check "vmxctl status too" sh -c "vmxctl status | grep -qx 'There is no VT-x here'"
