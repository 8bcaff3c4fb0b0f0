# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=1
# With vmxcore KVM executes exactly the VMX instructions that it executes
# without. Kprobes count each VMPTRLD, VMCLEAR, INVEPT and INVVPID of kvm_intel
# while VMs are made, run and destroyed. There is one CPU, so that the numbers
# are the same each time.

# count stock|ours: prints for each instruction how often three VMs executed it,
# and how many were missed.
count() {
	count_instructions "$1"
	for _ in 1 2 3; do
		vmrun --rounds 5 >/dev/null || echo "a VM failed"
	done
	for instruction in vmptrld vmclear invept invvpid; do
		executed $instruction
	done | xargs
	count_no_more
}

check "stock KVM loads" load_stock 0
check "  a VM runs" vmrun --rounds 5
without=$(count stock)
check "  all of its VMX instructions but one are counted" test "$(grep -c . /run/refused)" -le 1
check "stock kvm_intel and kvm are unloaded" rmmod kvm_intel kvm
load_kvm 0
check "  a VM runs on ours" vmrun --rounds 5
with=$(count ours)
check "  all of its VMX instructions are counted" test ! -s /run/refused
log "VMPTRLD, VMCLEAR, INVEPT, INVVPID: without vmxcore: $without, with it: $with"
check_equal "VMPTRLD, VMCLEAR, INVEPT, INVVPID: the same number of each" "$with" "$without"
check "  only INVVPID is 0" \
	sh -c "echo '$with' | grep -qE '^[1-9][0-9]* 0 [1-9][0-9]* 0 [1-9][0-9]* 0 '"
