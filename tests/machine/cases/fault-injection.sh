# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 limit=900
# form: long
# kernels: 6.12-debug
# Each allocation below a function of ours made to fail, one at a time, by the kernel's own fault injection: also those that the kernel
# makes for us, in sysfs for example. After each: ENOMEM, or success where the kernel can do without; and nothing is left.

debug=/sys/kernel/debug
modules=/lib/modules/$(uname -r)/updates

# Only what is allocated below a module's text: all of it is above the kernel's, and is not moved (nokaslr).
select_ours() {
	for fault in failslab fail_page_alloc; do
		echo 0xffffffffa0000000 >$debug/$fault/require-start
		echo 0xffffffffff000000 >$debug/$fault/require-end
		echo N >$debug/$fault/ignore-gfp-wait
		echo 0 >$debug/$fault/verbose
	done
	echo 0 >$debug/fail_page_alloc/min-order
	# No copies from and to user space.
	echo 0xffffffffffffffff >$debug/fail_usercopy/reject-end
}

# Says the CPU itself: vmxcore may be there or not.
all_off() {
	! grep -E 'vmxe 1|vmx 1' $debug/vmxcore_cpus
}

# fail_each DESCRIPTION READY UNDO FAILNTH-ARGUMENT...: READY comes before each, UNDO after one that succeeds.
fail_each() {
	local text=$1 ready=$2 undo=$3 n=0 coped=0 status said
	shift 3
	while :; do
		n=$((n + 1)) status=0
		$ready || not_ok "$text: allocation $n: $ready"
		said=$(failnth $n "$@") || status=$?
		[ "$said" != 0 ] || $undo || not_ok "$text: allocation $n: $undo"
		case $status.$said in
		0.ENOMEM) ;;
		0.0) coped=$((coped + 1)) ;;
		3.0) break ;;
		*)
			not_ok "$text: allocation $n fails" "$said, status $status"
			return
			;;
		esac
		all_off || not_ok "$text: allocation $n fails, and VMX is off"
	done
	ok "$text: $((n - 1)) allocations failed in turn, $coped of them did not matter"
	check "  at least one did" test $((n - 1 - coped)) -gt 0
}

# client_each DESCRIPTION UNDO COMMAND: the same for a command of the test client.
client_each() {
	fail_each "$1" true "$2" write $debug/vmxcore_test/command "$3"
}

check "faults only for us" select_ours
check "the CPUs can be asked" modprobe vmxcore_cpus
fail_each "load" true "rmmod vmxcore" load "$modules/vmxcore.ko" ""
fail_each "load with VMX on" true "rmmod vmxcore" load "$modules/vmxcore.ko" enable_virt_at_load=1
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
client_each "register" "vmxt unregister a" "register a"
client_each "register exclusively" "vmxt unregister a" "register a exclusive"
check "client a" vmxt register a
check "client b" vmxt register b
client_each "a VMCS" "vmxt vmcs_free a1" "vmcs a a1"
client_each "a PID-pointer table" true pid_table

sleeps_with_vmx() {
	vmxt get a && sleep_for 2 && vmxstate 0,1 && vmxt put a
}

# What may not fail for lack of memory asks for none: from here on all that ours ask for fails, in every context.
for fault in failslab fail_page_alloc; do
	echo 100 >$debug/$fault/probability
	echo -1 >$debug/$fault/times
done
check_fails "no memory: a VMCS" vmxt vmcs a a1
check "no memory: get" vmxt get a
on "  a holds all" 0,1
check "  a CPU goes offline" online 1 0
check "  and online" online 1 1
on "  a holds all" 0,1
check "  put" vmxt put a
check "  get on a CPU" vmxt get_cpu a 1
check "  put" vmxt put_cpu a 1
check "  VPIDs" vmxt vpids a b 1000
check "  given back" sh -c "vmxt vpids_free a 0 && vmxt vpids_free b 1"
check "  S3, with VMX on" sleeps_with_vmx
on "  nobody holds anything" none
check "  unregister" sh -c "vmxt unregister a && vmxt unregister b"
for fault in failslab fail_page_alloc; do
	echo 0 >$debug/$fault/probability
done

sim_load
fail_each "TDX bring-up" sim_anew "rmmod vmxcore_tdx" load "$modules/vmxcore_tdx.ko" configure=1
