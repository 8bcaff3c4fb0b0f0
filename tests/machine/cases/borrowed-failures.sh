# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3
# kernels: 7.2
# The kernel's VMXON fails, which vmxcore has to report where the kernel owns
# VMX. The case failures has the failures of the native backend.

# check_gets_fail ERRNO REGEX: a get of all CPUs and one of CPU 1 fail with that
# errno, and the log says this.
check_gets_fail() {
	dmesg_mark
	check "  a get of all CPUs: $1" vmxt -e "$1" get a
	check "  the log says why" \
		dmesg_has "client 'a' gets no VMX, CPU 1: $2.* [(]-$1[)]"
	check "  a get of CPU 1: $1" vmxt -e "$1" get_cpu a 1
}

check_gets_work() {
	check "  a get of all CPUs works" vmxt get a
	check_vmx_on "  a holds all" all
	check "  a puts all" vmxt put a
	check_vmx_on "  no client holds VMX" none
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_kvm 0
check "client a" vmxt register a
check "client b" vmxt register b

check "CR4.VMXE is set on CPU 1 behind the kernel's back" vmxt vmxe 1 1
check_gets_fail EBUSY "foreign owner"
check "  VMX is off everywhere, CR4.VMXE of CPU 1 is left as it was" vmxstate none -f 1
check "CR4.VMXE is cleared again" vmxt vmxe 1 0
check_gets_work
check "another hypervisor executes VMXON on CPU 1" vmxt foreign 1 1
check_gets_fail EBUSY "foreign owner"
check "  the other hypervisor still has VMX on" \
	grep -q 'cpu 1 vmxe 1 vmx 1' /sys/kernel/debug/vmxcore_cpus
check "the other hypervisor executes VMXOFF" vmxt foreign 1 0
check_gets_work

# The kernel prints a warning, once.
expect "WARNING: .*x86_virt_cpu_vmxon|WARNING: arch/x86/virt/hw\.c"
check "CR0.NE is clear on CPU 1" vmxt ne 1 0
check_gets_fail EFAULT "VMXON faulted"
check_vmx_on "  VMX is off everywhere" none
check "CR0.NE is set again" vmxt ne 1 1
check_gets_work

for field in basic cet; do
	about "$field"
	check "CPU 1 has other VMX capabilities than the others" vmxt differ 1 $field
	check_gets_fail EXDEV "VMX capabilities unlike the other CPUs"
	check_vmx_on "  VMX is off everywhere" none
	check "CPU 1 is like the others again" vmxt differ 1 0
	check_gets_work
done

# This comes last. The kernel takes this failure for success, and must not
# execute VMXOFF for it until the next boot.
about ""
check "the root VMCS of CPU 1 has a wrong revision" vmxt revision 1 1
dmesg_mark
check "  a get of CPU 1: EIO" vmxt -e EIO get_cpu a 1
check "  the log says what it means" \
	dmesg_has "CPU 1: VMXON reported VMfail and the kernel takes it for success"
check "the revision is right again" vmxt revision 1 0
check_gets_fail EIO "VMXON reported VMfail"
check "  VMX is off everywhere, VMXE of CPU 1 is the kernel's" vmxstate none -f 1
check "b gets CPU 2" vmxt get_cpu b 2
check "  CPU 2 is on" vmxstate 2 -f 1
check "  b puts CPU 2" vmxt put_cpu b 2
check "CPU 1 goes offline" online 1 0
check "a gets all CPUs that are online" vmxt get a
check_vmx_on "  they are on" 0,2
dmesg_mark
check_fails "CPU 1 does not come online" online 1 1
check "  the log says why" \
	dmesg_has "CPU 1 stays offline, VMX is in use .*: VMXON reported VMfail"
check_vmx_on "  the other CPUs stay on" 0,2
check "a VM runs on them" vmrun --cpu 2 --rounds 3
check "a puts" vmxt put a
check_vmx_on "  no client holds VMX" none
