# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=300
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug 6.12-kcsan
# A client that wants VMX for itself: refused by name while others hold it, or they yield what they hold for nobody's sake.

# refused REGEX COMMAND...: EBUSY, and the log says why.
refused() {
	local regex=$1
	shift
	dmesg_mark
	check "  $*: EBUSY" vmxt -e EBUSY "$@"
	check "  the log says why" dmesg_has "$regex"
}

provider=
! borrowed || provider=kvm_intel

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_provider
check "client a" vmxt register a
check "a gets CPU 1" vmxt get_cpu a 1
refused "client 'x' does not get VMX for itself, client 'a' holds it" register x exclusive
check "a puts CPU 1" vmxt put_cpu a 1
check "x has VMX for itself" vmxt register x exclusive
refused "client 'a' gets no VMX: client 'x' has it for itself" get a
refused "client 'a' gets no VMX: client 'x' has it for itself" get_cpu a 0
refused "client 'b' not registered: another client has VMX for itself" register b
refused "client 'y' not registered: another client has VMX for itself" register y exclusive
check "x gets" vmxt get x
on "x holds all" all
check "CPU 1 goes offline" online 1 0
check "CPU 1 comes online" online 1 1
on "x holds all" all
check "x unregisters" vmxt unregister x
on "which takes its reference back" none
check "a gets" vmxt get a
check "a puts" vmxt put a
# shellcheck disable=SC2086 # or none
check "unloaded" modprobe -r vmxcore_test $provider vmxcore

check "vmxcore with enable_virt_at_load" modprobe vmxcore enable_virt_at_load=1
load_provider
check "the test client loads" modprobe vmxcore_test
refused "client 'x' does not get VMX for itself, client 'vmxcore' holds it" register x exclusive
check "x takes over" vmxt register x takeover
on "  vmxcore itself has yielded" none
check "x gets" vmxt get x
check "x puts" vmxt put x
check "x unregisters" vmxt unregister x
on "  vmxcore has regained it" all
# shellcheck disable=SC2086 # or none
check "unloaded" modprobe -r vmxcore_test $provider vmxcore

policies="0 1"
[ "$(line)" != 6.1 ] || policies=0
for policy in $policies; do
	# With VMX on demand KVM's own code makes EIO, or EBUSY in 6.1, of whatever the vendor module says.
	before=none errno=EIO
	[ "$(line)" != 6.1 ] || errno=EBUSY
	[ "$policy" = 0 ] || { before=all errno=EBUSY; }
	load_kvm "$policy"
	check "the test client loads" modprobe vmxcore_test
	on "  so it is" $before
	check "x takes over" vmxt register x takeover
	on "  from KVM, which is idle" none
	check "x gets" vmxt get x
	check_equal "  no VM can be made" "$(vmrun --rounds 1)" "vmrun: no VM, KVM_CREATE_VM: $errno"
	check "CPU 1 goes offline" online 1 0
	check "CPU 1 comes online" online 1 1
	check "S3" sleep_for 2
	on "x holds all" all
	check "x unregisters" vmxt unregister x
	on "  and hands back" $before
	check "a VM runs" vmrun --vcpus 2 --rounds 3
	on "  as ever" $before
	vm_start --vcpus 2
	refused "client 'x' does not get VMX for itself, client 'kvm_intel' holds it" register x takeover
	vm_computes "the VM runs on"
	vm_end
	on "as it was" $before
	check "x takes over" vmxt register x takeover
	check "x unregisters, without ever having used it" vmxt unregister x
	on "  KVM has it again" $before
	check "unloaded" modprobe -r vmxcore_test kvm_intel
done

# The last VM ends and KVM puts each CPU, where the other client's demand may come in between.
if [ "$(line)" != 6.1 ]; then
	check "the test client loads" modprobe vmxcore_test
	check "client w, whose yield waits" vmxt register w waits
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
	check_fails "  w has not waited in vain" dmesg_has "no function was delayed"
	check_fails "  each reference is put once" dmesg_has misuse
	on "  VMX is off" none
	check "  a put is quick again" vmxt delay vmxcore_put_cpu 0
	check "x unregisters" vmxt unregister x
	check "a VM runs" vmrun --vcpus 2 --rounds 3
	on "  as ever" none
	check "unloaded" modprobe -r vmxcore_test kvm_intel
fi
