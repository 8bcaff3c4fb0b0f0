# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=4 limit=300
# expect-console: vmxcore_test: emergency of client a on CPU 1
# The ways down, each with VMX on and a VM running: INIT must not be left blocked, or the other CPU never comes up again.

emergency_restart() {
	echo b >/proc/sysrq-trigger
}

reboot_properly() {
	reboot -f
}

check_equal "boot $(stage): all CPUs are up" "$(nproc)" 2
check "kvm_intel and the test client load" modprobe -a kvm_intel vmxcore_test
check "client a" vmxt register a
check "a gets all" vmxt get a
check "VMX is on" vmxstate 0,1
vm_start --vcpus 2

case $(stage) in
1) next_stage reboot_properly ;;
2) next_stage emergency_restart ;;
3)
	vm_end
	next_stage reboot_properly
	;;
*) check "VMX is on at power-off, too" vmxstate 0,1 ;;
esac
