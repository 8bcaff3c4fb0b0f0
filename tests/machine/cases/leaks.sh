# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=400
# debug-kernels: 6.12-debug 6.12-kcsan
# coverage: no
# Each allocation of vmxcore fails in turn, and the memory that vmxcore
# allocates is freed.

fault=/sys/module/vmxcore_fault/parameters

# fail_each COMMAND...: runs the command with its first allocation failing, then
# with its second, and so on until none fails. Prints how many failed.
fail_each() {
	local nth=0
	while :; do
		nth=$((nth + 1))
		echo $nth >$fault/nth
		"$@" || break
		[ "$(cat $fault/failed)" != 0 ] || break
	done
	echo 0 >$fault/nth
	echo $((nth - 1))
}

# load_fails [PARAMETER...]: succeeds if the load fails and leaves nothing, and
# unloads vmxcore if the load does not fail.
load_fails() {
	local held
	held=$(cat $fault/outstanding)
	if modprobe vmxcore "$@" 2>/run/modprobe; then
		modprobe -r vmxcore
		return 1
	fi
	grep -q 'Cannot allocate memory' /run/modprobe &&
		[ "$(cat $fault/outstanding)" = "$held" ] &&
		! grep -q '^vmxcore ' /proc/modules
}

register_fails() {
	vmxt -e ENOMEM register victim >/dev/null
}

check "the failing allocator loads" modprobe vmxcore_fault
check_equal "loads fail cleanly, at each allocation: one root VMCS per possible CPU" \
	"$(fail_each load_fails)" 2
check_equal "  with enable_virt_at_load: and the client's references" \
	"$(fail_each load_fails enable_virt_at_load=1)" 3
check_equal "  nothing is leaked" "$(cat $fault/outstanding)" 0

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check_equal "register fails cleanly, at each allocation" "$(fail_each register_fails)" 1
check_vmx_on "  no client holds VMX" none
check "the client that has registered gets" vmxt get victim
check_vmx_on "  it holds VMX" 0,1
check "  it puts" vmxt put victim
check "  the modules are unloaded" modprobe -r vmxcore_test vmxcore
check_equal "  nothing is leaked" "$(cat $fault/outstanding)" 0

enough_free() {
	[ $((before - $(free_pages))) -lt "$1" ]
}

# load_quickly: enable_virt_at_load makes vmxcore a client of its own, which
# registers, gets, puts and unregisters.
load_quickly() {
	modprobe vmxcore enable_virt_at_load=1 && modprobe -r vmxcore
}

load_and_use() {
	modprobe vmxcore && modprobe vmxcore_test &&
		vmxt register a >/dev/null &&
		vmxt get a >/dev/null && vmxt put a >/dev/null &&
		vmxt get_cpu a 1 >/dev/null && vmxt put_cpu a 1 >/dev/null &&
		modprobe -r vmxcore_test vmxcore
}

kvm_comes_and_goes() {
	modprobe kvm_intel && vmrun --rounds 1 >/dev/null && modprobe -r kvm_intel &&
		! grep -q '^vmxcore ' /proc/modules
}

repeat() {
	local left=$1
	shift
	while [ "$left" -gt 0 ]; do
		"$@" || return 1
		left=$((left - 1))
	done
}

# Memory that is allocated once and kept, also by the kernel, is allocated
# before the count begins.
check "loads and unloads before the count begins" repeat 5 load_and_use
check "  quick loads and unloads" repeat 20 load_quickly
check "  loads and unloads with kvm_intel" repeat 5 kvm_comes_and_goes

before=$(free_pages)
check "90 loads and unloads" repeat 90 load_quickly
check "  10 with another client" repeat 10 load_and_use
check "  fewer than 50 pages are gone" wait_until 10 enough_free 50
log "pages before $before, after $(free_pages)"
check_equal "  all memory of vmxcore is freed" "$(cat $fault/outstanding)" 0

# A page that leaks with each CPU is more than what the kernel keeps, and is
# lost in each of two rounds. Memory that the kernel allocates once and keeps is
# lost in one round only.
lost=yes
for round in 1 2; do
	[ $lost = yes ] || break
	before=$(free_pages)
	check "12 loads and unloads of kvm_intel, each with a VM, round $round" \
		repeat 12 kvm_comes_and_goes
	! wait_until 10 enough_free 24 || lost=no
	log "pages before $before, after $(free_pages)"
done
check_equal "  in one of two rounds fewer than two pages for each are gone" $lost no
check_equal "  all memory of vmxcore is freed" "$(cat $fault/outstanding)" 0
