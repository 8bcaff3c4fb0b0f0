# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: model=corei7_sandy_bridge_2600k limit=900
# form: bench
# What owning VMX costs, beside stock KVM in the same boot: tests/bench/run reads the lines "figure". On this CPU model nothing is
# random, and what a call costs repeats to the tick on one CPU.

stock=/lib/modules/$(uname -r)/kernel
bench=/sys/kernel/debug/vmxcore_bench

# figures GROUP COMMAND...: of what it prints each line is a figure.
figures() {
	local group=$1 name median least most
	shift
	"$@" >/run/figures || { not_ok "$group" "\"$*\" failed"; return; }
	while read -r name median least most; do
		echo "# figure $group $name $median $least $most" >&3
	done </run/figures
	ok "$group: $(wc -l </run/figures) figures"
}

at_load() {
	[ "$(line)" = 6.1 ] || echo enable_virt_at_load=0
}

stock_kvm() {
	insmod "$stock/virt/lib/irqbypass.ko" || true
	# shellcheck disable=SC2046 # no parameter where there is none
	insmod "$stock/arch/x86/kvm/kvm.ko" $(at_load) && insmod "$stock/arch/x86/kvm/kvm-intel.ko"
}

our_kvm() {
	# shellcheck disable=SC2046
	modprobe kvm $(at_load) && modprobe kvm_intel
}

# They alternate, so that neither has the machine that has warmed up to itself.
for round in 1 2; do
	check "stock kvm" stock_kvm
	figures "stock.$round" kvmbench
	check "  is unloaded" modprobe -r kvm_intel
	check "ours" our_kvm
	figures "ours.$round" kvmbench
	check "  is unloaded" modprobe -r kvm_intel
done
load_provider
check "what measures the calls" modprobe vmxcore_bench
for group in edge calls calls_all switch; do
	figures $group cat $bench/$group
done
check "unloaded" modprobe -r vmxcore_bench
