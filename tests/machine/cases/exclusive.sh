# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=300
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug 6.12-kcsan
# A client that wants VMX for itself is refused while another client holds it,
# and the log names that client; or it takes over from clients that hold VMX for
# no VM of theirs and yield it.

# check_refused REGEX COMMAND...: the command fails with EBUSY, and the log says
# why.
check_refused() {
	local regex=$1
	shift
	dmesg_mark
	check "  $*: EBUSY" vmxt -e EBUSY "$@"
	check "  the log says why $* is refused" dmesg_has "$regex"
}

provider=
! borrowed || provider=kvm_intel

about "register"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_provider
check "client a" vmxt register a
check "a gets CPU 1" vmxt get_cpu a 1
check_refused "client 'x' does not get VMX for itself, client 'a' holds it" register x exclusive
check "a puts CPU 1" vmxt put_cpu a 1
check "x has VMX for itself" vmxt register x exclusive
check_refused "client 'a' gets no VMX: client 'x' has it for itself" get a
check_refused "client 'a' gets no VMX: client 'x' has it for itself" get_cpu a 0
check_refused "client 'b' not registered: another client has VMX for itself" register b
check_refused "client 'y' not registered: another client has VMX for itself" register y exclusive
check "x gets all" vmxt get x
check_vmx_on "  x holds all" all
check "CPU 1 goes offline" online 1 0
check "CPU 1 comes online" online 1 1
check_vmx_on "  x holds all" all
check "x unregisters" vmxt unregister x
check_vmx_on "  its reference is taken back" none
check "a gets" vmxt get a
check "a puts" vmxt put a
# shellcheck disable=SC2086 # or none
check "the modules are unloaded" modprobe -r vmxcore_test $provider vmxcore

about "takeover from vmxcore"
check "vmxcore loads with enable_virt_at_load" modprobe vmxcore enable_virt_at_load=1
load_provider
check "the test client loads" modprobe vmxcore_test
check_refused "client 'x' does not get VMX for itself, client 'vmxcore' holds it" \
	register x exclusive
check "x takes over" vmxt register x takeover
check_vmx_on "  vmxcore has yielded VMX" none
check "x gets" vmxt get x
check "x puts" vmxt put x
check "x unregisters" vmxt unregister x
check_vmx_on "  vmxcore holds VMX again" all
# shellcheck disable=SC2086 # or none
check "the modules are unloaded" modprobe -r vmxcore_test $provider vmxcore

policies="0 1"
[ "$(line)" != 6.1 ] || policies=0
for policy in $policies; do
	about "takeover from KVM, enable_virt_at_load=$policy"
	# With VMX on demand KVM returns EIO for each error of the vendor
	# module, and EBUSY in 6.1.
	before=none errno=EIO
	[ "$(line)" != 6.1 ] || errno=EBUSY
	[ "$policy" = 0 ] || { before=all errno=EBUSY; }
	load_kvm "$policy"
	check "the test client loads" modprobe vmxcore_test
	check_vmx_on "  VMX is held as KVM does by that policy" $before
	check "x takes over" vmxt register x takeover
	check_vmx_on "  KVM, which has no VM, has yielded VMX" none
	check "x gets all" vmxt get x
	check_equal "  no VM can be made" \
		"$(vmrun --rounds 1)" "vmrun: no VM, KVM_CREATE_VM: $errno"
	check "CPU 1 goes offline" online 1 0
	check "CPU 1 comes online" online 1 1
	check "the machine sleeps (S3)" sleep_for 2
	check_vmx_on "  x holds all" all
	check "x unregisters" vmxt unregister x
	check_vmx_on "  KVM holds VMX as before" $before
	check "a VM runs" vmrun --vcpus 2 --rounds 3
	check_vmx_on "  KVM holds VMX as before" $before
	vm_start --vcpus 2
	check_refused "client 'x' does not get VMX for itself, client 'kvm_intel' holds it" \
		register x takeover
	check_vm_computes "the VM runs on"
	vm_end
	check_vmx_on "  KVM holds VMX as before" $before
	check "x takes over once more" vmxt register x takeover
	check "x unregisters without a get" vmxt unregister x
	check_vmx_on "  KVM holds VMX as before" $before
	check "the modules are unloaded" modprobe -r vmxcore_test kvm_intel
done

# The last VM ends and KVM puts each CPU, and the other client's takeover comes
# in between.
about "takeover while KVM puts"
if [ "$(line)" != 6.1 ]; then
	check "the test client loads" modprobe vmxcore_test
	check "client w, whose yield() waits" vmxt register w waits
	load_kvm 0
	vm_start --vcpus 2
	dmesg_mark
	check "  a put is slow" vmxt delay vmxcore_put_cpu 100000
	taskset 2 vmxt register x takeover &
	taker=$!
	check "  w is asked to yield, and waits for KVM's put on CPU 0" \
		wait_until 10 dmesg_has "a client that waits is asked to yield"
	vm_end
	status=0
	wait $taker || status=$?
	check_equal "  x takes over while KVM puts" "$status" 0
	check_fails "  w has waited for the slow put" dmesg_has "no function was delayed"
	check_fails "  each reference is put once" dmesg_has misuse
	check_vmx_on "  VMX is off" none
	check "  a put is quick again" vmxt delay vmxcore_put_cpu 0
	check "x unregisters" vmxt unregister x
	check "a VM runs" vmrun --vcpus 2 --rounds 3
	check_vmx_on "  KVM has put VMX" none
	check "the modules are unloaded" modprobe -r vmxcore_test kvm_intel
fi
