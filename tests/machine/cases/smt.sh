# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=1:2:2 limit=300
# CPUs by the half: SMT switched off and on, and CPUs that were offline when vmxcore was loaded.

smt=/sys/devices/system/cpu/smt/control

siblings() {
	cat /sys/devices/system/cpu/cpu"$1"/topology/thread_siblings_list
}

check_equal "two cores of two threads" "$(nproc), $(siblings 0), $(siblings 2)" "4, 0-1, 2-3"
check "CPU 3 goes offline before anything is loaded" online 3 0
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "a gets" vmxt get a
on "on all that are there" 0,1,2
check "CPU 3 comes online for the first time" online 3 1
on "it is held too" 0,1,2,3
check "a puts" vmxt put a
on "nobody holds anything" none

check "a unregisters" vmxt unregister a
# shellcheck disable=SC2154 # of states.sh
for state in $states; do
	state_enter "$state" 0
	check "  SMT is switched off" sh -c "echo off >$smt"
	check_equal "  one thread a core is left" "$(cat /sys/devices/system/cpu/online)" "0,2"
	state_holds "$state" 0
	check "  SMT is switched on" sh -c "echo on >$smt"
	check_equal "  all are back" "$(cat /sys/devices/system/cpu/online)" "0-3"
	state_holds "$state" 0
	state_leave "$state" 0
done
