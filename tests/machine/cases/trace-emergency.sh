# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=2 append="tp_printk"
# more-kernels: 6.1
# The event vmxcore_emergency comes when the machine goes down, so that no
# program can read it. With tp_printk the kernel prints the one of the CPU that
# reboots on the console. Those of the other CPUs, which NMIs stop, are not
# printed.

if [ "$(stage)" = 1 ]; then
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "client a" vmxt register a
	check "  a gets" vmxt get a
	check_vmx_on "  a holds all" 0,1
	echo 1 >/sys/kernel/tracing/events/vmxcore/vmxcore_emergency/enable
	expect "vmxcore_emergency: cpu=1"
	next_stage taskset 2 sh -c 'echo b >/proc/sysrq-trigger'
fi
check "the machine has come up again" modprobe -a vmxcore vmxcore_test
check_vmx_on "  VMX is off" none
