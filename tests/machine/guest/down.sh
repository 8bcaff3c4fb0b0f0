# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The rows of the matrix that end a boot. A case goes down one way after the other, and at last by power-off, each time from
# the state that is its column. Sourced after states.sh.
#
#	reboot		as a distribution does it: processes first
#	reboot-f	at once, VMs running
#	sysrq-b		without a word to anybody
#	kexec		kexec -e, VMs running
#	panic		sysrq-c, no crash kernel: the machine reboots by itself
#	crash		sysrq-c, with a crash kernel
#	nmi-crash	a panic in an NMI on CPU 0, with a crash kernel, while CPU 1 is in a guest if there is one
#
# The witness: whatever comes up has all CPUs, which it cannot where INIT was left blocked, and runs VMs. A reboot in the
# emulator resets all CPUs whatever they were at, so it is kexec and the crash kernel that count; and they must have been
# entered, as VMX left on is a triple fault on the way and a reset, which boots just as well.

# CPU 1 is held where one is: not the one that all these ways end on.
one=1

# word N WORD...
word() {
	shift "$1"
	echo "$1"
}

# vmcss_cleared: in the crash kernel: was each VMCS of the dead kernel VMCLEARed? 1: it was not; 2: no CPU can say.
vmcss_cleared() {
	modprobe vmxcore_test || return 2
	vmcsleft "$(sed 's/.* witness=\([^ ]*\).*/\1/' /proc/cmdline)"
}

vmcss_left() {
	local status=0
	vmcss_cleared || status=$?
	[ $status = 1 ]
}

# crash_kernel_load [launched]: launched: there must be VMCSs that are.
crash_kernel_load() {
	local place
	# A VMCS that is current at one of these moments, and launched; all of them are after a few, as each vCPU has a CPU of its own.
	for _ in 1 2 3 4 5; do
		vmxt witness >/dev/null
	done
	place=$(sed -n 's/^page \([^ ]*\) .*/\1/p' /sys/kernel/debug/vmxcore_test/witness)
	check "  the crash kernel is loaded" kexec_load -p second=yes witness="$place"
	if [ "${1:-}" = launched ]; then
		check "  VMCSs are launched" grep -vq 'launched 0$' /sys/kernel/debug/vmxcore_test/witness
		cat /sys/kernel/debug/vmxcore_test/witness
	fi
}

# Whoever crashes: each CPU is told, and asks its clients to clear.
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

# load_for STATE: the crash kernel
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
	# PREEMPT_RT prints at once what an NMI says. Other kernels leave it for later, and the crash kernel does not wait.
	! grep -q PREEMPT_RT /proc/version || expect "Kernel panic - not syncing: NMI: Not continuing"
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

# has_come WAY STATE: the kernel that came after it, and everything it finds.
has_come() {
	case $1 in
	kexec) check "$1: the next kernel was entered" grep -qw second=yes /proc/cmdline ;;
	*crash)
		check "$1: the crash kernel was entered" test -s /proc/vmcore
		if has_vm "$2"; then
			check "  each VMCS of the dead kernel was cleared" vmcss_cleared
		fi
		;;
	*) check_fails "$1: the firmware came first" grep -qw second=yes /proc/cmdline ;;
	esac
	check_equal "  all CPUs are up" "$(nproc)" 2
	check "  the test client loads" modprobe vmxcore_test
	load_kvm 0
	check "  VMs run" vmrun --vcpus 2 --rounds 5
	cell_done
	has_kvm "$2" || borrowed || check "  kvm_intel is unloaded" modprobe -r kvm_intel
}

# ways_down STATE WAY...: the boots of the case are one more than the ways.
ways_down() {
	local state=$1 stage
	shift
	stage=$(stage)
	[ "$stage" = 1 ] || has_come "$(word $((stage - 1)) "$@")" "$state"
	if [ "$stage" -le $# ]; then
		cell "$(word "$stage" "$@")" "$state"
		state_enter "$state" "$one"
		go_down "$state" "$(word "$stage" "$@")"
	else
		cell poweroff "$state"
		state_enter "$state" "$one"
		survived $# "ways down and up again"
	fi
}
