# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3
# kernels: 6.1 6.12 7.2
# more-kernels: 6.12-rt
# debug-kernels: 6.12-debug 6.12-kcsan
# A CPU goes and comes back: with references of each kind held there, with KVM idle, with a VM running.

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_provider
check "client a" vmxt register a
check "client b" vmxt register b

check "CPU 1 goes offline, nobody holds it" online 1 0
on "  nobody holds anything" none
check "CPU 1 comes online" online 1 1
on "  nobody holds anything" none
told a 0

check "a gets all" vmxt get a
check "CPU 1 goes offline" online 1 0
on "  the others stay" 0,2
check "  a get of CPU 1 fails: ENXIO, of the test client" vmxt -e ENXIO get_cpu b 1
check "CPU 1 comes online" online 1 1
on "  post-VMXON" 0,1,2
told a 0
check "CPU 1 goes offline" online 1 0
check "a puts while it is" vmxt put a
on "  nobody holds anything" none
check "b gets all while it is" vmxt get b
on "  without CPU 1" 0,2
check "CPU 1 comes online" online 1 1
on "  post-VMXON" 0,1,2
check "b puts" vmxt put b
on "  nobody holds anything" none

check "a gets CPU 1" vmxt get_cpu a 1
check "a gets CPU 1 again" vmxt get_cpu a 1 irq
check "b gets CPU 2" vmxt get_cpu b 2
on "  so it is" 1,2
check "CPU 1 goes offline" online 1 0
told a 1
told b 0
on "  b still has CPU 2" 2
check "CPU 1 comes online" online 1 1
on "  without VMX: a's references are dead" 2
dmesg_mark
check "a puts a dead one" vmxt put_cpu a 1
check "a puts the other dead one" vmxt put_cpu a 1
check_fails "  no misuse" dmesg_has misuse
check "a puts a third" vmxt put_cpu a 1
check "  misuse" dmesg_has "misuse by client 'a': vmxcore_put_cpu: put without a get"
on "  b still has CPU 2" 2
check "a gets CPU 1" vmxt get_cpu a 1
on "  it has it" 1,2
check "b gets all" vmxt get b
check "CPU 1 goes offline" online 1 0
told a 2
told b 0
check "CPU 1 comes online" online 1 1
on "  b holds it with all others" 0,1,2
check "b puts all" vmxt put b
on "  b has CPU 2, a has nothing" 2
check "a unregisters with a dead reference" vmxt unregister a
check_fails "  nothing is reported as leaked" dmesg_has "client 'a' .* went away"
check "b puts CPU 2" vmxt put_cpu b 2
on "  nobody holds anything" none

# Every step of a CPU's way down and up calls get_cpu (client/hooks.c): 2 gets on the way down in a task and in an interrupt,
# one in each half of the STARTING section, one left to CPUHP_AP_SMPCFD_DYING, one by the callback; 3 on the way up.
check "a client calls get_cpu all the way" vmxt hooks 1
for held in none all; do
	[ $held = none ] || check "b gets all" vmxt get b
	for cpu in 1 2; do
		check "  CPU $cpu goes offline" online $cpu 0
		check "  CPU $cpu comes online" online $cpu 1
		on "  what was taken on the way down is dead" $held
	done
done
check_equal "  each call was granted or refused as it must" "$(cat /sys/kernel/debug/vmxcore_test/hooks)" "right 36 wrong 0"
check "b puts" vmxt put b
check "  the client goes" vmxt hooks 0
on "  nobody holds anything" none

borrowed || load_kvm 0
check "KVM idle: CPU 1 goes offline" online 1 0
on "  nobody holds anything" none
check "  a VM runs" vmrun --rounds 3
check "  CPU 1 comes online" online 1 1
on "  nobody holds anything" none
check "  a VM runs on it" vmrun --cpu 1 --rounds 3

vm_start --cpu 1
on "  so it is" 0,1,2
check "CPU 1 goes offline under the VM" online 1 0
on "  KVM has the others" 0,2
vm_computes "  the VM runs on"
check "CPU 1 comes online" online 1 1
on "  KVM has it" 0,1,2
vm_computes "  the VM runs on"
check "b gets CPU 2" vmxt get_cpu b 2
check "CPU 2 goes offline beside the VM" online 2 0
told b 1
vm_computes "  the VM runs on"
check "CPU 2 comes online" online 2 1
on "  KVM has it" 0,1,2
vm_end
on "nobody holds anything" none

vm_start --vcpus 3
for round in 1 2; do
	for cpu in 1 2; do
		check "CPU $cpu goes offline, round $round" online $cpu 0
		check "CPU $cpu comes online" online $cpu 1
	done
done
on "KVM has all" 0,1,2
check "  the VM runs on" progress /run/rounds 6 60

# The kernel's own VMXON would spoil the CPU until the next boot: borrowed-failures.
if ! borrowed; then
	check "CPU 1 goes offline" online 1 0
	check "CPU 1 breaks" vmxt revision 1 1
	dmesg_mark
	check_fails "  it does not come online with a VM running" online 1 1
	check "  the log says why" dmesg_has "client 'kvm_intel' gets no VMX, CPU 1: VMXON reported VMfail"
	on "  KVM has the others" 0,2
	check "  the VM runs on" progress /run/rounds 6 60
	check "CPU 1 is repaired" vmxt revision 1 0
	check "  it comes online" online 1 1
	on "  KVM has all" 0,1,2
fi
vm_end
on "nobody holds anything" none

check "kvm_intel is unloaded" modprobe -r kvm_intel
if [ "$(line)" != 6.1 ]; then
	load_kvm 1
	check "CPU 1 goes offline" online 1 0
	on "  KVM has the others" 0,2
	check "CPU 1 comes online" online 1 1
	on "  KVM has it" 0,1,2
	check "kvm_intel is unloaded" modprobe -r kvm_intel
	on "  nobody holds anything" none
fi
