# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# debug-kernels: 6.12-debug 6.12-kcsan
# Misuse is logged once with the name of the client, changes nothing, and never
# crashes the machine.

# check_logged TIMES REGEX
check_logged() {
	check_equal "  logged $1 times: $2" "$(dmesg_since | grep -cE "vmxcore: .*$2")" "$1"
}

load() {
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "client a" vmxt register a
	check "client b" vmxt register b
	dmesg_mark
}

load
check "a puts without a get" vmxt put a
check "  it puts again" vmxt put a
put="vmxcore_put: put without a get"
check_logged 1 "misuse by client 'a': $put, called from .* [[]vmxcore_test[]]"
check_vmx_on "  nothing has changed" none
check "b puts without a get" vmxt put b
check_logged 1 "misuse by client 'b': vmxcore_put: put without a get"
check "b gets" vmxt get b
check "  a puts without a get" vmxt put a
check_vmx_on "  b still holds all" 0,1
check "  b puts" vmxt put b

# It is logged once for each client and kind, and has been for b and
# vmxcore_put().
check "client c" vmxt register c
dmesg_mark
check "c puts CPU 1 without a get" vmxt put_cpu c 1
check "  it puts again, in an interrupt" vmxt put_cpu c 1 irq
check_logged 1 "misuse by client 'c': vmxcore_put_cpu: put without a get"
check "b gets CPU 1" vmxt get_cpu b 1
check "  c puts CPU 1 without a get" vmxt put_cpu c 1
check_vmx_on "  b still holds CPU 1" 1
check "  b puts CPU 1" vmxt put_cpu b 1
check "b gets CPU 1 once more" vmxt get_cpu b 1
check "  b puts CPU 0 without a get" vmxt put_cpu b 0
check_vmx_on "  b still holds CPU 1" 1
check "  b puts CPU 1" vmxt put_cpu b 1
check_vmx_on "  no client holds VMX" none

dmesg_mark
check "a get with preemption off: EINVAL" vmxt -e EINVAL get_atomic a
check_logged 1 "misuse by client 'a': vmxcore_get: wrong context"
check "a put with preemption off" vmxt put_atomic b
check_logged 1 "misuse by client 'b': vmxcore_put: wrong context"
check "an unregister with preemption off" vmxt unregister_atomic c
check_logged 1 "misuse by client 'c': vmxcore_unregister: wrong context"
check_equal "  c is still registered" "$(refs_of c)" 0
check "client d" vmxt register d
check "a get_cpu with preemption on: EINVAL" vmxt -e EINVAL get_cpu d 1 preemptible
check_logged 1 "misuse by client 'd': vmxcore_get_cpu: wrong context"
check_vmx_on "  no client holds VMX" none

dmesg_mark
check "d gets CPU 1 once more than there can be references: EOVERFLOW" \
	vmxt -e EOVERFLOW flood d 1
check_logged 1 "misuse by client 'd': vmxcore_get_cpu: too many references"
check_vmx_on "  d holds CPU 1" 1
check "  d puts all its references" vmxt drain d 1
check_vmx_on "  no client holds VMX" none

dmesg_mark
check "a NULL client gets: EINVAL" vmxt -e EINVAL get_null
check "a NULL client puts, and unregisters" vmxt put_null
check_logged 1 "misuse by client '\?': vmxcore_get: handle that is not registered"
check_logged 1 "misuse by client '\?': vmxcore_put_cpu: wrong context"
check_logged 2 "misuse by client"

about "after unregister"
dmesg_mark
check "a unregisters" vmxt unregister a
check_logged 0 "client 'a'"
check "a get after unregister: EINVAL" vmxt -e EINVAL get a
check "a get_cpu after unregister: EINVAL" vmxt -e EINVAL get_cpu a 1
check "a put after unregister" vmxt put a
check "a put_cpu after unregister" vmxt put_cpu a 1
check "an unregister after unregister" vmxt unregister a
check_logged 1 "misuse by client 'a': vmxcore_get: handle that is not registered"
check_logged 1 "misuse by client"
check_vmx_on "  no client holds VMX" none
check "e registers, and gets the slot of a" vmxt register e
check "  e gets" vmxt get e
check "  a puts with its stale handle" vmxt put a
check_vmx_on "  e still holds all" 0,1
check "  e puts" vmxt put e
check_vmx_on "  no client holds VMX" none

dmesg_mark
about "unregister with references"
check "b gets all" vmxt get b
check "  all again" vmxt get b
check "  CPU 1" vmxt get_cpu b 1
check "  CPU 1 again" vmxt get_cpu b 1
check "c gets CPU 0" vmxt get_cpu c 0
check "b unregisters with its references" vmxt unregister b
check_logged 1 "client 'b' of module vmxcore_test went away with 2 references to all CPUs,\
 others to CPUs \[1\], 0 VMCSs and 0 VPIDs"
check_vmx_on "  c still holds CPU 0" 0
check "c unregisters with its reference" vmxt unregister c
check_vmx_on "  no client holds VMX" none
check "d gets" vmxt get d
check_vmx_on "  d holds all" 0,1
check "  d puts" vmxt put d

about "unload without unregister"
dmesg_mark
check "d gets all" vmxt get d
check "e gets CPU 1" vmxt get_cpu e 1
echo 1 >/sys/module/vmxcore_test/parameters/leak
check "the test client is unloaded, and does not unregister" rmmod vmxcore_test
check_logged 1 "module vmxcore_test is unloaded with client 'd' still registered"
check_logged 1 "module vmxcore_test is unloaded with client 'e' still registered"
check_logged 1 "client 'd' of module vmxcore_test went away with 1 references to all CPUs"
check_equal "  no client is registered" "$(ls /sys/kernel/vmxcore/clients)" ""
check "the test client loads again" modprobe vmxcore_test
check_vmx_on "  VMX is off" none
check "  d registers, as the name is free" vmxt register d
check "  d gets" vmxt get d
check_vmx_on "  d holds all" 0,1
check "  d puts" vmxt put d
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore
