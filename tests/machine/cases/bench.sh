# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: emulator=bochs model=corei7_sandy_bridge_2600k limit=900
# form: bench
# Measures what owning VMX costs, beside stock KVM in the same boot.
# tests/bench/run reads the lines "figure". On this CPU model nothing is random,
# and with one CPU the cost of a call repeats to the tick.

bench=/sys/kernel/debug/vmxcore_bench

# check_figures GROUP COMMAND...: each line that the command prints is a figure.
check_figures() {
	local group=$1 name median least most
	shift
	"$@" >/run/figures || { not_ok "$group" "\"$*\" failed"; return; }
	while read -r name median least most; do
		echo "# figure $group $name $median $least $most" >&3
	done </run/figures
	ok "$group: $(wc -l </run/figures) figures"
}

figures_of_kvm() {
	check_figures "$1" kvmbench
	check_figures "$1" powerbench
}

# measure_kvm GROUP AT-LOAD: stock KVM and ours take turns, so that both have a
# machine that has warmed up.
measure_kvm() {
	about "${1#?}"
	check "stock KVM loads" load_stock "$2"
	figures_of_kvm "stock$1"
	check "stock KVM is unloaded" modprobe -r kvm_intel
	load_kvm "$2"
	figures_of_kvm "ours$1"
	check "our KVM is unloaded" modprobe -r kvm_intel
}

# ipis: how many function calls were sent to CPUs.
ipis() {
	sed -n 's/^ *CAL: *\([0-9 ]*[0-9]\).*/\1/p' /proc/interrupts | tr -s ' ' '\n' |
		awk '{ n += $1 } END { print n }'
}

# count NAME LISTS COMMAND...: counts VMX instructions and IPIs, as they cost no
# more than any other instruction in the emulator. VMXON is counted only where a
# module executes it; there is one VMXOFF for each.
count() {
	local name=$1 lists=$2 before instruction n missed
	shift 2
	# shellcheck disable=SC2086 # words
	count_instructions $lists
	before=$(ipis)
	# One of stock KVM's is refused, see count_instructions.
	check "VMX instructions of $name, of which each is counted" \
		test "$(grep -c . /run/refused)" -le 1
	check "  are executed" "$@" >/dev/null
	echo "# figure count ${name}_ipi $(($(ipis) - before))" >&3
	for instruction in $(borrowed || echo vmxon) vmptrld vmclear invept invvpid; do
		read -r n missed <<-END
			$(executed "$instruction")
		END
		echo "# figure count ${name}_$instruction $n" >&3
		[ "$missed" = 0 ] || not_ok "  each $instruction is counted" "$missed are not"
	done
	count_no_more
}

for round in 1 2; do
	measure_kvm .$round 0
	# What the first VM costs if VMX is on already.
	[ "$(line)" = 6.1 ] || measure_kvm _at_load.$round 1
done
# The first and the last VM, which turn VMX on and off without
# enable_virt_at_load.
about "edges"
check "stock KVM loads" load_stock 0
count stock stock kvmbench edges
check "stock KVM is unloaded" modprobe -r kvm_intel
load_kvm 0
count ours "ours vmxcore" kvmbench edges
check "our KVM is unloaded" modprobe -r kvm_intel
load_provider
about ""
check "the module that measures calls loads" modprobe vmxcore_bench
for group in edge calls calls_all switch; do
	check_figures $group cat $bench/$group
done
count edge vmxcore cat $bench/edge
count switch vmxcore cat $bench/switch
count switch_with_vmclear vmxcore_bench cat $bench/switch
check "the modules are unloaded" modprobe -r vmxcore_bench
