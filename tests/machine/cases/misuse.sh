# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# debug-kernels: 6.12-debug 6.12-kcsan
# Misuse warns once, names the culprit, changes nothing, and never takes the machine down.

# logged TIMES REGEX
logged() {
	check_equal "  logged $1 times: $2" "$(dmesg_since | grep -cE "vmxcore: .*$2")" "$1"
}

load() {
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "client a" vmxt register a
	check "client b" vmxt register b
	dmesg_mark
}

load
check "a puts what it never got" vmxt put a
check "  twice" vmxt put a
logged 1 "misuse by client 'a': vmxcore_put: put without a get, called from .* [[]vmxcore_test[]]"
check_vmx_on "  nothing has changed" none
check "b puts what it never got" vmxt put b
logged 1 "misuse by client 'b': vmxcore_put: put without a get"
check "b gets, a puts that" vmxt get b
check "  a puts" vmxt put a
check_vmx_on "  b still has it" 0,1
check "  b puts" vmxt put b

# Once for each client and kind: b has been warned of for vmxcore_put().
check "client c" vmxt register c
dmesg_mark
check "c puts a CPU it never got" vmxt put_cpu c 1
check "  twice" vmxt put_cpu c 1 irq
logged 1 "misuse by client 'c': vmxcore_put_cpu: put without a get"
check "b gets CPU 1" vmxt get_cpu b 1
check "  c puts that" vmxt put_cpu c 1
check_vmx_on "  b still has it" 1
check "  b puts CPU 1" vmxt put_cpu b 1
check "b gets CPU 1, and puts CPU 0" vmxt get_cpu b 1
check "  CPU 0" vmxt put_cpu b 0
check_vmx_on "  b still has CPU 1" 1
check "  b puts CPU 1" vmxt put_cpu b 1
check_vmx_on "nothing is held" none

dmesg_mark
check "a get with preemption off: EINVAL" vmxt -e EINVAL get_atomic a
logged 1 "misuse by client 'a': vmxcore_get: wrong context"
check "a put with preemption off" vmxt put_atomic b
logged 1 "misuse by client 'b': vmxcore_put: wrong context"
check "an unregister with preemption off" vmxt unregister_atomic c
logged 1 "misuse by client 'c': vmxcore_unregister: wrong context"
check "  has not happened" grep -q '^client c ' /sys/kernel/debug/vmxcore/clients
check "client d" vmxt register d
check "a get_cpu with preemption on: EINVAL" vmxt -e EINVAL get_cpu d 1 preemptible
logged 1 "misuse by client 'd': vmxcore_get_cpu: wrong context"
check_vmx_on "nothing is held" none

dmesg_mark
check "d takes as many references on CPU 1 as there can be, and one more: EOVERFLOW" vmxt -e EOVERFLOW flood d 1
logged 1 "misuse by client 'd': vmxcore_get_cpu: too many references"
check_vmx_on "  those it took are there" 1
check "  d puts them all" vmxt drain d 1
check_vmx_on "  none is left" none

dmesg_mark
check "a NULL client gets: EINVAL" vmxt -e EINVAL get_null
check "a NULL client puts, and unregisters" vmxt put_null
logged 1 "misuse by client '\?': vmxcore_get: handle that is not registered"
logged 1 "misuse by client"

dmesg_mark
check "a unregisters" vmxt unregister a
logged 0 "client 'a'"
check "a get after unregister: EINVAL" vmxt -e EINVAL get a
check "a get_cpu after unregister: EINVAL" vmxt -e EINVAL get_cpu a 1
check "a put after unregister" vmxt put a
check "a put_cpu after unregister" vmxt put_cpu a 1
check "an unregister after unregister" vmxt unregister a
logged 1 "misuse by client 'a': vmxcore_get: handle that is not registered"
logged 1 "misuse by client"
check_vmx_on "nothing is held" none
check "the slot is given to a client e" vmxt register e
check "  it gets" vmxt get e
check "  a puts with its stale handle" vmxt put a
check_vmx_on "  e still has it" 0,1
check "  e puts" vmxt put e
check_vmx_on "  nothing is held" none

dmesg_mark
check "b takes references of both kinds" vmxt get b
check "  all twice" vmxt get b
check "  CPU 1" vmxt get_cpu b 1
check "  CPU 1 twice" vmxt get_cpu b 1
check "c gets CPU 0" vmxt get_cpu c 0
check "b unregisters with them held" vmxt unregister b
logged 1 "client 'b' of module vmxcore_test went away with 2 references on all CPUs, some on CPUs \[1\], 0 VMCSs and 0 VPIDs"
check_vmx_on "  only c's is left" 0
check "c unregisters with one held" vmxt unregister c
check_vmx_on "  none is left" none
check "all goes on: d gets" vmxt get d
check_vmx_on "  d holds all" 0,1
check "  d puts" vmxt put d

dmesg_mark
check "d gets all" vmxt get d
check "e gets CPU 1" vmxt get_cpu e 1
echo 1 >/sys/module/vmxcore_test/parameters/leak
check "the module is unloaded without having unregistered" rmmod vmxcore_test
logged 1 "module vmxcore_test is unloaded with client 'd' still registered"
logged 1 "module vmxcore_test is unloaded with client 'e' still registered"
logged 1 "client 'd' of module vmxcore_test went away with 1 references on all CPUs"
check "  nobody is registered" test ! -s /sys/kernel/debug/vmxcore/clients
check "the test client loads again" modprobe vmxcore_test
check_vmx_on "  VMX is off" none
check "  and the names are free" vmxt register d
check "  get" vmxt get d
check_vmx_on "  d holds all" 0,1
check "  put" vmxt put d
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore
