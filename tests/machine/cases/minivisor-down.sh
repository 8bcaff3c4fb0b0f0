# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=4 image=kexec limit=400 append="crashkernel=256M"
# The sample's VMs run when the machine goes down by a crash, a reboot and
# kexec. guest/down.sh says what the next kernel proves.

mini_everywhere() {
	about "before $1"
	check "minivisor and the test client load" modprobe -a minivisor vmxcore_test
	minirun --forever --vms 4 --progress /run/rounds >/run/mini 2>&1 &
	check "  VMs run" progress /run/rounds 8 60
	check_vmx_on "  VMX is held" all
}

check_all_up() {
	check_equal "  all CPUs are up" "$(nproc)" 2
	check "  minivisor loads" modprobe minivisor
	check "  its VMs run" minirun --vms 2 --rounds 5
}

case $(stage) in
1)
	mini_everywhere "the crash"
	crash_kernel_load launched
	expect "Kernel panic - not syncing: sysrq triggered crash"
	next_stage crash
	;;
2)
	about "after the crash"
	check "the crash kernel was entered" test -s /proc/vmcore
	check "  each VMCS of the dead kernel was cleared" vmcss_cleared
	check_all_up
	mini_everywhere "the reboot"
	next_stage reboot -f
	;;
3)
	about "after the reboot"
	check_fails "the firmware came first" grep -qw second=yes /proc/cmdline
	check_all_up
	mini_everywhere kexec
	check "  the next kernel is loaded" kexec_load second=yes
	next_stage kexec -e
	;;
4)
	about "after kexec"
	check "the next kernel was entered" grep -qw second=yes /proc/cmdline
	check_all_up
	;;
esac
