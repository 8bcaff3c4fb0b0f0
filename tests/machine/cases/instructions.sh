# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=1
# KVM alone executes on vmxcore exactly the VMX instructions that it executes without: each VMPTRLD, VMCLEAR, INVEPT and INVVPID
# of kvm_intel is a kprobe, and counted while VMs are made, run and destroyed. One CPU, so that it is the same each time.

tracing=/sys/kernel/tracing

# count STOCK|OURS: the four counts, for three VMs.
count() {
	# The kernel refuses some: stock's __invvpid() is none of ftrace's. What it then does not count shows as a difference.
	while read -r event; do
		echo "$event" >>$tracing/kprobe_events || echo "$event" >>"/run/refused.$1"
	done <"/vmx/$1" 2>/dev/null
	echo 1 >$tracing/events/vmx/enable
	for _ in 1 2 3; do
		vmrun --rounds 5 >/dev/null || echo "a VM failed"
	done
	echo 0 >$tracing/events/vmx/enable
	for instruction in vmptrld vmclear invept invvpid; do
		awk -v name="^${instruction}_" '$1 ~ name { n += $2; missed += $3 } END { printf "%d missed %d ", n, missed }' \
			$tracing/kprobe_profile
	done
	echo >$tracing/kprobe_events
}

check "stock KVM loads" load_stock 0
check "  a VM runs" vmrun --rounds 5
without=$(count stock)
check "  all of its VMX instructions but one are counted" test "$(grep -c . /run/refused.stock)" -le 1
check "stock kvm_intel and kvm are unloaded" rmmod kvm_intel kvm
load_kvm 0
check "  a VM runs" vmrun --rounds 5
with=$(count ours)
check "  all of its VMX instructions are counted" test ! -e /run/refused.ours
log "VMPTRLD, VMCLEAR, INVEPT, INVVPID: without vmxcore: $without, with it: $with"
check_equal "VMPTRLD, VMCLEAR, INVEPT, INVVPID: the same number of each" "$with" "$without"
check "  and none of them is 0 but INVVPID" sh -c "echo '$with' | grep -qE '^[1-9][0-9]* missed 0 [1-9][0-9]* missed 0 [1-9][0-9]* missed 0 '"
