# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# form: long
# machine: cpus=2 boots=4 image=kexec limit=480 append="crashkernel=256M"
# The witnesses of the ways down can see what they are there for: without the clients' VMCLEARs the crash kernel finds VMCSs
# launched, and without VMXOFF there is no crash kernel.

crash_without() {
	state_enter both 1
	crash_kernel_load launched
	check "  $1 is left out" vmxt leave_out "$1" 1
	expect "Kernel panic - not syncing: sysrq triggered crash"
	next_stage crash
}

case $(stage) in
1) crash_without vmxcore_clients_emergency ;;
2)
	check "the crash kernel was entered" test -s /proc/vmcore
	check "  it finds VMCSs that were not cleared" vmcss_left
	next_stage reboot -f
	;;
3) crash_without vmxcore_cpu_emergency ;;
*) check_fails "the crash kernel was not entered, the firmware came first" test -s /proc/vmcore ;;
esac
