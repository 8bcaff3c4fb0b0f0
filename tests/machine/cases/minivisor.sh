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
on "minivisor is loaded, no VM" none
check "  it is a client" grep -q '^client minivisor all 0 ' $clients

for cpu in 0 1; do
	check "a VM on CPU $cpu" minirun --cpu $cpu --rounds 5
done
on "they are gone" none

# The test client's NMI is nobody's, so the kernel says when it has had it.
expect 'NMI received for unknown reason'
mini_start --cpu 1
for nmi in 1 2 3; do
	check "NMI $nmi to the CPU it runs on" vmxt nmi 1
	mini_computes "  it runs on"
done
# Each may come between two entries. In a VM the way from one to the next is long.
check "30 more" more_nmis
mini_computes "  it runs on"
mini_end
check "  some of them came while it was in the guest, and interrupts too" \
	grep -qE 'interrupts [1-9][0-9]* nmis [1-9]' /run/mini
check "  the host had them" dmesg_has "NMI received for unknown reason"

mini_start --cpu 1 --vms 2
on "two VMs on one CPU" all
check_fails "  minivisor is not unloaded under them" rmmod minivisor
mini_end
on "they are gone" none

mini_start --vms 2
check "CPU 1 goes offline" online 1 0
on "  the other stays" 0
mini_computes "  the VMs run on"
check "CPU 1 comes online" online 1 1
on "  so it is" all
mini_computes "  the VMs run on"
check "suspend to RAM" sleep_for 2
on "  so it is after it" all
mini_computes "  the VMs run on"
mini_end
on "they are gone" none

load_kvm 0
vm_start --cpu 1
mini_start --cpu 1
on "a VM of KVM's and one of minivisor's on one CPU" all
vm_computes "  KVM's runs on"
mini_computes "  minivisor's runs on"
mini_end
vm_computes "  KVM's runs on"
vm_end
on "nobody has a VM" none

check "minivisor is unloaded" rmmod minivisor
check_fails "  it is no client any more" grep '^client minivisor' $clients
check_fails "  and has done nothing wrong" dmesg_has "misuse|minivisor:|went away"
