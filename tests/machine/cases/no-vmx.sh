# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: vmx=no cpus=1
# On a CPU without VMX vmxcore does not load, and says why in one line.

check_fails "this CPU has no VMX" grep -qw vmx /proc/cpuinfo
dmesg_mark
insmod "/lib/modules/$(uname -r)/updates/vmxcore.ko" 2>/run/insmod
status=$?
check_equal "vmxcore does not load: EOPNOTSUPP" \
	"$status $(grep -c 'Operation not supported' /run/insmod)" "1 1"
check "  the log says why" dmesg_has "vmxcore: this CPU has no VMX \(Intel VT-x\): not loaded"
# insmod tries it with two system calls.
check_fails "  vmxcore logs nothing else" \
	sh -c "dmesg | grep 'vmxcore: ' | grep -v 'no VMX\|taint\|signature'"
check_fails "  it is not loaded" grep -q '^vmxcore ' /proc/modules
check_fails "kvm_intel does not load either" modprobe kvm_intel
check_fails "  there is no /dev/kvm" test -e /dev/kvm
# In a virtual machine it is the host that offers no VMX.
cause="no-vmx
    enable VT-x in the firmware setup" more=
if grep -qw hypervisor /proc/cpuinfo; then
	cause="no-nested-vmx
    on its host" more=", because this is a virtual machine without nested VMX"
fi
check_equal "vmxctl doctor names the cause" "$(vmxctl --no-colour doctor | sed 's/:.*//')" "$cause"
check "vmxctl status names it, too" sh -c "vmxctl status | grep -qx 'There is no VT-x here$more'"
