# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# form: long
# machine: cpus=2 boots=4 image=kexec limit=480 append="crashkernel=256M"
# The ways down see a missing VMCLEAR and a missing VMXOFF: without the clients'
# VMCLEARs the crash kernel finds launched VMCSs, and without VMXOFF there is no
# crash kernel.

crash_without() {
	state_enter both 1 "without $1"
	crash_kernel_load launched
	check "  $1 is left out" vmxt leave_out "$1" 1
	expect "Kernel panic - not syncing: sysrq triggered crash"
	next_stage crash
}

case $(stage) in
1) crash_without vmxcore_clients_emergency ;;
2)
	about "without vmxcore_clients_emergency"
	check "the crash kernel was entered" test -s /proc/vmcore
	check "  it finds VMCSs that were not cleared" vmcss_left
	next_stage reboot -f
	;;
3) crash_without vmxcore_cpu_emergency ;;
*)
	about "without vmxcore_cpu_emergency"
	check_fails "the firmware came first, and no crash kernel" test -s /proc/vmcore
	;;
esac
