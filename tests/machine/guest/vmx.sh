# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Functions about VMX, CPUs and VMs. Sourced after lib.sh.

# check_vmx_on DESCRIPTION CPUS: passes when VMX is on on these CPUs alone, by
# the CPUs themselves and by vmxcore's counters.
check_vmx_on() {
	check "$1: VMX on: $2" vmxstate "$2"
}

# refs_of CLIENT: prints its references to all CPUs, then CPU:COUNT for each CPU
# that it holds by itself; nothing if it is not registered.
refs_of() {
	vmxstate -c | sed -n "s/^client $1 all \([0-9]*\) cpus/\1/p"
}

# load_kvm AT-LOAD: loads kvm_intel, which holds VMX while there is a VM (0; the
# only way in 6.1), or from load to unload (1). kvm must not be loaded yet, as
# that has the parameter.
load_kvm() {
	[ "$(line)" = 6.1 ] || check "  kvm loads" modprobe kvm "enable_virt_at_load=$1"
	check "  kvm_intel loads" modprobe kvm_intel
}

# stock_insmod kvm|kvm-intel [PARAMETER...]: loads the distribution's module,
# which modprobe does not find beside ours.
stock_insmod() {
	local module=$1
	shift
	modprobe irqbypass
	insmod "/lib/modules/$(uname -r)/kernel/arch/x86/kvm/$module.ko" "$@"
}

# load_stock AT-LOAD [PARAMETER-OF-KVM_INTEL...]: loads the distribution's kvm
# and kvm_intel, as load_kvm.
load_stock() {
	local at_load=
	[ "$(line)" = 6.1 ] || at_load=enable_virt_at_load=$1
	shift
	stock_insmod kvm ${at_load:+"$at_load"} && stock_insmod kvm-intel "$@"
}

# check_switch STATUS OPTION...: runs vmxctl switch, whose standard output is in
# /run/said afterwards, and its standard error in /run/noted.
check_switch() {
	local wanted=$1 status=0
	shift
	vmxctl switch "$@" >/run/said 2>/run/noted || status=$?
	cat /run/said /run/noted
	check_equal "vmxctl switch $*" "$status" "$wanted"
}

# check_says REGEX: the last vmxctl switch has said so.
check_says() {
	check "  it says: $1" grep -qE "$1" /run/said
}

tracing=/sys/kernel/tracing

# count_instructions LIST...: sets a kprobe at each VMX instruction of these
# loaded modules that is not in the path of a VM exit. The lists /vmx/LIST are
# made by image.sh: "stock" and "ours" are kvm_intel's, the others are named
# after their module. The kernel refuses a kprobe in a function that ftrace does
# not trace, like stock's __invvpid(). Those are in /run/refused.
count_instructions() {
	: >/run/refused
	for list; do
		while read -r event; do
			echo "$event" >>$tracing/kprobe_events || echo "$event" >>/run/refused
		done <"/vmx/$list"
	done 2>/dev/null
	echo 1 >$tracing/events/vmx/enable
}

# executed INSTRUCTION: how often it was executed since then, and how often the
# kprobe missed it.
executed() {
	awk -v "name=^$1_" '$1 ~ name { n += $2; missed += $3 }
		END { print n + 0, missed + 0 }' $tracing/kprobe_profile
}

count_no_more() {
	echo 0 >$tracing/events/vmx/enable
	echo >$tracing/kprobe_events
}

# load_provider: where the kernel owns VMX, clients get it only while kvm_intel
# is loaded, which lends it.
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

# check_cpu_gone CLIENT TIMES: cpu_gone() of the client was called so often,
# each time as the contract says.
check_cpu_gone() {
	check "  cpu_gone() of $1 was called $2 times" \
		grep -q "^client $1 .* gone $2 gone_wrong 0 " \
		/sys/kernel/debug/vmxcore_test/clients
}

# vm_start [OPTION-OF-VMRUN...]: starts a VM that computes until vm_end.
vm_start() {
	rm -f /run/rounds
	vmrun --forever --progress /run/rounds "$@" >/run/vm 2>&1 &
	vm=$!
	check_vm_computes "a VM runs${*:+ ($*)}"
}

# count_of FUNCTION: prints what "vmxt count" or "vmxt count_ibpb" has counted
# there.
count_of() {
	sed -n "s/^$1 //p" /sys/kernel/debug/vmxcore_test/counts
}

# check_vm_computes DESCRIPTION: passes when the VM makes progress from here on.
check_vm_computes() {
	check "$1" progress /run/rounds 4 60
}

# vm_end: vmrun's status is 0 only if every result was right.
vm_end() {
	local status=0
	kill -TERM "$vm"
	wait "$vm" || status=$?
	log "$(cat /run/vm)"
	check_equal "the VM has computed right" "$status" 0
}

mini_rounds=/run/mini-rounds

# mini_start [OPTION-OF-MINIRUN...]: starts VMs of minivisor that compute until
# mini_end.
mini_start() {
	rm -f $mini_rounds
	minirun --forever --progress $mini_rounds "$@" >/run/mini 2>&1 &
	mini=$!
	check_mini_computes "minivisor's VM runs${*:+ ($*)}"
}

check_mini_computes() {
	check "$1" progress $mini_rounds 4 60
}

# mini_end: minirun's status is 0 only if every result was right.
mini_end() {
	local status=0
	kill -TERM "$mini"
	wait "$mini" || status=$?
	log "$(cat /run/mini)"
	check_equal "minivisor's VM has computed right" "$status" 0
}
