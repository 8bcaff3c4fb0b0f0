# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=240
# more-kernels: 6.1
# debug-kernels: 6.12-debug 6.12-kcsan
# The sample: a second hypervisor with VMs of its own, alone, beside KVM, and over all that happens to CPUs.

clients=/sys/kernel/debug/vmxcore/clients

more_nmis() {
	for nmi in $(seq 30); do
		vmxt nmi 1 || return
	done
}

dmesg_mark
check "minivisor and the test client load" modprobe -a minivisor vmxcore_test
check_vmx_on "minivisor is loaded, no VM" none
check "  it is a client" grep -q '^client minivisor all 0 ' $clients

for cpu in 0 1; do
	check "a VM on CPU $cpu" minirun --cpu $cpu --rounds 5
done
check_vmx_on "they are gone" none

# The test client's NMI is nobody's, so the kernel says when it has had it.
expect 'NMI received for unknown reason'
mini_start --cpu 1
for nmi in 1 2 3; do
	check "NMI $nmi to the CPU it runs on" vmxt nmi 1
	check_mini_computes "  it runs on"
done
# Each may come between two entries. In a VM the way from one to the next is long.
check "30 more" more_nmis
check_mini_computes "  it runs on"
mini_end
check "  some of them came while it was in the guest, and interrupts too" \
	grep -qE 'interrupts [1-9][0-9]* nmis [1-9]' /run/mini
check "  the host had them" dmesg_has "NMI received for unknown reason"

mini_start --cpu 1 --vms 2
check_vmx_on "two VMs on one CPU" all
check_fails "  minivisor is not unloaded under them" rmmod minivisor
mini_end
check_vmx_on "they are gone" none

mini_start --vms 2
check "CPU 1 goes offline" online 1 0
check_vmx_on "  the other stays" 0
check_mini_computes "  the VMs run on"
check "CPU 1 comes online" online 1 1
check_vmx_on "  as expected" all
check_mini_computes "  the VMs run on"
check "suspend to RAM" sleep_for 2
check_vmx_on "  so it is after it" all
check_mini_computes "  the VMs run on"
mini_end
check_vmx_on "they are gone" none

load_kvm 0
vm_start --cpu 1
mini_start --cpu 1
check_vmx_on "a VM of KVM's and one of minivisor's on one CPU" all
check_vm_computes "  KVM's runs on"
check_mini_computes "  minivisor's runs on"
mini_end
check_vm_computes "  KVM's runs on"
vm_end
check_vmx_on "there is no VM" none

check "minivisor is unloaded" rmmod minivisor
check_fails "  it is no client any more" grep '^client minivisor' $clients
check_fails "  and has done nothing wrong" dmesg_has "misuse|minivisor:|went away"
