# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The rows of the matrix that end a boot. A case goes down one way after the
# other, and at last by power-off, each time from the state that is its column.
# Sourced after states.sh.
#
#	reboot		as a distribution does it: processes first
#	reboot-f	at once, VMs running
#	sysrq-b		at once, no notifier is called
#	kexec		kexec -e, VMs running
#	panic		sysrq-c, no crash kernel: the machine reboots by itself
#	crash		sysrq-c, with a crash kernel
#	nmi-crash	a panic in an NMI on CPU 0, with a crash kernel, while CPU 1 is in a
#			guest if there is one
#
# The kernel that comes up afterwards is the witness. It must have all CPUs,
# which it has not if VMX was left on and blocks INIT, and it must run VMs. A
# reboot in the emulator resets all CPUs in any state, so only kexec and the
# crash kernel prove something. The case checks that these were entered: with
# VMX left on the machine takes a triple fault on the way and a reset, and boots
# all the same.

# The CPU that is held in the state client-cpu: not the one that all these ways
# end on.
one=1

# word N WORD...
word() {
	shift "$1"
	echo "$1"
}

# vmcss_cleared: runs in the crash kernel, and returns 0 if each VMCS of the
# dead kernel was VMCLEARed, 1 if one was not, and 2 if that cannot be found
# out.
vmcss_cleared() {
	modprobe vmxcore_test || return 2
	vmcsleft "$(sed 's/.* witness=\([^ ]*\).*/\1/' /proc/cmdline)"
}

vmcss_left() {
	local status=0
	vmcss_cleared || status=$?
	[ $status = 1 ]
}

# crash_kernel_load [launched]: with "launched", some VMCSs must be launched.
crash_kernel_load() {
	local place
	# "witness" notes the VMCSs that are current at that moment. Each vCPU
	# has a CPU of its own, so that a few times find them all.
	for _ in 1 2 3 4 5; do
		vmxt witness >/dev/null
	done
	place=$(sed -n 's/^page \([^ ]*\) .*/\1/p' /sys/kernel/debug/vmxcore_test/witness)
	check "  the crash kernel is loaded" kexec_load -p second=yes witness="$place"
	if [ "${1:-}" = launched ]; then
		check "  VMCSs are launched" \
			grep -vq 'launched 0$' /sys/kernel/debug/vmxcore_test/witness
		cat /sys/kernel/debug/vmxcore_test/witness
	fi
}

# expect_emergency STATE: in a crash each CPU calls the emergency callbacks of
# its clients.
expect_emergency() {
	[ "$1" = kvm ] || {
		expect "vmxcore_test: emergency of client a on CPU 0"
		expect "vmxcore_test: emergency of client a on CPU 1"
	}
}

go_reboot() {
	! has_vm "$1" || vm_end
	next_stage reboot -f
}

go_reboot_f() {
	next_stage reboot -f
}

go_sysrq_b() {
	next_stage sh -c 'echo b >/proc/sysrq-trigger'
}

go_kexec() {
	check "  the next kernel is loaded" kexec_load second=yes
	next_stage kexec -e
}

go_panic() {
	expect "Kernel panic - not syncing: sysrq triggered crash"
	expect_emergency "$1"
	next_stage crash
}

# load_for STATE: loads the crash kernel.
load_for() {
	if has_vm "$1"; then
		crash_kernel_load launched
	else
		crash_kernel_load
	fi
}

go_crash() {
	load_for "$1"
	go_panic "$1"
}

go_nmi_crash() {
	load_for "$1"
	# PREEMPT_RT prints in an NMI at once. Other kernels print later, and
	# the crash kernel comes first.
	! grep -q PREEMPT_RT /proc/version ||
		expect "Kernel panic - not syncing: NMI: Not continuing"
	echo 1 >/proc/sys/kernel/unknown_nmi_panic
	next_stage vmxt nmi 0
}

# go_down STATE WAY
go_down() {
	case $2 in
	reboot) go_reboot "$1" ;;
	reboot-f) go_reboot_f ;;
	sysrq-b) go_sysrq_b ;;
	kexec) go_kexec ;;
	panic) go_panic "$1" ;;
	crash) go_crash "$1" ;;
	nmi-crash) go_nmi_crash "$1" ;;
	*) bail "there is no way down called $2" ;;
	esac
}

# check_came_up WAY STATE: gives the verdicts on the kernel that came after that
# way down.
check_came_up() {
	about "after $1"
	case $1 in
	kexec) check "the next kernel was entered" grep -qw second=yes /proc/cmdline ;;
	*crash)
		check "the crash kernel was entered" test -s /proc/vmcore
		if has_vm "$2"; then
			check "  each VMCS of the dead kernel was cleared" vmcss_cleared
		fi
		;;
	*) check_fails "the firmware came first" grep -qw second=yes /proc/cmdline ;;
	esac
	check_equal "  all CPUs are up" "$(nproc)" 2
	check "  the test client loads" modprobe vmxcore_test
	load_kvm 0
	check "  VMs run" vmrun --vcpus 2 --rounds 5
	cell_done
	has_kvm "$2" || borrowed || check "  kvm_intel is unloaded" modprobe -r kvm_intel
	about ""
}

# ways_down STATE WAY...: goes down each way in turn, and powers off at last.
# That is one boot more than there are ways.
ways_down() {
	local state=$1 stage way=poweroff
	shift
	stage=$(stage)
	[ "$stage" = 1 ] || check_came_up "$(word $((stage - 1)) "$@")" "$state"
	[ "$stage" -gt $# ] || way=$(word "$stage" "$@")
	cell "$way" "$state"
	state_enter "$state" "$one" "before $way"
	if [ "$stage" -le $# ]; then
		go_down "$state" "$way"
	else
		survived $# "ways down and up again"
	fi
}
