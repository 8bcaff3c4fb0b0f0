# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: image=installed limit=300
# form: install
# modprobe kvm_intel loads the modules that a package or DKMS has installed
# (tests/install), with parameters from /etc/modprobe.d.

vmxcore=/sys/module/vmxcore/parameters

check "modprobe kvm_intel finds ours" \
	sh -c "modinfo -n kvm_intel && modinfo -n kvm_intel | grep -q '/updates/dkms/kvm-intel'"
check "modprobe kvm_intel" modprobe kvm_intel
check "  vmxcore is loaded with it" grep -q '^vmxcore .* kvm_intel,' /proc/modules
check_equal "  vmxcore has its parameter from /etc/modprobe.d" \
	"$(cat $vmxcore/enable_virt_at_load)" Y
[ "$(line)" = 6.1 ] ||
	check_equal "  kvm has its parameter from there" \
		"$(cat /sys/module/kvm/parameters/enable_virt_at_load)" N
check_equal "  vmxcore holds VMX" "$(refs_of vmxcore)" 1
check_equal "  on both CPUs" "$(cat /sys/kernel/vmxcore/cpus/*/held | xargs)" "1 1"

nested_start guest poweroff
check "QEMU -accel kvm boots a nested Linux" nested_wait guest 400 'nested: hello'
check "  it computes the right result" nested_wait guest 400 'nested: result ok'
check "  it ends" nested_ended guest 60
check "the modules are unloaded" modprobe -r kvm_intel
check_fails "  vmxcore is unloaded with it" grep -q '^vmxcore ' /proc/modules
