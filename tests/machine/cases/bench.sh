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

# load_stock [PARAMETER-OF-KVM]
load_stock() {
	insmod "$stock/virt/lib/irqbypass.ko" || true
	insmod "$stock/arch/x86/kvm/kvm.ko" "$@" && insmod "$stock/arch/x86/kvm/kvm-intel.ko"
}

load_ours() {
	modprobe kvm "$@" && modprobe kvm_intel
}

# measure_kvm GROUP [PARAMETER-OF-KVM]: they alternate, so that neither has the machine that has warmed up to itself.
measure_kvm() {
	local group=$1 whose
	shift
	for whose in stock ours; do
		check "$whose, $group $*" "load_$whose" "$@"
		figures "$whose$group" kvmbench
		check "  is unloaded" modprobe -r kvm_intel
	done
}

for round in 1 2; do
	if [ "$(line)" = 6.1 ]; then
		measure_kvm .$round
	else
		measure_kvm .$round enable_virt_at_load=0
		# What the first VM costs where VMX is on already.
		measure_kvm _at_load.$round enable_virt_at_load=1
	fi
done
load_provider
check "what measures the calls" modprobe vmxcore_bench
for group in edge calls calls_all switch; do
	figures $group cat $bench/$group
done
check "unloaded" modprobe -r vmxcore_bench
