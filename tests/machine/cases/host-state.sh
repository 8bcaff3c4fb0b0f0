# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=240
# docs/host-state.md: a hypervisor restores the registers that it shares with
# others.

result=/sys/module/vmxcore_hoststate/parameters/result

# compare_on [PARAMETER...]: compares the registers at each VM entry from here
# on.
compare_on() {
	check "the comparison begins${*:+ ($*)}" modprobe vmxcore_hoststate "$@"
}

compare_off() {
	check "  the comparison ends" rmmod vmxcore_hoststate
}

check_as_found() {
	log "$(cat $result)"
	check "  all registers are as found" grep -qE '^compared [1-9][0-9]+ different 0:$' $result
}

check "minivisor loads" modprobe minivisor

# The comparison finds changes if it comes before the registers are restored.
about "before the restore"
compare_on early=1
check "a task with its own LDT, segments, ports and breakpoint" hoststate 1 3
log "$(cat $result)"
for register in GDTR-limit IDTR-limit LDTR DS ES FS GS DR7; do
	check "  a VM exit alone changes $register" grep -qw "$register" $result
done
compare_off

about "after the restore"
compare_on
check "the same task finds its registers unchanged" hoststate 1 5
check_as_found
check "two VMs run on each CPU" minirun --vms 4 --rounds 3
check_as_found

load_kvm 0
vm_start --cpu 1
check "the same task finds them unchanged beside a VM of KVM" hoststate 1 5
check_as_found
check_vm_computes "  KVM's VM runs on"
vm_end
compare_off
