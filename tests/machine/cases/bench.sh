# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: model=corei7_sandy_bridge_2600k limit=900
# form: bench
# What owning VMX costs, beside stock KVM in the same boot: tests/bench/run reads the lines "figure". On this CPU model nothing is
# random, and what a call costs repeats to the tick on one CPU.

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

figures_of_kvm() {
	figures "$1" kvmbench
	figures "$1" powerbench
}

# measure_kvm GROUP AT-LOAD: they alternate, so that neither has the machine that has warmed up to itself.
measure_kvm() {
	check "stock KVM, $1" load_stock "$2"
	figures_of_kvm "stock$1"
	check "  is unloaded" modprobe -r kvm_intel
	log "our KVM, $1"
	load_kvm "$2"
	figures_of_kvm "ours$1"
	check "  is unloaded" modprobe -r kvm_intel
}

for round in 1 2; do
	measure_kvm .$round 0
	# What the first VM costs where VMX is on already.
	[ "$(line)" = 6.1 ] || measure_kvm _at_load.$round 1
done
load_provider
check "what measures the calls" modprobe vmxcore_bench
for group in edge calls calls_all switch; do
	figures $group cat $bench/$group
done
check "unloaded" modprobe -r vmxcore_bench
