# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3
# kernels: 6.1 6.12
# debug-kernels: 6.12-debug 6.12-kcsan
# A get fails: its errno says what kind of failure it is, the log names the
# client or says "foreign owner", VMX is off everywhere, and a get works again
# as soon as the cause is gone.

# check_gets_fail ERRNO CPU REGEX: a get of all CPUs and one of the bad CPU fail
# with that errno, and the log says this.
check_gets_fail() {
	dmesg_mark
	check "  a get of all CPUs: $1" vmxt -e "$1" get a
	check "  the log says why" \
		dmesg_has "client 'a' gets no VMX, CPU $2: $3.* [(]-$1[)]"
	dmesg_mark
	check "  a get of CPU $2: $1" vmxt -e "$1" get_cpu a "$2"
	check "  the log says why for CPU $2, too" \
		dmesg_has "client 'a' gets no VMX, CPU $2: $3"
}

# check_gets_work: on all CPUs and on CPU 1. a registers anew, as the log takes
# ten lines in five seconds of one registration.
check_gets_work() {
	check "  a get of all CPUs works" vmxt get a
	check_vmx_on "  a holds all" 0,1,2
	check "  a puts all" vmxt put a
	check "  a get of CPU 1 works" vmxt get_cpu a 1
	check "  a puts CPU 1" vmxt put_cpu a 1
	check_vmx_on "  no client holds VMX" none
	check "  a registers anew" sh -c "vmxt unregister a && vmxt register a"
}

