# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=3 limit=300
# debug-kernels: 6.12-debug 6.12-kcsan
# VMCSs of clients: current where and when they are loaded, VMCLEARed when they must be, and their owner is told. What a load
# returns: 0: all as it was; 1: it was cleared (VMLAUNCH); 2: another CPU than last time.

launched() {
	check "  a VMRESUME of $1 on CPU $2 says that it was launched" vmxt vmcs_launched "$1" "$2" 1
}

cleared() {
	check "  a VMRESUME of $1 says that it is clear" vmxt vmcs_launched "$1" 0 0
}

# move CPU PID: all its threads.
move() {
	local task
	for task in /proc/"$2"/task/*; do
		taskset -p "$(printf '%x' $((1 << $1)))" "${task##*/}" || return
	done
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
check "a VMCS of a: a1" vmxt vmcs a a1
check "a VMCS of b: b1" vmxt vmcs b b1

dmesg_mark
check "a load without a reference: EINVAL" vmxt -e EINVAL vmcs_load a1 0 0
check "  misuse" dmesg_has "misuse by client 'a': vmxcore_vmcs_load: a VMCS without a reference"
check "b gets" vmxt get b
check "a load with the reference of another: EINVAL" vmxt -e EINVAL vmcs_load a1 0 0
check "a gets CPU 0" vmxt get_cpu a 0
check "a1 is loaded on CPU 0: new" vmxt vmcs_load a1 0 3
check "  again: nothing to do" vmxt vmcs_load a1 0 0
check "a1 on CPU 1, where a has no reference: EINVAL" vmxt -e EINVAL vmcs_load a1 1 0
launched a1 0
check "a gets" vmxt get a
check "a1 is loaded on CPU 0: that has changed nothing" vmxt vmcs_load a1 0 0
check "b1 is loaded on CPU 0: new" vmxt vmcs_load b1 0 3
launched a1 0
check "a1 is loaded on CPU 0: still active there" vmxt vmcs_load a1 0 0
check "b1 is loaded on CPU 0: still active there" vmxt vmcs_load b1 0 0
check "a1 is loaded on CPU 1: moved" vmxt vmcs_load a1 1 3
check "  again: nothing to do" vmxt vmcs_load a1 1 0
check "b1 is loaded on CPU 0: nobody has disturbed it" vmxt vmcs_load b1 0 0
check "a1 is loaded on CPU 0: moved" vmxt vmcs_load a1 0 3
check "a1 is cleared" vmxt vmcs_clear a1
cleared a1
launched b1 0
check "a1 is loaded on CPU 0: cleared" vmxt vmcs_load a1 0 1

check "a1 is loaded on CPU 2: moved" vmxt vmcs_load a1 2 3
check "CPU 2 goes offline" online 2 0
cleared a1
check "  a1 is loaded on CPU 1: moved" vmxt vmcs_load a1 1 3
check "CPU 2 comes online" online 2 1
check "  a1 is loaded on CPU 2: moved" vmxt vmcs_load a1 2 3
check "b1 is loaded on CPU 0" vmxt vmcs_load b1 0 0
check "S3" sleep_for 2
cleared a1
cleared b1
check "  b1 is loaded on CPU 0: cleared" vmxt vmcs_load b1 0 1
check "  a1 is loaded on CPU 1: moved" vmxt vmcs_load a1 1 3

check "a puts" vmxt put a
launched a1 1
check "b puts: VMX goes off, but on CPU 0" vmxt put b
check_vmx_on "  as expected" 0
cleared a1
launched b1 0

dmesg_mark
check "b unregisters with a VMCS, current on CPU 0" vmxt unregister b
check "  the leak is named" dmesg_has "client 'b' .* went away with .*, 1 VMCSs and 0 VPIDs: taken back"
cleared b1
dmesg_mark
check "  a late load: EINVAL" vmxt -e EINVAL vmcs_load b1 0 0
check "  misuse" dmesg_has "misuse by client '[?]': vmxcore_vmcs_load: handle that is not registered"
check "a1 is loaded on CPU 0" vmxt vmcs_load a1 0 3

load_kvm 0
vm_start --cpu 0
check "a1 is borrowed by interrupts on CPU 0, under the VM" vmxt vmcs_borrow a1 0 "$(amount 300 10000)"
check_vm_computes "  the VM runs on"
check "a gets" vmxt get a
check "  each CPU agrees with the books on its current VMCS" vmxt vmcs_books
check "the VM moves to CPU 2" move 2 "$vm"
check_vm_computes "  and runs on"
check "  each CPU agrees still" vmxt vmcs_books
check "the VM moves back to CPU 0" move 0 "$vm"
check_vm_computes "  and runs on"
check "  each CPU agrees still" vmxt vmcs_books
check "a1 is loaded on CPU 1" vmxt vmcs_load a1 1 3
check "  and cannot be borrowed on CPU 0: EBUSY" vmxt -e EBUSY vmcs_borrow a1 0 1
check "  but on CPU 1" vmxt vmcs_borrow a1 1 100
vm_end
check "  each CPU agrees when the VM is gone" vmxt vmcs_books
check "e runs on enlightened VMCSs" vmxt register e evmcs
check "  nobody else has a VMCS then: EOPNOTSUPP" vmxt -e EOPNOTSUPP vmcs a a2
check "e unregisters" vmxt unregister e
check "  and there they are again" vmxt vmcs a a2
check "a gives both up" sh -c "vmxt vmcs_free a1 && vmxt vmcs_free a2"
check "a puts" vmxt put a
check "a puts CPU 0" vmxt put_cpu a 0
check_vmx_on "no client holds VMX" none
