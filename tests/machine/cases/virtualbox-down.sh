# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=5 image=virtualbox-kexec limit=1200 append="crashkernel=256M"
# kernels: 6.12
# more-kernels: 7.2 6.1
# form: long
# VMs of VirtualBox and KVM run when the machine goes down: by a crash, at once,
# by kexec. guest/down.sh says what the next kernel proves.

both_run() {
	about "before $1"
	vbox_and_kvm_start a 2
}

check_all_up() {
	check_equal "  all CPUs are up" "$(nproc)" 2
	check "  vmxcore loads" modprobe -a vmxcore vmxcore_test
	load_provider
	check "  a client registers" vmxt register a
	check "  it gets all" vmxt get a
	check "  it puts" vmxt put a
	check "  it unregisters" vmxt unregister a
	unload_ours
}

# killed_in_time: a task that still runs VMX instructions on CPU 1 would fault.
killed_in_time() {
	check "  the way down is long" vmxt delay :machine_shutdown 100000
	expect "vmxcore_vbox: VirtualBox's processes are killed, as the machine goes down"
}

case $(stage) in
1)
	both_run "the crash"
	crash_kernel_load
	expect "Kernel panic - not syncing: sysrq triggered crash"
	next_stage crash
	;;
2)
	about "after the crash"
	check "the crash kernel was entered" test -s /proc/vmcore
	check "  each VMCS of the dead kernel was cleared" vmcss_cleared
	next_stage reboot -f
	;;
3)
	about "after the reboot of the crash kernel"
	check_all_up
	both_run "the reboot"
	killed_in_time
	next_stage reboot -f
	;;
4)
	about "after the reboot"
	check_all_up
	both_run "kexec"
	check "  the next kernel is loaded" kexec_load second=yes
	killed_in_time
	next_stage kexec -e
	;;
5)
	about "after kexec"
	check "the next kernel was entered" grep -qw second=yes /proc/cmdline
	check_all_up
	;;
esac