# check_fails_beside_b ERRNO: a get of all CPUs fails while b holds CPU 2, and
# leaves it to b.
check_fails_beside_b() {
	check "  b gets CPU 2" vmxt get_cpu b 2
	check "  a get of all CPUs fails beside b" vmxt -e "$1" get a
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b

check "CR4.VMXE is set on CPU 1 behind vmxcore's back" vmxt vmxe 1 1
check_gets_fail EBUSY 1 "foreign owner"
check "  VMX is off everywhere, CR4.VMXE of CPU 1 is left as it was" vmxstate none -f 1
check_fails_beside_b EBUSY
check "  CPU 2 stays on, CR4.VMXE of CPU 1 is left as it was" vmxstate 2 -f 1
check "  a gets CPU 0" vmxt get_cpu a 0
check "  a puts CPU 0" vmxt put_cpu a 0
check "  b puts CPU 2" vmxt put_cpu b 2
check "CR4.VMXE is cleared again" vmxt vmxe 1 0
check_gets_work

# When the kernel gives up taking a CPU offline, it calls the callbacks of a CPU
# that comes online. That a get failed there before is no reason to refuse the
# CPU. The kernel's own fault injection stops it below vmxcore's callbacks.
cpu1=/sys/devices/system/cpu/cpu1
check "a get fails on CPU 1 once more" sh -c "vmxt vmxe 1 1 && vmxt -e EBUSY get a && vmxt vmxe 1 0"
check "the kernel will not take CPU 1 offline" \
	sh -c "sed -n 's/^ *\([0-9]*\): workqueue:online\$/\1/p' \
		/sys/devices/system/cpu/hotplug/states >$cpu1/hotplug/fail"
dmesg_mark
check_fails "  CPU 1 does not go offline" online 1 0
check_fails "  it is not refused on its way back" dmesg_has "CPU 1 stays offline"
check_equal "  all its hotplug states are those of a CPU that is online" \
	"$(cat $cpu1/hotplug/state)" "$(cat /sys/devices/system/cpu/cpu0/hotplug/state)"
check_gets_work

check "another hypervisor executes VMXON on CPU 1" vmxt foreign 1 1
check_gets_fail EBUSY 1 "foreign owner"
check "  VMX is off on the other CPUs" vmxstate none -f 1
check "  the other hypervisor still has VMX on" \
	grep -q 'cpu 1 vmxe 1 vmx 1' /sys/kernel/debug/vmxcore_cpus
check "the other hypervisor executes VMXOFF" vmxt foreign 1 0
check_gets_work

# Here a put fails: it finds VMX off.
check "a gets CPU 1" vmxt get_cpu a 1
check "another hypervisor executes VMXOFF on CPU 1 behind vmxcore's back" vmxt foreign 1 0
dmesg_mark
check "  a puts" vmxt put_cpu a 1
check "  the log says what happened" \
	dmesg_has "vmxcore: CPU 1: VMX was off already: something executed VMXOFF"
check_gets_work

check "CR0.NE is clear on CPU 1" vmxt ne 1 0
check_gets_fail EFAULT 1 "VMXON faulted"
check_vmx_on "  VMX is off everywhere" none
check_fails_beside_b EFAULT
check_vmx_on "  b holds CPU 2" 2
check "  b puts CPU 2" vmxt put_cpu b 2
check "CR0.NE is set again" vmxt ne 1 1
check_gets_work

check "the root VMCS of CPU 1 has a wrong revision" vmxt revision 1 1
check_gets_fail EIO 1 "VMXON reported VMfail"
check_vmx_on "  VMX is off everywhere" none
check_fails_beside_b EIO
check_vmx_on "  b holds CPU 2" 2
check "  b puts CPU 2" vmxt put_cpu b 2
check "the revision is right again" vmxt revision 1 0
check_gets_work

for field in basic ept; do
	about "$field"
	check "CPU 1 has other VMX capabilities than the others" vmxt differ 1 $field
	check_gets_fail EXDEV 1 "VMX capabilities unlike the other CPUs"
	check_vmx_on "  VMX is off everywhere" none
	check "CPU 1 is like the others again" vmxt differ 1 0
	check_gets_work
done
about "vmcs_enum"
dmesg_mark
check "CPU 1 has another value of an MSR that does not matter" vmxt differ 1 vmcs_enum
check_gets_work
check_equal "  one line in the log about it" \
	"$(dmesg_since | grep -c 'vmxcore: CPU 1: its VMX capability MSRs differ')" 1
check "CPU 1 is like the others again" vmxt differ 1 0

# check_refused REASON: CPU 1 does not come online, and the others are not
# affected.
check_refused() {
	check "  it does not come online" stays_offline
	check "  the log says why" dmesg_has "CPU 1 stays offline, VMX is in use .*: $1"
	check_vmx_on "  the other CPUs stay on" 0,2
	check "  b gets all" vmxt get b
	check "  b puts all" vmxt put b
}

stays_offline() {
	! online 1 1 && [ "$(cat /sys/devices/system/cpu/cpu1/online)" = 0 ]
}

about "a holds all"
check "a gets all" vmxt get a
for how in "revision 1 1" "differ 1 basic"; do
	about "a holds all, $how"
	check "CPU 1 goes offline" online 1 0
	check_vmx_on "  the other CPUs stay on" 0,2
	# shellcheck disable=SC2086 # words of a command
	check "CPU 1 breaks" vmxt $how
	dmesg_mark
	case $how in
	revision*) check_refused "VMXON reported VMfail" ;;
	differ*) check_refused "VMX capabilities unlike the other CPUs" ;;
	esac
	# shellcheck disable=SC2086
	check "CPU 1 is repaired" vmxt ${how% *} 0
	check "  it comes online" online 1 1
	check_vmx_on "  VMX is on there, too" 0,1,2
done
about "a holds all"
check "a puts" vmxt put a
check_vmx_on "  no client holds VMX" none

about "no client holds all"
check "CPU 1 goes offline" online 1 0
check "CPU 1 breaks" vmxt revision 1 1
check "  it comes online" online 1 1
check "  a get of all CPUs fails" vmxt -e EIO get a
check_vmx_on "  VMX is off everywhere" none
check "CPU 1 is repaired" vmxt revision 1 0
check_gets_work

check "CR0.NE is clear on CPU 1" vmxt ne 1 0
dmesg_mark
check "  a asks 12 times in vain, at once" vmxt -e EFAULT -n 12 get a
check_equal "  and has 10 lines in the log" "$(dmesg_since | grep -c "client 'a' gets no VMX")" 10
check "  b asks once" vmxt -e EFAULT get b
check "  and has its line all the same" dmesg_has "client 'b' gets no VMX, CPU 1: VMXON faulted"
check "CR0.NE is set again" vmxt ne 1 1
check_gets_work
