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

all_in_use "boot $(stage)"
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
