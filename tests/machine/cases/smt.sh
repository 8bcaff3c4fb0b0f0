# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=1:2:2 limit=300
# SMT is switched off and on, and a CPU that was offline when vmxcore was loaded
# comes online.

smt=/sys/devices/system/cpu/smt/control

siblings() {
	cat /sys/devices/system/cpu/cpu"$1"/topology/thread_siblings_list
}

check_equal "two cores of two threads" "$(nproc), $(siblings 0), $(siblings 2)" "4, 0-1, 2-3"
check "CPU 3 goes offline before anything is loaded" online 3 0
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "a gets" vmxt get a
check_vmx_on "VMX is on on the CPUs that are online" 0,1,2
check "CPU 3 comes online for the first time" online 3 1
check_vmx_on "CPU 3 has VMX on, too" 0,1,2,3
check "a puts" vmxt put a
check_vmx_on "no client holds VMX" none

check "a unregisters" vmxt unregister a
# shellcheck disable=SC2154 # of states.sh
for state in $states; do
	state_enter "$state" 0
	check "SMT is switched off" sh -c "echo off >$smt"
	check_equal "  one thread of each core is left" \
		"$(cat /sys/devices/system/cpu/online)" "0,2"
	check_state_holds "$state" 0
	check "SMT is switched on" sh -c "echo on >$smt"
	check_equal "  all CPUs are online" "$(cat /sys/devices/system/cpu/online)" "0-3"
	check_state_holds "$state" 0
	state_leave "$state" 0
done
