# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3
# kernels: 6.1 6.12 7.2
# more-kernels: 6.12-rt
# debug-kernels: 6.12-debug 6.12-kcsan
# A CPU goes offline and comes back: with references of each kind held there,
# with kvm_intel loaded and no VM, and with a VM running.

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_provider
check "client a" vmxt register a
check "client b" vmxt register b

about "no reference"
check "CPU 1 goes offline" online 1 0
check_vmx_on "  no client holds VMX" none
check "CPU 1 comes online" online 1 1
check_vmx_on "  no client holds VMX" none
check_cpu_gone a 0

about "system-wide references"
check "a gets all" vmxt get a
check "CPU 1 goes offline" online 1 0
check_vmx_on "  the other CPUs stay on" 0,2
check "  a get of CPU 1 fails: ENXIO, of the test client" vmxt -e ENXIO get_cpu b 1
check "CPU 1 comes online" online 1 1
check_vmx_on "  VMX is on there again" 0,1,2
check_cpu_gone a 0
check "CPU 1 goes offline once more" online 1 0
check "a puts" vmxt put a
check_vmx_on "  no client holds VMX" none
check "b gets all" vmxt get b
check_vmx_on "  VMX is on on the other CPUs" 0,2
check "CPU 1 comes online once more" online 1 1
check_vmx_on "  VMX is on there, too" 0,1,2
check "b puts" vmxt put b
check_vmx_on "  no client holds VMX" none

about "references on one CPU"
check "a gets CPU 1" vmxt get_cpu a 1
check "a gets CPU 1 again" vmxt get_cpu a 1 irq
check "b gets CPU 2" vmxt get_cpu b 2
check_vmx_on "  VMX is on on both" 1,2
check "CPU 1 goes offline" online 1 0
check_cpu_gone a 1
check_cpu_gone b 0
check_vmx_on "  b still holds CPU 2" 2
check "CPU 1 comes online" online 1 1
check_vmx_on "  without VMX: a's references are dead" 2
dmesg_mark
check "a puts a dead one" vmxt put_cpu a 1
check "a puts the other dead one" vmxt put_cpu a 1
check_fails "  that is no misuse" dmesg_has misuse
check "a puts a third one" vmxt put_cpu a 1
check "  that is misuse" \
	dmesg_has "misuse by client 'a': vmxcore_put_cpu: put without a get"
check_vmx_on "  b still holds CPU 2" 2
about "references of both kinds"
check "a gets CPU 1" vmxt get_cpu a 1
check_vmx_on "  VMX is on there, too" 1,2
check "b gets all" vmxt get b
check "CPU 1 goes offline" online 1 0
check_cpu_gone a 2
check_cpu_gone b 0
check "CPU 1 comes online" online 1 1
check_vmx_on "  b holds all CPUs" 0,1,2
check "b puts all" vmxt put b
check_vmx_on "  b holds CPU 2, a holds nothing" 2
check "a unregisters with a dead reference" vmxt unregister a
check_fails "  nothing is reported as leaked" dmesg_has "client 'a' .* went away"
check "b puts CPU 2" vmxt put_cpu b 2
check_vmx_on "  no client holds VMX" none

# Each step of a CPU's way down and up calls get_cpu (client/hooks.c): 2 gets on
# the way down in a task and in an interrupt, one in each half of the STARTING
# section, one left to CPUHP_AP_SMPCFD_DYING, one by the callback; 3 on the way
# up.
about "gets on the way"
check "a client calls vmxcore_get_cpu() in each step" vmxt hooks 1
for held in none all; do
	[ $held = none ] || check "b gets all" vmxt get b
	about "gets on the way, b holds $held"
	for cpu in 1 2; do
		check "CPU $cpu goes offline" online $cpu 0
		check "CPU $cpu comes online" online $cpu 1
		check_vmx_on "  references of the way down are dead" $held
	done
done
about "gets on the way"
check_equal "each call was granted or refused as the contract says" \
	"$(cat /sys/kernel/debug/vmxcore_test/hooks)" "right 36 wrong 0"
check "b puts" vmxt put b
check "  that client unregisters" vmxt hooks 0
check_vmx_on "  no client holds VMX" none

about "kvm_intel, no VM"
borrowed || load_kvm 0
check "CPU 1 goes offline" online 1 0
check_vmx_on "  no client holds VMX" none
check "  a VM runs" vmrun --rounds 3
check "CPU 1 comes online" online 1 1
check_vmx_on "  no client holds VMX" none
check "  a VM runs on it" vmrun --cpu 1 --rounds 3

about "a VM"
vm_start --cpu 1
check_vmx_on "  KVM holds all CPUs" 0,1,2
check "CPU 1 goes offline under the VM" online 1 0
check_vmx_on "  KVM holds the others" 0,2
check_vm_computes "  the VM runs on"
check "CPU 1 comes online" online 1 1
check_vmx_on "  KVM holds all CPUs" 0,1,2
check_vm_computes "  the VM runs on"
check "b gets CPU 2" vmxt get_cpu b 2
check "CPU 2 goes offline beside the VM" online 2 0
check_cpu_gone b 1
check_vm_computes "  the VM runs on"
check "CPU 2 comes online" online 2 1
check_vmx_on "  KVM holds all CPUs" 0,1,2
vm_end
check_vmx_on "  no client holds VMX" none

about "a VM on all CPUs"
vm_start --vcpus 3
for round in 1 2; do
	for cpu in 1 2; do
		check "CPU $cpu goes offline, round $round" online $cpu 0
		check "CPU $cpu comes online" online $cpu 1
	done
done
check_vmx_on "KVM holds all CPUs" 0,1,2
check "  the VM runs on" progress /run/rounds 6 60

# The kernel's own VMXON would spoil the CPU until the next boot:
# borrowed-failures.
if ! borrowed; then
	check "CPU 1 goes offline" online 1 0
	check "CPU 1 breaks" vmxt revision 1 1
	dmesg_mark
	check_fails "  it does not come online with a VM running" online 1 1
	check "  the log says why" \
		dmesg_has "client 'kvm_intel' gets no VMX, CPU 1: VMXON reported VMfail"
	check_vmx_on "  KVM holds the others" 0,2
	check "  the VM runs on" progress /run/rounds 6 60
	check "CPU 1 is repaired" vmxt revision 1 0
	check "  it comes online" online 1 1
	check_vmx_on "  KVM holds all CPUs" 0,1,2
fi
vm_end
check_vmx_on "  no client holds VMX" none

check "kvm_intel is unloaded" modprobe -r kvm_intel
if [ "$(line)" != 6.1 ]; then
	about "kvm.enable_virt_at_load"
	load_kvm 1
	check "CPU 1 goes offline" online 1 0
	check_vmx_on "  KVM holds the others" 0,2
	check "CPU 1 comes online" online 1 1
	check_vmx_on "  KVM holds all CPUs" 0,1,2
	check "kvm_intel is unloaded" modprobe -r kvm_intel
	check_vmx_on "  no client holds VMX" none
fi
