# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 image=virtualbox limit=400
# kernels: 7.2
# more-kernels: 6.12 6.1
# VirtualBox as it comes, and KVM: VMs of both at once. VirtualBox is a client,
# gets VMX by reference, and leaves nothing behind.

check "VirtualBox is there" vbox_mount
vbox_create a
vbox_create b 2
check "the test client loads" modprobe vmxcore_test
load_kvm 0
check "VirtualBox's driver loads" modprobe vboxdrv
check "  vmxcore_vbox came with it" test -d /sys/module/vmxcore_vbox
check_vbox_holds "  it is a client" 0
check_vmx_on "  nothing runs" none

about "on one CPU"
vm_start --cpu 1
vbox_start a 1
check_vbox_holds "  it runs" 1
check_both_compute "together" a
vm_end
check_vbox_computes "KVM's VM is gone: VirtualBox's VM computes" a
vm_start --cpu 1
check_both_compute "VirtualBox first" a
check "VirtualBox's VM is switched off" vbox_stop a
check_vbox_holds "  it is off" 0
check_vm_computes "  KVM's VM computes"

about "on all CPUs"
vm_end
vm_start --vcpus 2
vbox_start b
check_both_compute "together" b
check "VirtualBox is killed" vbox_kill b
check_vm_computes "  KVM's VM computes"
check "VirtualBox's server ends" vbox_end
check_vbox_holds "  nothing is left" 0

about ""
check "the driver is unloaded" rmmod vboxdrv
check_equal "  it is no client any more" "$(refs_of vboxdrv)" ""
check "vmxcore_vbox is unloaded" rmmod vmxcore_vbox
check_vm_computes "  KVM's VM computes"
vm_end
check_vmx_on "nothing runs" none
