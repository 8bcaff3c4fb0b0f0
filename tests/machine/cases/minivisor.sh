# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=240
# more-kernels: 6.1
# debug-kernels: 6.12-debug 6.12-kcsan
# The sample: a second hypervisor with VMs of its own, alone, beside KVM, and
# while CPUs go offline and sleep.


more_nmis() {
	for nmi in $(seq 30); do
		vmxt nmi 1 || return
	done
}

dmesg_mark
check "minivisor and the test client load" modprobe -a minivisor vmxcore_test
check_vmx_on "minivisor is loaded, no VM" none
check_equal "  it is a client" "$(refs_of minivisor)" 0

for cpu in 0 1; do
	check "a VM runs on CPU $cpu" minirun --cpu $cpu --rounds 5
done
check_vmx_on "both VMs are gone" none

# No driver handles the test client's NMI, so the kernel prints a line for each
# that the host gets.
about "NMIs"
expect 'NMI received for unknown reason'
mini_start --cpu 1
for nmi in 1 2 3; do
	check "NMI $nmi to the CPU on which it runs" vmxt nmi 1
	check_mini_computes "  it runs on"
done
# An NMI may come between two entries. In a VM the way from one entry to the
# next is long.
check "30 more NMIs" more_nmis
check_mini_computes "  it runs on"
mini_end
check "  some NMIs and interrupts came while the guest ran" \
	grep -qE 'interrupts [1-9][0-9]* nmis [1-9]' /run/mini
check "  the host got the NMIs" dmesg_has "NMI received for unknown reason"

about "two VMs on one CPU"
mini_start --cpu 1 --vms 2
check_vmx_on "  VMX is held" all
check_fails "  minivisor is not unloaded under them" rmmod minivisor
mini_end
check_vmx_on "  the VMs are gone" none

about "a VM on each CPU"
mini_start --vms 2
check "CPU 1 goes offline" online 1 0
check_vmx_on "  CPU 0 stays on" 0
check_mini_computes "  the VMs run on"
check "CPU 1 comes online" online 1 1
check_vmx_on "  VMX is on there again" all
check_mini_computes "  the VMs run on"
check "the machine sleeps (S3)" sleep_for 2
check_vmx_on "  VMX is on afterwards" all
check_mini_computes "  the VMs run on"
mini_end
check_vmx_on "  the VMs are gone" none

about "beside KVM"
load_kvm 0
vm_start --cpu 1
mini_start --cpu 1
check_vmx_on "  VMX is held" all
check_vm_computes "  KVM's VM runs on"
check_mini_computes "  minivisor's VM runs on"
mini_end
check_vm_computes "  KVM's VM runs on"
vm_end
check_vmx_on "  the VMs are gone" none

about ""
check "minivisor is unloaded" rmmod minivisor
check_equal "  it is not registered any more" "$(refs_of minivisor)" ""
check_fails "  the log has no error of it" \
	dmesg_has "misuse|minivisor:|went away"
