# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 image=virtualbox disk=1024 limit=1200 append="hibernate=nocompress"
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# VMs of VirtualBox and KVM, with two CPUs each, while CPUs go offline and come
# back, and while the machine sleeps; and VirtualBox's saved VM.

check "a disk to hibernate to" swap_on
vbox_and_kvm_start a 2
for i in 1 2 3; do
	about "time $i"
	check "CPU 1 goes offline" online 1 0
	check_both_compute "on one CPU" a
	check "CPU 1 comes online" online 1 1
	check_both_compute "on both CPUs" a
	check "suspend to RAM" sleep_for 2
	check_both_compute "after it" a
	check "suspend to idle" idle_for 2000
	check_both_compute "after it" a
done
about ""
check "hibernation" hibernate
check_both_compute "after it" a
check_vmx_on "  both hold VMX" all
check_vbox_holds "  once" 1

check "VirtualBox's VM is saved" vbox_save a
check_vbox_holds "  it is off" 0
check_vm_computes "  KVM's VM computes"
check "suspend to RAM" sleep_for 2
vbox_start a
check_both_compute "from where it was saved" a
check "it is switched off" vbox_stop a
vm_end
check "VirtualBox's server ends" vbox_end
check_vmx_on "nothing runs" none
