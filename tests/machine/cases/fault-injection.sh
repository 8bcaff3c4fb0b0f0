# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 limit=900
# form: long
# kernels: 6.12-debug
# debug-kernels: 6.12-debug
# coverage: no
# expect-console: kobject_add_internal failed for [a-z0-9]+ \(error: -12
# The kernel's own fault injection lets each allocation below a function of ours
# fail, one at a time, also those that the kernel makes for us, for example in
# sysfs. The call fails with ENOMEM, or succeeds where the kernel can do without
# the memory; and nothing is left.

debug=/sys/kernel/debug
modules=/lib/modules/$(uname -r)/updates

# all_faults FILE VALUE: sets it for slabs and pages.
all_faults() {
	echo "$2" >$debug/failslab/"$1"
	echo "$2" >$debug/fail_page_alloc/"$1"
}

# address SYMBOL: its address in the kernel.
address() {
	sed -n "s/^\([0-9a-f]*\) . $1\$/0x\1/p" /proc/kallsyms
}

# select_modules: allocations below a module's text fail. That is above the
# kernel's text (nokaslr).
select_modules() {
	all_faults require-start 0xffffffffa0000000
	all_faults require-end 0xffffffffff000000
}

# select_vmxcore: allocations below vmxcore's text fail, and the test client's
# own do not.
select_vmxcore() {
	local text
	text=$(awk '$4 == "[vmxcore]" && $2 ~ /[tT]/ { print $1 }' /proc/kallsyms | sort)
	all_faults require-start "0x$(echo "$text" | head -n 1)"
	all_faults require-end "0x$(echo "$text" | tail -n 1 | sed 's/...$/fff/')"
}

# select_all: allocations in any context and of any size fail, but not those of
# gcov, which a module's constructors call for each object file on a kernel that
# counts.
select_all() {
	all_faults reject-start "$(address gcov_event)"
	all_faults reject-end "$(address __gcov_exit)"
	all_faults ignore-gfp-wait N
	all_faults verbose 0
	echo 0 >$debug/fail_page_alloc/min-order
	# Copies from and to user space do not fail.
	echo 0xffffffffffffffff >$debug/fail_usercopy/reject-end
}

# all_off: VMX is off by the CPUs themselves, as vmxcore may not be loaded. It
# starts no process, as it comes with each allocation.
all_off() {
	local cpu
	while read -r cpu; do
		case $cpu in
		*"vmxe 1"* | *"vmx 1"*) return 1 ;;
		esac
	done <$debug/vmxcore_cpus
}

# check_each DESCRIPTION READY UNDO FAILNTH-ARGUMENT...: READY runs before each
# call, UNDO after one that succeeds.
check_each() {
	local text=$1 ready=$2 undo=$3 n=0 said
	coped=0 failed=0
	shift 3
	mkfifo /run/nth /run/said
	failnth "$@" </run/nth >/run/said &
	exec 4>/run/nth 5</run/said
	rm /run/nth /run/said
	while :; do
		n=$((n + 1)) said=nothing
		$ready || not_ok "$text: allocation $n: $ready"
		echo $n >&4
		read -r said <&5
		case $said in
		"failed ENOMEM") failed=$((failed + 1)) ;;
		"failed 0") coped=$((coped + 1)) ;;
		"enough 0") ;;
		*)
			not_ok "$text: allocation $n fails" "$said"
			break
			;;
		esac
		[ "$said" = "failed ENOMEM" ] || $undo || not_ok "$text: allocation $n: $undo"
		all_off || not_ok "$text: allocation $n fails, and VMX is off"
		[ "$said" != "enough 0" ] || break
	done
	exec 4>&- 5<&-
	wait $!
	[ "$said" = "enough 0" ] || return
	ok "$text: $((n - 1)) allocations failed in turn, $coped of them did not matter"
}

# check_some_fail, check_some_cope: the last check_each was about something.
check_some_fail() {
	check "  some calls failed" test $failed -gt 0
}

check_some_cope() {
	check "  there were some, and no call failed" test $coped -gt 0 -a $failed = 0
}

# check_client_each DESCRIPTION UNDO COMMAND: the same for a command of the test
# client.
check_client_each() {
	check_each "$1" true "$2" write $debug/vmxcore_test/command "$3"
}

check "all kinds of faults are selected" select_all
check "  for modules only" select_modules
check "the module that reads the CPUs' state loads" modprobe vmxcore_cpus
check_each "load, with VMX on" true "rmmod vmxcore" load "$modules/vmxcore.ko" enable_virt_at_load=1
check_some_fail
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "  faults are for vmxcore only" select_vmxcore
# A client whose files in sysfs cannot be made is registered all the same, and
# the per-CPU allocator has memory left.
check_client_each "register" "vmxt unregister a" "register a"
check_some_cope
check_client_each "register exclusively" "vmxt unregister a" "register a exclusive"
check_some_cope
check "client a" vmxt register a
check "client b" vmxt register b
check_client_each "a VMCS" "vmxt vmcs_free a1" "vmcs a a1"
check_some_fail
check_client_each "a PID-pointer table" true pid_table
check_some_fail

# has_vmx CPUS: so many CPUs have VMX on, by the CPUs themselves. Opening
# vmxcore's own files would allocate memory.
has_vmx() {
	[ "$(grep -c 'vmxe 1 vmx 1' $debug/vmxcore_cpus)" = "$1" ]
}

sleeps_with_vmx() {
	vmxt get a && sleep_for 2 && has_vmx 2 && vmxt put a
}

# Calls that must not fail for lack of memory allocate none: from here on each
# allocation of ours fails, in any context.
about "no memory"
all_faults times -1
all_faults probability 100
check_fails "a VMCS is not allocated" vmxt vmcs a a1
check "a gets all" vmxt get a
check "  VMX is on" has_vmx 2
check "CPU 1 goes offline" online 1 0
check "CPU 1 comes online" online 1 1
check "  VMX is on there again" has_vmx 2
check "a puts all" vmxt put a
check "a gets CPU 1" vmxt get_cpu a 1
check "a puts CPU 1" vmxt put_cpu a 1
check "a and b allocate VPIDs" vmxt vpids a b 65535
check "  they free them" sh -c "vmxt vpids_free a 0 && vmxt vpids_free b 1"
check "the machine sleeps (S3) with VMX on" sleeps_with_vmx
check "  VMX is off" has_vmx 0
check "a and b unregister" sh -c "vmxt unregister a && vmxt unregister b"
all_faults probability 0

about ""
sim_load
check "  faults are for modules only" select_modules
check_each "TDX bring-up" sim_anew "rmmod vmxcore_tdx" load "$modules/vmxcore_tdx.ko" configure=1
check_some_fail
