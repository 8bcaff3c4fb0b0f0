# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=3 limit=300
# debug-kernels: 6.12-debug 6.12-kcsan
# VMCSs of clients are current where they are loaded, and VMCLEARed when they
# have to be, which their owner learns. A load returns 0 if nothing has changed,
# 1 if the VMCS was cleared (VMLAUNCH comes next), 2 if it was loaded on another
# CPU last time, and 3 for both.

check_launched() {
	check "  a VMRESUME of $1 on CPU $2 says that it was launched" \
		vmxt vmcs_launched "$1" "$2" 1
}

check_cleared() {
	check "  a VMRESUME of $1 says that it is clear" vmxt vmcs_launched "$1" 0 0
}

# move CPU PID: binds all threads of the process to the CPU.
move() {
	local task
	for task in /proc/"$2"/task/*; do
		taskset -p "$(printf '%x' $((1 << $1)))" "${task##*/}" || return
	done
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
check "a1 is a VMCS of a" vmxt vmcs a a1
check "b1 is a VMCS of b" vmxt vmcs b b1

dmesg_mark
check "a load without a reference: EINVAL" vmxt -e EINVAL vmcs_load a1 0 0
check "  that is misuse" \
	dmesg_has "misuse by client 'a': vmxcore_vmcs_load: a VMCS without a reference"
about "two CPUs"
check "b gets" vmxt get b
check "a load with the reference of another: EINVAL" vmxt -e EINVAL vmcs_load a1 0 0
check "a gets CPU 0" vmxt get_cpu a 0
check "a1 is loaded on CPU 0: new" vmxt vmcs_load a1 0 3
check "  again: nothing has changed" vmxt vmcs_load a1 0 0
check "a1 on CPU 1, where a has no reference: EINVAL" vmxt -e EINVAL vmcs_load a1 1 0
check_launched a1 0
check "a gets" vmxt get a
check "a1 is loaded on CPU 0: nothing has changed" vmxt vmcs_load a1 0 0
check "b1 is loaded on CPU 0: new" vmxt vmcs_load b1 0 3
check_launched a1 0
check "a1 is loaded on CPU 0: still active there" vmxt vmcs_load a1 0 0
check "b1 is loaded on CPU 0: still active there" vmxt vmcs_load b1 0 0
check "a1 is loaded on CPU 1: moved" vmxt vmcs_load a1 1 3
check "  again: nothing has changed" vmxt vmcs_load a1 1 0
check "b1 is loaded on CPU 0: nothing has changed" vmxt vmcs_load b1 0 0
check "a1 is loaded on CPU 0: moved" vmxt vmcs_load a1 0 3
check "a1 is cleared" vmxt vmcs_clear a1
check_cleared a1
check_launched b1 0
check "a1 is loaded on CPU 0: cleared" vmxt vmcs_load a1 0 1

about "hotplug and sleep"
check "a1 is loaded on CPU 2: moved" vmxt vmcs_load a1 2 3
check "CPU 2 goes offline" online 2 0
check_cleared a1
check "  a1 is loaded on CPU 1: moved" vmxt vmcs_load a1 1 3
check "CPU 2 comes online" online 2 1
check "  a1 is loaded on CPU 2: moved" vmxt vmcs_load a1 2 3
check "b1 is loaded on CPU 0" vmxt vmcs_load b1 0 0
check "the machine sleeps (S3)" sleep_for 2
check_cleared a1
check_cleared b1
check "  b1 is loaded on CPU 0: cleared" vmxt vmcs_load b1 0 1
check "  a1 is loaded on CPU 1: moved" vmxt vmcs_load a1 1 3

about "put and unregister"
check "a puts" vmxt put a
check_launched a1 1
check "b puts" vmxt put b
check_vmx_on "  VMX stays on on CPU 0 alone" 0
check_cleared a1
check_launched b1 0

dmesg_mark
check "b unregisters with a VMCS, current on CPU 0" vmxt unregister b
check "  the log names the leak" \
	dmesg_has "client 'b' .* went away with .*, 1 VMCSs and 0 VPIDs: taken back"
check_cleared b1
dmesg_mark
check "  a late load: EINVAL" vmxt -e EINVAL vmcs_load b1 0 0
check "  that is misuse" \
	dmesg_has "misuse by client '[?]': vmxcore_vmcs_load: handle that is not registered"
check "a1 is loaded on CPU 0" vmxt vmcs_load a1 0 3

about "under a VM"
load_kvm 0
vm_start --cpu 0
check "interrupts borrow a1 on CPU 0, under the VM" \
	vmxt vmcs_borrow a1 0 "$(amount 300 10000)"
check_vm_computes "  the VM runs on"
check "a gets" vmxt get a
check "  the current VMCS of each CPU is the one that vmxcore says" vmxt vmcs_books
check "the VM moves to CPU 2" move 2 "$vm"
check_vm_computes "  it runs on"
check "  the current VMCSs are still right" vmxt vmcs_books
check "the VM moves back to CPU 0" move 0 "$vm"
check_vm_computes "  it runs on"
check "  the current VMCSs are still right" vmxt vmcs_books
check "a1 is loaded on CPU 1" vmxt vmcs_load a1 1 3
check "  it cannot be borrowed on CPU 0: EBUSY" vmxt -e EBUSY vmcs_borrow a1 0 1
check "  it can on CPU 1" vmxt vmcs_borrow a1 1 100
vm_end
check "  the current VMCSs are right without the VM" vmxt vmcs_books
check "e, which uses enlightened VMCSs, registers" vmxt register e evmcs
check "  no other client can have a VMCS: EOPNOTSUPP" vmxt -e EOPNOTSUPP vmcs a a2
check "e unregisters" vmxt unregister e
check "  other clients can have one again" vmxt vmcs a a2
check "a frees both" sh -c "vmxt vmcs_free a1 && vmxt vmcs_free a2"
check "a puts" vmxt put a
check "a puts CPU 0" vmxt put_cpu a 0
check_vmx_on "no client holds VMX" none
