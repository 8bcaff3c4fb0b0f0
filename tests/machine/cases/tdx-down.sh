# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 memory=1024 boots=4 image=kexec limit=400 append="crashkernel=256M"
# kernels: 6.12
# more-kernels: 6.1 7.2
# The machine goes down while the TDX module has memory: by kexec, reboot and
# crash. The module is shut down while VMX is still on, so that it does not
# write to memory of the next kernel. The next kernel comes up with all CPUs and
# can use VMX.

# ready WAY [PARAMETER...]: loads all that the way down needs.
ready() {
	about "before $1"
	shift
	load_provider
	sim_load
	tdx_load configure=1 "$@"
	check_tdx state ready
}

# expect_shutdown: the simulator prints this after all notifiers.
expect_shutdown() {
	expect "vmxcore_tdx_sim: the machine goes down with the TDX module in state SYS_SHUTDOWN"
}

# check_came_up WAY
check_came_up() {
	about "after $1"
	check_equal "all CPUs are up" "$(nproc)" 2
	load_kvm 0
	check "  VMs run" vmrun --vcpus 2 --rounds 5
	borrowed || check "  kvm_intel is unloaded" modprobe -r kvm_intel
}

case $(stage) in
1)
	ready kexec
	expect_shutdown
	check "the next kernel is loaded" kexec_load second=yes
	next_stage kexec -e
	;;
2)
	check_came_up kexec
	check "the next kernel was entered" grep -qw second=yes /proc/cmdline
	ready reboot on_demand=0
	expect_shutdown
	next_stage reboot -f
	;;
3)
	check_came_up reboot
	ready crash on_demand=0
	check "the crash kernel is loaded" kexec_load -p second=yes
	expect "Kernel panic - not syncing: sysrq triggered crash"
	next_stage crash
	;;
4)
	check_came_up crash
	check "the crash kernel was entered" test -s /proc/vmcore
	;;
esac
