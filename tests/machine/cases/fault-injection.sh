# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 limit=900
# form: long
# kernels: 6.12-debug
# debug-kernels: 6.12-debug
# coverage: no
# expect-console: kobject_add_internal failed for [a-z0-9]+ \(error: -12
# Each allocation below a function of ours made to fail, one at a time, by the kernel's own fault injection: also those that the kernel
# makes for us, in sysfs for example. After each: ENOMEM, or success where the kernel can do without; and nothing is left.

debug=/sys/kernel/debug
modules=/lib/modules/$(uname -r)/updates

# all_faults FILE VALUE: of both kinds, slabs and pages.
all_faults() {
	echo "$2" >$debug/failslab/"$1"
	echo "$2" >$debug/fail_page_alloc/"$1"
}

# address SYMBOL: of the kernel.
address() {
	sed -n "s/^\([0-9a-f]*\) . $1\$/0x\1/p" /proc/kallsyms
}

# Only what is allocated below a module's text: all of it is above the kernel's, and is not moved (nokaslr).
select_modules() {
	all_faults require-start 0xffffffffa0000000
	all_faults require-end 0xffffffffff000000
}

# Only what is allocated below vmxcore's, which is loaded: not for what the test client does itself.
select_vmxcore() {
	local text
	text=$(awk '$4 == "[vmxcore]" && $2 ~ /[tT]/ { print $1 }' /proc/kallsyms | sort)
	all_faults require-start "0x$(echo "$text" | head -n 1)"
	all_faults require-end "0x$(echo "$text" | tail -n 1 | sed 's/...$/fff/')"
}

# In every context and of every size. But not what gcov, of the kernel that can count, allocates for each object file: it is called
# by a module's constructors.
select_all() {
	all_faults reject-start "$(address gcov_event)"
	all_faults reject-end "$(address __gcov_exit)"
	all_faults ignore-gfp-wait N
	all_faults verbose 0
	echo 0 >$debug/fail_page_alloc/min-order
	# No copies from and to user space.
	echo 0xffffffffffffffff >$debug/fail_usercopy/reject-end
}

# Says the CPU itself: vmxcore may be there or not. Without a process, as all that comes with each allocation.
all_off() {
	local cpu
	while read -r cpu; do
		case $cpu in
		*"vmxe 1"* | *"vmx 1"*) return 1 ;;
		esac
	done <$debug/vmxcore_cpus
}

# fail_each DESCRIPTION READY UNDO FAILNTH-ARGUMENT...: READY comes before each, UNDO after one that succeeds.
fail_each() {
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

# Of the last fail_each: it must have been about something.
some_fail() {
	check "  some did" test $failed -gt 0
}

some_cope() {
	check "  there were some, and none did" test $coped -gt 0 -a $failed = 0
}

# client_each DESCRIPTION UNDO COMMAND: the same for a command of the test client.
client_each() {
	fail_each "$1" true "$2" write $debug/vmxcore_test/command "$3"
}

check "faults of all kinds" select_all
check "  only for modules" select_modules
check "the CPUs can be asked" modprobe vmxcore_cpus
fail_each "load, with VMX on" true "rmmod vmxcore" load "$modules/vmxcore.ko" enable_virt_at_load=1
some_fail
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "  faults only for vmxcore" select_vmxcore
# A client whose files cannot be made is one all the same; and the per-CPU memory that there is lasts.
client_each "register" "vmxt unregister a" "register a"
some_cope
client_each "register exclusively" "vmxt unregister a" "register a exclusive"
some_cope
check "client a" vmxt register a
check "client b" vmxt register b
client_each "a VMCS" "vmxt vmcs_free a1" "vmcs a a1"
some_fail
client_each "a PID-pointer table" true pid_table
some_fail

# has_vmx CPUS: so many, say the CPUs. vmxcore's own files ask for memory when they are opened.
has_vmx() {
	[ "$(grep -c 'vmxe 1 vmx 1' $debug/vmxcore_cpus)" = "$1" ]
}

sleeps_with_vmx() {
	vmxt get a && sleep_for 2 && has_vmx 2 && vmxt put a
}

# What may not fail for lack of memory asks for none: from here on all that ours ask for fails, in every context.
all_faults times -1
all_faults probability 100
check_fails "no memory: a VMCS" vmxt vmcs a a1
check "no memory: get" vmxt get a
check "  VMX is on" has_vmx 2
check "  a CPU goes offline" online 1 0
check "  and online" online 1 1
check "  VMX is on" has_vmx 2
check "  put" vmxt put a
check "  get on a CPU" vmxt get_cpu a 1
check "  put" vmxt put_cpu a 1
check "  VPIDs" vmxt vpids a b 65535
check "  given back" sh -c "vmxt vpids_free a 0 && vmxt vpids_free b 1"
check "  S3, with VMX on" sleeps_with_vmx
check "  VMX is off" has_vmx 0
check "  unregister" sh -c "vmxt unregister a && vmxt unregister b"
all_faults probability 0

sim_load
check "  faults only for modules" select_modules
fail_each "TDX bring-up" sim_anew "rmmod vmxcore_tdx" load "$modules/vmxcore_tdx.ko" configure=1
some_fail
