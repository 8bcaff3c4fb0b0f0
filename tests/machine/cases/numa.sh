# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: emulator=qemu cpus=4 nodes=2
# form: long
# VMXON gets a root VMCS in the memory of the CPU's own node.

# node_of ADDRESS: the node, by the firmware's table. The kernel maps all memory
# at 0xffff888000000000 (nokaslr).
node_of() {
	local address=$((0x${1#0xffff888})) node begin end
	dmesg | sed -nE 's/.*SRAT: Node ([0-9]+) PXM [0-9]+ \[mem (.*)-(.*)\].*/\1 \2 \3/p' |
	while read -r node begin end; do
		[ "$address" -lt $((begin)) ] || [ "$address" -gt $((end)) ] || echo "$node"
	done
}

check_equal "there are two nodes" "$(cat /sys/devices/system/node/online)" 0-1
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "VMXON is traced" sh -c "echo 'p:root vmxcore:execute_vmxon root=%di' \
	>$tracing/kprobe_events && echo 1 >$tracing/events/kprobes/root/enable"
check "client a" vmxt register a
check "a gets all" vmxt get a
check_vmx_on "  all four CPUs are on" 0,1,2,3
sed -nE 's/.*\[0*([0-9]+)\].* root=(0x[0-9a-f]+).*/\1 \2/p' "$tracing/trace" | sort >/run/roots
check_equal "  VMXON was executed on four CPUs" "$(cut -d' ' -f1 /run/roots | xargs)" "0 1 2 3"
while read -r cpu root; do
	check_equal "CPU $cpu of node $((cpu / 2)): its root VMCS is there" \
		"$(node_of "$root")" "$((cpu / 2))"
	check "  and so is the CPU" test -e "/sys/devices/system/cpu/cpu$cpu/node$((cpu / 2))"
done </run/roots
check "a puts" vmxt put a
check "VMXON is traced no more" \
	sh -c "echo 0 >$tracing/events/kprobes/root/enable && echo >$tracing/kprobe_events"
