# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3
# debug-kernels: 6.12-debug 6.12-kcsan
# VMX is on on a CPU exactly while a client holds a reference to it.

param=/sys/module/vmxcore/parameters/enable_virt_at_load

check "vmxcore loads" modprobe vmxcore
check "the test client loads" modprobe vmxcore_test
check_vmx_on "both are loaded" none
check "vmxcore_caps() says what the MSRs say" vmxt caps
check "client a" vmxt register a
check "client b" vmxt register b
check_vmx_on "two clients without references" none

about "one client on all CPUs"
check "a gets" vmxt get a
check_vmx_on "a holds all" 0,1,2
check "a gets again" vmxt get a
check "a puts once" vmxt put a
check_vmx_on "a holds all once" 0,1,2
check "a puts again" vmxt put a
check_vmx_on "a holds nothing" none

about "two clients on CPU 1"
check "a gets CPU 1" vmxt get_cpu a 1
check_vmx_on "a holds CPU 1" 1
check "b gets CPU 1, in an interrupt" vmxt get_cpu b 1 irq
check "b gets CPU 1 again, in a bound thread" vmxt get_cpu b 1 bound
check "a puts CPU 1, in an interrupt" vmxt put_cpu a 1 irq
check_vmx_on "b holds CPU 1 twice" 1
check "b puts CPU 1" vmxt put_cpu b 1
check_vmx_on "b holds CPU 1 once" 1
check "b puts CPU 1 again" vmxt put_cpu b 1 bound
check_vmx_on "no client holds CPU 1" none
about "each CPU in turn"
for cpu in 0 1 2; do
	check "a gets CPU $cpu, in an interrupt" vmxt get_cpu a "$cpu" irq
	check_vmx_on "a holds CPU $cpu" "$cpu"
	check "a puts CPU $cpu, in an interrupt" vmxt put_cpu a "$cpu" irq
done
check_vmx_on "no client holds VMX" none

about "all CPUs and single ones"
check "a gets all" vmxt get a
check "b gets CPU 2" vmxt get_cpu b 2
check "b gets all" vmxt get b
check "a puts all" vmxt put a
check_vmx_on "b holds all, and CPU 2" 0,1,2
check "b puts all" vmxt put b
check_vmx_on "b holds CPU 2" 2
check "a gets all where one CPU is on already" vmxt get a
check_vmx_on "a holds all, b CPU 2" 0,1,2
check "b puts CPU 2" vmxt put_cpu b 2
check_vmx_on "a holds all" 0,1,2
check "a puts all" vmxt put a
check_vmx_on "all references are put" none

about "storms"
check "get and put from all CPUs at once" vmxt storm 3000
check_vmx_on "  no client holds VMX afterwards" none
check "b gets CPU 1" vmxt get_cpu b 1
check "a storm, with a CPU that is on" vmxt storm 1000
check_vmx_on "  b still holds CPU 1" 1
check "b gets all" vmxt get b
check "a storm, with all CPUs on" vmxt storm 1000
check "b puts all" vmxt put b
check_vmx_on "  b still holds CPU 1" 1
check "b puts CPU 1" vmxt put_cpu b 1
check_vmx_on "  no client holds VMX" none

about "unregister with a reference"
check "a gets CPU 1" vmxt get_cpu a 1
vmxt count drop_cpu_ipi 1 >/dev/null
dmesg_mark
check "a unregisters" vmxt unregister a
check "  its reference is taken back" \
	dmesg_has "client 'a' .* went away with 0 references to all CPUs, others to CPUs .1."
check "  only that CPU is interrupted" \
	grep -qx "drop_cpu_ipi 1" /sys/kernel/debug/vmxcore_test/counts
vmxt count drop_cpu_ipi 0 >/dev/null
check_vmx_on "  no client holds VMX" none
check "a registers again" vmxt register a

about "names and the number of clients"
dmesg_mark
check "a name that is taken: EEXIST" vmxt -e EEXIST register a
check "  the log says so" \
	dmesg_has "client 'a' not registered: a client of that name"
check "no name: EINVAL" vmxt -e EINVAL register
check "a name with a slash: EINVAL" vmxt -e EINVAL register a/b
check "a name that starts with a dot: EINVAL" vmxt -e EINVAL register .a
check "a name of 32 characters: EINVAL" vmxt -e EINVAL register 12345678901234567890123456789012
check "a name of 31 characters" vmxt register 1234567890123456789012345678901
check "  that client unregisters" vmxt unregister 1234567890123456789012345678901
check "b unregisters" vmxt unregister b
check "its name is free again" vmxt register b
more=0
while vmxt register "more$more" >/dev/null; do
	more=$((more + 1))
done
check_equal "there can be 32 clients" "$more" 30
check "one more: ENOSPC" vmxt -e ENOSPC register "more$more"
check "the last of the 32 gets all" vmxt get "more$((more - 1))"
check_vmx_on "  it holds all" 0,1,2
check "  it puts" vmxt put "more$((more - 1))"
check_vmx_on "  no client holds VMX" none

check_equal "enable_virt_at_load is off by default, and read-only" \
	"$(cat $param) $(stat -c %a $param)" "N 444"
check_fails "vmxcore is not unloaded under its clients" rmmod vmxcore
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore

about "enable_virt_at_load"
check "vmxcore loads with it" modprobe vmxcore enable_virt_at_load=1
check "the test client loads" modprobe vmxcore_test
check_vmx_on "  VMX is held" 0,1,2
check_equal "  by a client named vmxcore" "$(refs_of vmxcore)" 1
check "client a" vmxt register a
check "a gets" vmxt get a
check "a gets CPU 1" vmxt get_cpu a 1
check "a puts" vmxt put a
check "a puts CPU 1" vmxt put_cpu a 1
check_vmx_on "  vmxcore still holds VMX" 0,1,2
check "CPU 2 goes offline" online 2 0
check_vmx_on "  the other CPUs stay on" 0,1
check "CPU 2 comes online" online 2 1
check_vmx_on "  VMX is on there again" 0,1,2
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore
about "without enable_virt_at_load"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check_vmx_on "  the unload has turned VMX off" none
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore
