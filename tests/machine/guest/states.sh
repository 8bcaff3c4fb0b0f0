# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The columns of the matrix: who holds VMX when something happens to the machine. Sourced after vmx.sh.
#
#	kvm		KVM alone: a VM runs
#	client		another client alone, on all CPUs; kvm_intel is not loaded
#	client-cpu	another client alone, on one CPU; kvm_intel is not loaded
#	both		a VM runs, and another client holds all
#	kvm-idle	kvm_intel is loaded and has no VM, another client holds all
#	kvm-late	another client holds all, then KVM's first VM is made and runs
#	kvm-gone	the same, and KVM's last VM is destroyed again
# KVM holds VMX while there is a VM only (enable_virt_at_load=0). Where VMX is borrowed kvm_intel is
# loaded in all of them. Those without kvm_intel come first, as loading it takes time.
# shellcheck disable=SC2034 # for the cases
states="client client-cpu kvm both kvm-idle kvm-late kvm-gone"

has_kvm() {
	case $1 in client*) return 1 ;; esac
}

has_vm() {
	case $1 in kvm | both | kvm-late) ;; *) return 1 ;; esac
}

# state_on STATE CPU: the hardware and the books are in that state.
state_on() {
	case $1 in
	client-cpu) on "  $1" "$2" ;;
	*) on "  $1" all ;;
	esac
}

# state_enter STATE CPU: CPU is the one that client-cpu holds.
state_enter() {
	check "$1: the test client loads" modprobe vmxcore_test
	if [ -d /sys/module/kvm_intel ]; then
		:
	elif has_kvm "$1"; then
		load_kvm 0
	else
		load_provider
	fi
	[ "$1" = kvm ] || check "  client a" vmxt register a
	case $1 in
	kvm) vm_start --vcpus "$(nproc)" ;;
	client | kvm-idle) check "  a gets all" vmxt get a ;;
	client-cpu) check "  a gets CPU $2" vmxt get_cpu a "$2" ;;
	both)
		vm_start --vcpus "$(nproc)"
		check "  a gets all" vmxt get a
		;;
	kvm-late | kvm-gone)
		check "  a gets all" vmxt get a
		vm_start --vcpus "$(nproc)"
		[ "$1" = kvm-late ] || vm_end
		;;
	esac
	state_on "$1" "$2"
}

# state_holds STATE CPU: still, or again, in that state, and the VM has lost nothing.
state_holds() {
	state_on "$1" "$2"
	! has_vm "$1" || vm_computes "  the VM runs on"
}

# state_leave STATE CPU
state_leave() {
	! has_vm "$1" || vm_end
	case $1 in
	kvm) ;;
	client-cpu) check "  a puts CPU $2" vmxt put_cpu a "$2" ;;
	*) check "  a puts" vmxt put a ;;
	esac
	on "  $1, left" none
	[ "$1" = kvm ] || check "  a unregisters" vmxt unregister a
}

# cell ROW COLUMN: the verdicts from here on are those of this cell, until cell_done, perhaps in a later boot.
cell() {
	echo "# cell: $1 $2" >&3
}

cell_done() {
	echo "# cell done" >&3
}

# survived COUNT WHAT: for the summary.
survived() {
	echo "# survived: $*" >&3
}
