# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: image=installed limit=300
# form: install
# The modules as a package or DKMS has installed them (tests/install), found and loaded as a user does: modprobe kvm_intel, with
# parameters from /etc/modprobe.d.

vmxcore=/sys/module/vmxcore/parameters

check "modprobe kvm_intel finds ours" sh -c "modinfo -n kvm_intel && modinfo -n kvm_intel | grep -q '/updates/dkms/kvm-intel'"
check "modprobe kvm_intel" modprobe kvm_intel
check "  which brings vmxcore" grep -q '^vmxcore .* kvm_intel,' /proc/modules
check_equal "  with its parameter from /etc/modprobe.d" "$(cat $vmxcore/enable_virt_at_load)" Y
[ "$(line)" = 6.1 ] ||
	check_equal "  and kvm with its own" "$(cat /sys/module/kvm/parameters/enable_virt_at_load)" N
check "  so vmxcore holds VMX" grep -qx 'client vmxcore all 1 cpus' /sys/kernel/debug/vmxcore/clients
check_equal "  on both CPUs" "$(grep -c ' on refs 0 all 1' /sys/kernel/debug/vmxcore/cpus)" 2

nested_start guest poweroff
check "QEMU -accel kvm boots a nested Linux" nested_wait guest 400 'nested: hello'
check "  which computes the right result" nested_wait guest 400 'nested: result ok'
check "  and ends" nested_ended guest 60
check "the modules are unloaded" modprobe -r kvm_intel
check_fails "  and vmxcore with it" grep -q '^vmxcore ' /proc/modules
