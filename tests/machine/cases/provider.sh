# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# kernels: 7.2
# The kernel owns VMX, and vmxcore gets it through kvm_intel, in any order of
# loading, as long as a client holds it.

slot=/sys/kernel/debug/vmxcore_test/emergency

# check_pinned COUNT: kvm_intel has that many users and cannot be unloaded while
# there are some.
check_pinned() {
	check_equal "  kvm_intel is in use $1 times" \
		"$(sed -n 's/^kvm_intel [0-9]* \([0-9]*\) .*/\1/p' /proc/modules)" "$1"
}

about "without kvm_intel"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
dmesg_mark
echo 1 >/sys/kernel/tracing/events/vmxcore/vmxcore_refused/enable
check "a get fails: ENODEV" vmxt -e ENODEV get a
check "  the event names no CPU" \
	grep -q 'vmxcore_refused: client=a cpu=-1 error=-19' /sys/kernel/tracing/trace
check "  the log says which module to load" \
	dmesg_has "client 'a' gets no VMX: .*; modprobe kvm_intel [(]-ENODEV[)]"
check "a get of CPU 1 fails: ENODEV" vmxt -e ENODEV get_cpu a 1
check_vmx_on "  no client holds VMX" none
check_equal "  the kernel's emergency pointer is not set" "$(cat $slot)" "slot 0x0 touched 0"
about "references keep kvm_intel loaded"
load_kvm 0
check_equal "  vmxcore has set the emergency pointer" \
	"$(cat $slot)" "slot vmxcore_provider_emergency [vmxcore] touched 1"
check_vmx_on "  no client holds VMX" none
check_pinned 0

check "a gets all" vmxt get a
check "a gets CPU 1, too" vmxt get_cpu a 1
check_pinned 2
check "a puts all" vmxt put a
check_pinned 1
check "a gets all again" vmxt get a
check_pinned 2
check "a puts CPU 1" vmxt put_cpu a 1
check_pinned 1
check "a puts all again" vmxt put a
check_pinned 0

about "two clients"
check "a gets all" vmxt get a
check_vmx_on "  VMX is on" all
check_pinned 1
check_fails "  kvm_intel stays" rmmod kvm_intel
check "a gets all again" vmxt get a
check_pinned 1
check "b gets CPU 1" vmxt get_cpu b 1
check_pinned 2
check "a VM runs beside them" vmrun --vcpus 2 --rounds 5
check_pinned 2
check "a puts" vmxt put a
check "a puts again" vmxt put a
check_vmx_on "  b holds CPU 1" 1
check_pinned 1
check_fails "  kvm_intel stays" rmmod kvm_intel
check "CPU 1 goes offline, and b's reference with it" online 1 0
check_pinned 0
about "hotplug and unregister"
check "CPU 1 comes online" online 1 1
check_vmx_on "  no client holds VMX" none
check "b gets CPU 1" vmxt get_cpu b 1
check_pinned 1
check "CPU 1 goes offline while b unregisters" \
	sh -c "echo 0 >/sys/devices/system/cpu/cpu1/online & vmxt unregister b && wait"
check_pinned 0
about "unregister with references"
check "CPU 1 comes online" online 1 1
check "client b" vmxt register b
check "b gets CPU 1" vmxt get_cpu b 1
check "a gets all" vmxt get a
check_pinned 2
dmesg_mark
check "a and b unregister without a put" sh -c "vmxt unregister a && vmxt unregister b"
check "  their references are taken back" dmesg_has "client 'a' .* went away with 1 references"
check_vmx_on "  no client holds VMX" none
check_pinned 0

about "a VM and a client"
vm_start --vcpus 2
check_vmx_on "  KVM holds VMX" all
check "client a" vmxt register a
check "a gets all beside it" vmxt get a
vm_end
check_vmx_on "  a holds VMX without the VM" all
check "a puts" vmxt put a
check_vmx_on "  no client holds VMX" none
check "kvm_intel is unloaded while a is registered" modprobe -r kvm_intel
check_equal "  the emergency pointer is not set" "$(cat $slot)" "slot 0x0 touched 2"
check "  a get fails: ENODEV" vmxt -e ENODEV get a

about "kvm.enable_virt_at_load"
load_kvm 1
check_vmx_on "  kvm_intel holds VMX without a VM" all
check_pinned 0
check "a gets CPU 0" vmxt get_cpu a 0
check_pinned 1
check "a puts CPU 0" vmxt put_cpu a 0
check_vmx_on "  kvm_intel still holds VMX" all
check "kvm_intel is unloaded" modprobe -r kvm_intel
check_vmx_on "  no client holds VMX" none
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore

about "vmxcore.enable_virt_at_load"
dmesg_mark
check "vmxcore loads" modprobe vmxcore enable_virt_at_load=1
check "  the log says that it waits for kvm_intel" \
	dmesg_has "borrowed backend.: on while kvm_intel is loaded"
check_fails "  the log does not say that a client was refused" dmesg_has "client 'vmxcore'"
check "the test client loads" modprobe vmxcore_test
check_vmx_on "  VMX is off without kvm_intel" none
load_kvm 0
check_vmx_on "  vmxcore holds VMX" all
check_equal "  the client is called vmxcore" "$(refs_of vmxcore)" 1
check_pinned 0
check "a VM runs" vmrun --vcpus 2 --rounds 5
check "CPU 1 goes offline" online 1 0
check "CPU 1 comes online" online 1 1
check_vmx_on "  vmxcore still holds VMX" all
check "kvm_intel can be unloaded all the same" modprobe -r kvm_intel
check_vmx_on "  no client holds VMX" none
about "kvm_intel loads again"
load_kvm 0
check_vmx_on "  vmxcore holds VMX again" all
check "the modules are unloaded" modprobe -r vmxcore_test kvm_intel vmxcore
