# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The columns of the matrix: the states in which VMX can be held when something
# happens to the machine. Sourced after vmx.sh.
#
#	kvm		KVM alone: a VM runs
#	client		another client alone, on all CPUs; kvm_intel is not loaded
#	client-cpu	another client alone, on one CPU; kvm_intel is not loaded
#	both		a VM runs, and another client holds all
#	kvm-idle	kvm_intel is loaded and has no VM, another client holds all
#	kvm-late	another client holds all, then KVM's first VM is made and runs
#	kvm-gone	the same, and KVM's last VM is destroyed again
# KVM holds VMX only while there is a VM (enable_virt_at_load=0). Where VMX is
# borrowed kvm_intel is loaded in all states. The states without kvm_intel come
# first, as loading it takes time.
# shellcheck disable=SC2034 # for the cases
states="client client-cpu kvm both kvm-idle kvm-late kvm-gone"

has_kvm() {
	case $1 in client*) return 1 ;; esac
}

has_vm() {
	case $1 in kvm | both | kvm-late) ;; *) return 1 ;; esac
}

# check_state DESCRIPTION STATE CPU: passes when VMX is on where that state has
# it.
check_state() {
	case $2 in
	client-cpu) check_vmx_on "$1" "$3" ;;
	*) check_vmx_on "$1" all ;;
	esac
}

# state_enter STATE CPU [WHEN]: CPU is the one that client-cpu holds. The
# verdicts up to state_leave are named after the state, and WHEN.
state_enter() {
	about "$1${3:+, $3}"
	check "the test client loads" modprobe vmxcore_test
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
	check_state "  the state is entered" "$1" "$2"
}

# check_state_holds STATE CPU: passes when VMX is on where that state has it,
# and the VM still runs.
check_state_holds() {
	check_state "  the state holds" "$1" "$2"
	! has_vm "$1" || check_vm_computes "  the VM runs on"
}

# state_leave STATE CPU
state_leave() {
	! has_vm "$1" || vm_end
	case $1 in
	kvm) ;;
	client-cpu) check "  a puts CPU $2" vmxt put_cpu a "$2" ;;
	*) check "  a puts" vmxt put a ;;
	esac
	check_vmx_on "  the state is left" none
	[ "$1" = kvm ] || check "  a unregisters" vmxt unregister a
	about ""
}

# cell ROW COLUMN: the verdicts up to cell_done, which may be in a later boot,
# are those of this cell.
cell() {
	echo "# cell: $1 $2" >&3
}

cell_done() {
	echo "# cell done" >&3
}

# survived COUNT WHAT: counts for the summary of the run.
survived() {
	echo "# survived: $*" >&3
}
