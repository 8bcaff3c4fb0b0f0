# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3
# kernels: 6.1 6.12
# debug-kernels: 6.12-debug 6.12-kcsan
# A get that fails: its errno says what kind of failure it is, the log names the client or says "foreign owner", nothing is
# left on anywhere, and it works again as soon as the cause is gone.

# fails ERRNO CPU REGEX: both kinds of get, the one on the bad CPU, fail so and log this.
fails() {
	dmesg_mark
	check "  a get of all CPUs: $1" vmxt -e "$1" get a
	check "  the log says why" dmesg_has "client 'a' gets no VMX, CPU $2: $3.* [(]-$1[)]"
	dmesg_mark
	check "  a get of CPU $2: $1" vmxt -e "$1" get_cpu a "$2"
	check "  the log says why" dmesg_has "client 'a' gets no VMX, CPU $2: $3"
}

# works: as soon as the cause is gone, on all CPUs and on one. A client's new registration has the log to itself again, which
# takes ten lines in five seconds.
works() {
	check "  it works again" vmxt get a
	on "  a holds all" 0,1,2
	check "  put" vmxt put a
	check "  a get of CPU 1 works again" vmxt get_cpu a 1
	check "  put" vmxt put_cpu a 1
	on "  nobody holds anything" none
	check "  a comes anew" sh -c "vmxt unregister a && vmxt register a"
}

# others_unmoved ERRNO: the same while somebody else holds another CPU.
others_unmoved() {
	check "  b gets CPU 2" vmxt get_cpu b 2
	check "  a's get fails" vmxt -e "$1" get a
}

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b

check "CR4.VMXE is set on CPU 1 behind our back" vmxt vmxe 1 1
fails EBUSY 1 "foreign owner"
check "  off everywhere, VMXE of CPU 1 untouched" vmxstate none -f 1
others_unmoved EBUSY
check "  CPU 2 stays on, VMXE of CPU 1 untouched" vmxstate 2 -f 1
check "  other CPUs can be had" vmxt get_cpu a 0
check "  put" vmxt put_cpu a 0
check "  b puts CPU 2" vmxt put_cpu b 2
check "VMXE is cleared again" vmxt vmxe 1 0
works

# A CPU whose way down is given up comes back through the callbacks of one that comes online. That
# a get failed there before is no reason to refuse it. The kernel's own fault injection stops it
# below vmxcore's callbacks.
cpu1=/sys/devices/system/cpu/cpu1
check "a get fails on CPU 1 once more" sh -c "vmxt vmxe 1 1 && vmxt -e EBUSY get a && vmxt vmxe 1 0"
check "CPU 1 is not to go offline" sh -c "sed -n 's/^ *\([0-9]*\): workqueue:online\$/\1/p' \
	/sys/devices/system/cpu/hotplug/states >$cpu1/hotplug/fail"
dmesg_mark
check_fails "  it does not" online 1 0
check_fails "  it is not refused on its way back" dmesg_has "CPU 1 stays offline"
check_equal "  it is online, in all states" "$(cat $cpu1/hotplug/state)" \
	"$(cat /sys/devices/system/cpu/cpu0/hotplug/state)"
works

check "another hypervisor executes VMXON on CPU 1" vmxt foreign 1 1
fails EBUSY 1 "foreign owner"
check "  off everywhere else" vmxstate none -f 1
check "  the other hypervisor has VMX still" grep -q 'cpu 1 vmxe 1 vmx 1' /sys/kernel/debug/vmxcore_cpus
check "it executes VMXOFF" vmxt foreign 1 0
works

# Not a get that fails, but a put that finds nothing to turn off.
check "a gets CPU 1" vmxt get_cpu a 1
check "something executes VMXOFF on CPU 1 behind our back" vmxt foreign 1 0
dmesg_mark
check "  a puts" vmxt put_cpu a 1
check "  the log says what happened" dmesg_has "vmxcore: CPU 1: VMX was off already: something executed VMXOFF"
works

check "CR0.NE is clear on CPU 1" vmxt ne 1 0
fails EFAULT 1 "VMXON faulted"
on "  off everywhere" none
others_unmoved EFAULT
on "  b holds CPU 2" 2
check "  b puts CPU 2" vmxt put_cpu b 2
check "CR0.NE is set again" vmxt ne 1 1
works

check "the root VMCS of CPU 1 has a wrong revision" vmxt revision 1 1
fails EIO 1 "VMXON reported VMfail"
on "  off everywhere" none
others_unmoved EIO
on "  b holds CPU 2" 2
check "  b puts CPU 2" vmxt put_cpu b 2
check "the revision is right again" vmxt revision 1 0
works

for field in basic ept; do
	check "CPU 1 differs in what matters ($field)" vmxt differ 1 $field
	fails EXDEV 1 "VMX capabilities unlike the other CPUs"
	on "  off everywhere" none
	check "CPU 1 is like the others again" vmxt differ 1 0
	works
done
dmesg_mark
check "CPU 1 differs in what does not matter" vmxt differ 1 vmcs_enum
works
check_equal "  one line in the log about it" \
	"$(dmesg_since | grep -c 'vmxcore: CPU 1: its VMX capability MSRs differ')" 1
check "CPU 1 is like the others again" vmxt differ 1 0

# refused CPU REASON: offline, broken, and online again while a holds all CPUs
refused() {
	check "  it does not come online" check_refused
	check "  the log says why" dmesg_has "CPU 1 stays offline, VMX is in use .*: $1"
	on "  the others go on" 0,2
	check "  a new get succeeds" vmxt get b
	check "  put" vmxt put b
}

check_refused() {
	! online 1 1 && [ "$(cat /sys/devices/system/cpu/cpu1/online)" = 0 ]
}

check "a holds all CPUs" vmxt get a
for how in "revision 1 1" "differ 1 basic"; do
	check "CPU 1 goes offline" online 1 0
	on "  without CPU 1" 0,2
	# shellcheck disable=SC2086 # words of a command
	check "CPU 1 breaks: $how" vmxt $how
	dmesg_mark
	case $how in
	revision*) refused "VMXON reported VMfail" ;;
	differ*) refused "VMX capabilities unlike the other CPUs" ;;
	esac
	# shellcheck disable=SC2086
	check "CPU 1 is repaired" vmxt ${how% *} 0
	check "  it comes online" online 1 1
	on "  and is post-VMXON" 0,1,2
done
check "a puts" vmxt put a
on "a holds nothing" none

check "CPU 1 goes offline" online 1 0
check "CPU 1 breaks" vmxt revision 1 1
check "  it comes online where nobody holds all CPUs" online 1 1
check "  a get fails then" vmxt -e EIO get a
on "  off everywhere" none
check "CPU 1 is repaired" vmxt revision 1 0
works

check "CR0.NE is clear on CPU 1" vmxt ne 1 0
dmesg_mark
check "  a asks 12 times in vain, at once" vmxt -e EFAULT -n 12 get a
check_equal "  and has 10 lines in the log" "$(dmesg_since | grep -c "client 'a' gets no VMX")" 10
check "  b asks once" vmxt -e EFAULT get b
check "  and has its line all the same" dmesg_has "client 'b' gets no VMX, CPU 1: VMXON faulted"
check "CR0.NE is set again" vmxt ne 1 1
works
