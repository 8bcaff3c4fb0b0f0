# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=2 append="tp_printk"
# more-kernels: 6.1
# The event "emergency", which nobody lives to read: the kernel prints it on the console, that of the CPU that reboots. Of the
# others, which are stopped by NMIs, nobody prints what they had to say.

if [ "$(stage)" = 1 ]; then
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "client a" vmxt register a
	check "  gets" vmxt get a
	check_vmx_on "a holds all" 0,1
	echo 1 >/sys/kernel/tracing/events/vmxcore/vmxcore_emergency/enable
	expect "vmxcore_emergency: cpu=1"
	next_stage taskset 2 sh -c 'echo b >/proc/sysrq-trigger'
fi
check "the machine has come up again" modprobe -a vmxcore vmxcore_test
check_vmx_on "  without VMX" none
