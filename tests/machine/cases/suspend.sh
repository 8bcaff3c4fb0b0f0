# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=240
# kernels: 6.12 7.2
# more-kernels: 6.1
# debug-kernels: 6.12-debug 6.12-kcsan
# Suspend to RAM, and a suspend that ends in the core: VMX is on again where it
# was on, and a VM runs on.

suspends() {
	cat /sys/power/suspend_stats/success
}

check "the kernel offers S3" sh -c "echo deep >/sys/power/mem_sleep &&
	grep -q '[[]deep[]]' /sys/power/mem_sleep"
load_kvm 0
check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b

check "S3, no client holds VMX" sleep_for 2
check_vmx_on "  no client holds VMX" none

vm_start --vcpus 2
check_vmx_on "  KVM holds all" 0,1
check "S3, a VM running" sleep_for 2
check_vmx_on "  KVM holds all" 0,1
check_vm_computes "  the VM runs on"
check "core test, a VM running" core_test
check_vmx_on "  KVM holds all" 0,1
check_vm_computes "  the VM runs on"
check "a gets CPU 0" vmxt get_cpu a 0
check "S3, a VM running, a holds CPU 0" sleep_for 2
check_vmx_on "  KVM and a hold VMX" 0,1
check_vm_computes "  the VM runs on"
vm_end
check_vmx_on "  a holds CPU 0" 0
check_cpu_gone a 0
check "S3, a holds CPU 0 alone" sleep_for 2
check_vmx_on "  a holds CPU 0" 0
check "core test, a holds CPU 0 alone" core_test
check_vmx_on "  a holds CPU 0" 0

check "b gets CPU 1" vmxt get_cpu b 1
check "S3, which takes CPU 1 offline" sleep_for 2
check_vmx_on "  a holds CPU 0, b's reference is dead" 0
check_cpu_gone a 0
check_cpu_gone b 1
check "a puts CPU 0" vmxt put_cpu a 0
check_vmx_on "  no client holds VMX" none

check "a gets all" vmxt get a
check "S3, a holds all" sleep_for 2
check_vmx_on "  a holds all" 0,1
check "core test, a holds all" core_test
check_vmx_on "  a holds all" 0,1
check "  a VM beside it" vmrun --vcpus 2 --rounds 3
check "S3 again" sleep_for 2
check_vmx_on "  a holds all" 0,1
check "a puts" vmxt put a
check_vmx_on "  no client holds VMX" none

# The kernel's own VMXON would spoil the CPU until the next boot:
# borrowed-failures.
if borrowed; then
	check_equal "the machine slept 10 times" "$(suspends)" 10
	return
fi

about "VMXON fails after resume"
check "a gets CPU 0" vmxt get_cpu a 0
check "CPU 0 breaks" vmxt revision 0 1
dmesg_mark
check "S3, after which VMXON fails on CPU 0" sleep_for 2
check "  the log says why" \
	dmesg_has "CPU 0: VMX is not on again after resume, .*VMXON reported VMfail"
check_equal "  sysfs says so" \
	"$(cd /sys/kernel/vmxcore/cpus/cpu0 && cat state references held | xargs)" "failed 1 0"
check "  a get of all fails: EIO" vmxt -e EIO get b
check "  a get of CPU 0 fails: EIO" vmxt -e EIO get_cpu b 0
check "  b gets CPU 1" vmxt get_cpu b 1
check "  b puts CPU 1" vmxt put_cpu b 1
check "CPU 0 is repaired" vmxt revision 0 0
check "  a puts its dead reference" vmxt put_cpu a 0
check_vmx_on "  no client holds VMX" none
check "  b gets all" vmxt get b
check_vmx_on "  b holds all" 0,1
check "  b puts all" vmxt put b
check_equal "the machine slept 11 times" "$(suspends)" 11
