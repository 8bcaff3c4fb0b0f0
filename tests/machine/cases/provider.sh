# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# kernels: 7.2
# The kernel owns VMX and kvm_intel lends it on: in whatever order they and other clients come, and as long as anybody has it.

clients=/sys/kernel/debug/vmxcore/clients
slot=/sys/kernel/debug/vmxcore_test/emergency

# pinned COUNT: that many users keep kvm_intel in place.
pinned() {
	check_equal "  kvm_intel is in use $1 times" "$(sed -n 's/^kvm_intel [0-9]* \([0-9]*\) .*/\1/p' /proc/modules)" "$1"
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
dmesg_mark
echo 1 >/sys/kernel/tracing/events/vmxcore/vmxcore_refused/enable
check "without kvm_intel a get fails: ENODEV" vmxt -e ENODEV get a
check "  the event names no CPU" \
	grep -q 'vmxcore_refused: client=a cpu=-1 error=-19' /sys/kernel/tracing/trace
check "  the log says which module to load" dmesg_has "client 'a' gets no VMX: .*; modprobe kvm_intel [(]-ENODEV[)]"
check "  so does one of CPU 1" vmxt -e ENODEV get_cpu a 1
check_vmx_on "  no client holds VMX" none
check_equal "  nobody is in the kernel's emergency slot" "$(cat $slot)" "slot 0x0 touched 0"
load_kvm 0
check_equal "kvm_intel has put vmxcore into the slot" "$(cat $slot)" "slot vmxcore_provider_emergency [vmxcore] touched 1"
check_vmx_on "  no client holds VMX" none
pinned 0

check "a gets all" vmxt get a
check "a gets CPU 1 under it" vmxt get_cpu a 1
pinned 2
check "a puts all" vmxt put a
pinned 1
check "a gets all over it" vmxt get a
pinned 2
check "a puts CPU 1" vmxt put_cpu a 1
pinned 1
check "a puts all" vmxt put a
pinned 0

check "a gets all" vmxt get a
check_vmx_on "  as expected" all
pinned 1
check_fails "  kvm_intel stays" rmmod kvm_intel
check "a gets all again" vmxt get a
pinned 1
check "b gets CPU 1" vmxt get_cpu b 1
pinned 2
check "a VM beside them" vmrun --vcpus 2 --rounds 5
pinned 2
check "a puts" vmxt put a
check "a puts again" vmxt put a
check_vmx_on "  b has CPU 1" 1
pinned 1
check_fails "  kvm_intel stays" rmmod kvm_intel
check "CPU 1 goes offline, and b's reference with it" online 1 0
pinned 0
check "CPU 1 comes online" online 1 1
check_vmx_on "  no client holds VMX" none
check "b gets CPU 1" vmxt get_cpu b 1
pinned 1
check "CPU 1 goes offline while b unregisters" sh -c "echo 0 >/sys/devices/system/cpu/cpu1/online & vmxt unregister b && wait"
pinned 0
check "CPU 1 comes online" online 1 1
check "client b" vmxt register b
check "b gets CPU 1" vmxt get_cpu b 1
check "a gets all" vmxt get a
pinned 2
dmesg_mark
check "a and b go, and leave everything behind" sh -c "vmxt unregister a && vmxt unregister b"
check "  it is taken back" dmesg_has "client 'a' .* went away with 1 references"
check_vmx_on "  no client holds VMX" none
pinned 0

vm_start --vcpus 2
check_vmx_on "a VM of KVM's" all
check "client a" vmxt register a
check "a gets all under it" vmxt get a
vm_end
check_vmx_on "the VM is gone, a has VMX" all
check "a puts" vmxt put a
check_vmx_on "  no client holds VMX" none
check "kvm_intel is unloaded, a client is there" modprobe -r kvm_intel
check_equal "  the slot is empty" "$(cat $slot)" "slot 0x0 touched 2"
check "  a get fails: ENODEV" vmxt -e ENODEV get a

load_kvm 1
check_vmx_on "kvm_intel by its own policy" all
pinned 0
check "a gets CPU 0" vmxt get_cpu a 0
pinned 1
check "a puts CPU 0" vmxt put_cpu a 0
check_vmx_on "  kvm_intel has it still" all
check "kvm_intel is unloaded" modprobe -r kvm_intel
check_vmx_on "  and has given back" none
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore

dmesg_mark
check "vmxcore with enable_virt_at_load" modprobe vmxcore enable_virt_at_load=1
check "  says that it waits for kvm_intel" \
	dmesg_has "borrowed backend.: on while kvm_intel is loaded"
check_fails "  and no client was refused" dmesg_has "client 'vmxcore'"
check "the test client loads" modprobe vmxcore_test
check_vmx_on "  nobody lends VMX yet" none
load_kvm 0
check_vmx_on "  vmxcore has it by its policy" all
check "  as client vmxcore" grep -qx 'client vmxcore all 1 cpus' $clients
pinned 0
check "a VM" vmrun --vcpus 2 --rounds 5
check "CPU 1 goes offline" online 1 0
check "CPU 1 comes online" online 1 1
check_vmx_on "  vmxcore has it still" all
check "kvm_intel is unloaded, whatever vmxcore's policy is" modprobe -r kvm_intel
check_vmx_on "  no client holds VMX" none
load_kvm 0
check_vmx_on "it is loaded again, and vmxcore has VMX again" all
check "the modules are unloaded" modprobe -r vmxcore_test kvm_intel vmxcore
