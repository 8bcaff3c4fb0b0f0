# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=240
# kernels: 6.12 7.2
# more-kernels: 6.1
# debug-kernels: 6.12-debug 6.12-kcsan
# Suspend and resume, real (S3) and as far as the core: VMX is on again where it was, and a VM runs on.

suspends() {
	cat /sys/power/suspend_stats/success
}

check "S3 is there" sh -c "echo deep >/sys/power/mem_sleep && grep -q '[[]deep[]]' /sys/power/mem_sleep"
load_kvm 0
check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b

check "S3, nobody holds anything" sleep_for 2
on "  nobody holds anything" none

vm_start --vcpus 2
on "  so it is" 0,1
check "S3, a VM running" sleep_for 2
on "  KVM has all" 0,1
vm_computes "  the VM runs on"
check "core test, a VM running" core_test
on "  KVM has all" 0,1
vm_computes "  the VM runs on"
check "a gets CPU 0" vmxt get_cpu a 0
check "S3, a VM running, a holds CPU 0" sleep_for 2
on "  so it is" 0,1
vm_computes "  the VM runs on"
vm_end
on "a has CPU 0" 0
told a 0
check "S3, a holds CPU 0 alone" sleep_for 2
on "  so it is" 0
check "core test, a holds CPU 0 alone" core_test
on "  so it is" 0

check "b gets CPU 1" vmxt get_cpu b 1
check "S3, which takes CPU 1 offline" sleep_for 2
on "  b's reference is dead, a's lives" 0
told a 0
told b 1
check "a puts CPU 0" vmxt put_cpu a 0
on "nobody holds anything" none

check "a gets all" vmxt get a
check "S3, a holds all" sleep_for 2
on "  so it is" 0,1
check "core test, a holds all" core_test
on "  so it is" 0,1
check "  a VM beside it" vmrun --vcpus 2 --rounds 3
check "S3 again" sleep_for 2
on "  so it is" 0,1
check "a puts" vmxt put a
on "nobody holds anything" none

# The kernel's own VMXON would spoil the CPU until the next boot: borrowed-failures.
if borrowed; then
	check_equal "the machine slept 10 times" "$(suspends)" 10
	return
fi

check "a gets CPU 0" vmxt get_cpu a 0
check "CPU 0 breaks" vmxt revision 0 1
dmesg_mark
check "S3, after which VMXON fails on CPU 0" sleep_for 2
check "  the log says why" dmesg_has "CPU 0: VMX is not on again after resume, .*VMXON reported VMfail"
check "  the books say so" grep -q '^cpu 0 failed refs 1 all 0' /sys/kernel/debug/vmxcore/cpus
check "  a get of all fails: EIO" vmxt -e EIO get b
check "  a get of CPU 0 fails: EIO" vmxt -e EIO get_cpu b 0
check "  CPU 1 can be had" vmxt get_cpu b 1
check "  put" vmxt put_cpu b 1
check "CPU 0 is repaired" vmxt revision 0 0
check "  a puts the reference that is worth nothing" vmxt put_cpu a 0
on "  nobody holds anything" none
check "  all is well" vmxt get b
on "  b has all" 0,1
check "  put" vmxt put b
check_equal "the machine slept 11 times" "$(suspends)" 11
