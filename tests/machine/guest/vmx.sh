# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# What cases say about VMX, CPUs and VMs. Sourced after lib.sh.

# on DESCRIPTION CPUS: the hardware and the books agree on where VMX is on.
on() {
	check "$1: VMX on: $2" vmxstate "$2"
}

# load_kvm AT-LOAD: kvm_intel, which has VMX while there is a VM (0; the only way in 6.1), or from load to unload (1). kvm each
# time anew, as its parameter would stay.
load_kvm() {
	[ "$(line)" = 6.1 ] || check "  kvm loads" modprobe kvm "enable_virt_at_load=$1"
	check "  kvm_intel loads" modprobe kvm_intel
}

# stock_insmod kvm|kvm-intel [PARAMETER...]: the distribution's, which modprobe does not find beside ours.
stock_insmod() {
	local module=$1
	shift
	modprobe irqbypass
	insmod "/lib/modules/$(uname -r)/kernel/arch/x86/kvm/$module.ko" "$@"
}

# load_stock AT-LOAD [PARAMETER-OF-KVM_INTEL...]: both; AT-LOAD as for load_kvm.
load_stock() {
	local at_load=
	[ "$(line)" = 6.1 ] || at_load=enable_virt_at_load=$1
	shift
	stock_insmod kvm ${at_load:+"$at_load"} && stock_insmod kvm-intel "$@"
}

tracing=/sys/kernel/tracing

# count_instructions LIST...: of these modules, which are loaded, each VMX instruction that is not in the path of a VM exit becomes a
# kprobe: "stock" and "ours" are kvm_intel's, the others named after their module (/vmx/LIST, made by image.sh). The kernel refuses
# some: stock's __invvpid() is none of ftrace's. Those are in /run/refused.
count_instructions() {
	: >/run/refused
	for list; do
		while read -r event; do
			echo "$event" >>$tracing/kprobe_events || echo "$event" >>/run/refused
		done <"/vmx/$list"
	done 2>/dev/null
	echo 1 >$tracing/events/vmx/enable
}

# executed INSTRUCTION: how often since then, and how often that was missed.
executed() {
	awk -v "name=^$1_" '$1 ~ name { n += $2; missed += $3 } END { print n + 0, missed + 0 }' $tracing/kprobe_profile
}

count_no_more() {
	echo 0 >$tracing/events/vmx/enable
	echo >$tracing/kprobe_events
}

# Where the kernel owns VMX nobody has it without kvm_intel, which lends it on.
load_provider() {
	! borrowed || load_kvm 0
}

borrowed() {
	[ "$(line)" = 7.2 ]
}

# online CPU 0|1
online() {
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online"
}

# told CLIENT TIMES: cpu_gone() was called so often, as the contract says.
told() {
	check "  $1 has been told $2 times" grep -q "^client $1 .* gone $2 gone_wrong 0 " /sys/kernel/debug/vmxcore_test/clients
}

# vm_start [OPTION-OF-VMRUN...]: one that computes until vm_end.
vm_start() {
	rm -f /run/rounds
	vmrun --forever --progress /run/rounds "$@" >/run/vm 2>&1 &
	vm=$!
	vm_computes "a VM runs: $*"
}

# count_of FUNCTION: what "vmxt count" or "vmxt count_ibpb" has counted there.
count_of() {
	sed -n "s/^$1 //p" /sys/kernel/debug/vmxcore_test/counts
}

# vm_computes DESCRIPTION: it gets somewhere from here on.
vm_computes() {
	check "$1" progress /run/rounds 4 60
}

# Its status is 0 only if every result was right.
vm_end() {
	local status=0
	kill -TERM "$vm"
	wait "$vm" || status=$?
	check_equal "the VM has computed right: $(cat /run/vm)" "$status" 0
}

# The same for minivisor.
mini_rounds=/run/mini-rounds

# mini_start [OPTION-OF-MINIRUN...]: VMs that compute until mini_end.
mini_start() {
	rm -f $mini_rounds
	minirun --forever --progress $mini_rounds "$@" >/run/mini 2>&1 &
	mini=$!
	mini_computes "minivisor's VM runs: $*"
}

mini_computes() {
	check "$1" progress $mini_rounds 4 60
}

# Its status is 0 only if every result was right.
mini_end() {
	local status=0
	kill -TERM "$mini"
	wait "$mini" || status=$?
	log "$(cat /run/mini)"
	check_equal "minivisor's VM has computed right: $(tail -n 1 /run/mini)" "$status" 0
}
