# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=240
# docs/host-state.md: what a hypervisor leaves of the registers that it shares with others.

result=/sys/module/vmxcore_hoststate/parameters/result

# compare_on [PARAMETER...]: from here on, each entry.
compare_on() {
	check "the comparison begins: $*" modprobe vmxcore_hoststate "$@"
}

compare_off() {
	check "  the comparison ends" rmmod vmxcore_hoststate
}

as_found() {
	log "$(cat $result)"
	check "  all registers are as found" grep -qE '^compared [1-9][0-9]+ different 0:$' $result
}

check "minivisor loads" modprobe minivisor

# That the comparison sees something: before anything is repaired.
compare_on early=1
check "a task with its own LDT, segments, ports and breakpoint" hoststate 1 3
log "$(cat $result)"
for register in GDTR-limit IDTR-limit LDTR DS ES FS GS DR7; do
	check "  a VM exit alone changes $register" grep -qw "$register" $result
done
compare_off

compare_on
check "the same task: user space has lost nothing" hoststate 1 5
as_found
check "two VMs on each CPU" minirun --vms 4 --rounds 3
as_found

load_kvm 0
vm_start --cpu 1
check "the same task, beside a VM of KVM's on that CPU" hoststate 1 5
as_found
check_vm_computes "  KVM's runs on"
vm_end
compare_off
