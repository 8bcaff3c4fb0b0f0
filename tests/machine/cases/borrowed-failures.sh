# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3
# kernels: 7.2
# The kernel's VMXON fails: what vmxcore makes of it where it is the kernel that executes it. The native backend's failures are
# the case failures.

# fails ERRNO REGEX: both kinds of get, the one on CPU 1, fail so and log this.
fails() {
	dmesg_mark
	check "  a get of all CPUs: $1" vmxt -e "$1" get a
	check "  the log says why" dmesg_has "client 'a' gets no VMX, CPU 1: $2.* [(]-$1[)]"
	check "  a get of CPU 1: $1" vmxt -e "$1" get_cpu a 1
}

works() {
	check "  it works again" vmxt get a
	on "  a holds all" all
	check "  put" vmxt put a
	on "  nobody holds anything" none
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_kvm 0
check "client a" vmxt register a
check "client b" vmxt register b

check "CR4.VMXE is set on CPU 1 behind the kernel's back" vmxt vmxe 1 1
fails EBUSY "foreign owner"
check "  off everywhere, VMXE of CPU 1 untouched" vmxstate none -f 1
check "VMXE is cleared again" vmxt vmxe 1 0
works
check "another hypervisor executes VMXON on CPU 1" vmxt foreign 1 1
fails EBUSY "foreign owner"
check "  the other hypervisor has VMX still" grep -q 'cpu 1 vmxe 1 vmx 1' /sys/kernel/debug/vmxcore_cpus
check "it executes VMXOFF" vmxt foreign 1 0
works

# The kernel says so too, once.
expect "WARNING: .*x86_virt_cpu_vmxon|WARNING: arch/x86/virt/hw\.c"
check "CR0.NE is clear on CPU 1" vmxt ne 1 0
fails EFAULT "VMXON faulted"
on "  off everywhere" none
check "CR0.NE is set again" vmxt ne 1 1
works

for field in basic cet; do
	check "CPU 1 differs in what matters ($field)" vmxt differ 1 $field
	fails EXDEV "VMX capabilities unlike the other CPUs"
	on "  off everywhere" none
	check "CPU 1 is like the others again" vmxt differ 1 0
	works
done

# Last: what the kernel takes for success it must not be asked to undo, until the next boot.
check "the root VMCS of CPU 1 has a wrong revision" vmxt revision 1 1
dmesg_mark
check "  a get of CPU 1: EIO" vmxt -e EIO get_cpu a 1
check "  the log says what it means" dmesg_has "CPU 1: VMXON reported VMfail and the kernel takes it for success"
check "the revision is right again" vmxt revision 1 0
fails EIO "VMXON reported VMfail"
check "  VMX is off everywhere, VMXE of CPU 1 is the kernel's" vmxstate none -f 1
check "b gets CPU 2" vmxt get_cpu b 2
check "  so it is" vmxstate 2 -f 1
check "  b puts CPU 2" vmxt put_cpu b 2
check "CPU 1 goes offline" online 1 0
check "a gets all that there are" vmxt get a
on "  so it is" 0,2
dmesg_mark
check_fails "CPU 1 does not come online" online 1 1
check "  the log says why" dmesg_has "CPU 1 stays offline, VMX is in use .*: VMXON reported VMfail"
on "  the others go on" 0,2
check "a VM on the others" vmrun --cpu 2 --rounds 3
check "a puts" vmxt put a
on "  nobody holds anything" none
