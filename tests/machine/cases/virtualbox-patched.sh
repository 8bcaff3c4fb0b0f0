# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 image=virtualbox-patched limit=600
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# VirtualBox's driver with the patch of docs/virtualbox is a client without
# vmxcore_vbox, and works as before without vmxcore.

check "VirtualBox is there" vbox_mount
vbox_create a

# From 6.16 on VirtualBox has KVM turn VMX on.
about "without vmxcore"
[ "$(line)" != 7.2 ] || check "stock KVM loads" load_stock 0
check "the driver loads" vbox_load
vbox_start a
check "it is switched off" vbox_stop a
check "VirtualBox's server ends" vbox_end
[ "$(line)" != 7.2 ] || check "stock KVM is unloaded" rmmod kvm_intel kvm

about "with vmxcore"
check "the test client loads" modprobe vmxcore_test
load_kvm 0
check_equal "the driver is no client before it is used" "$(refs_of vboxdrv)" ""
vm_start --cpu 1
vbox_start a 1
check_vbox_holds "it runs" 1
check_both_compute "together" a
check_fails "  vmxcore cannot be unloaded" rmmod vmxcore
kill -STOP "$vm"
check_vbox_computes "KVM's VM is stopped: VirtualBox's computes" a
check "VirtualBox's is switched off" vbox_stop a
check_equal "  it is no client any more" "$(refs_of vboxdrv)" ""
kill -CONT "$vm"
check_vm_computes "  KVM's VM runs on"
vbox_start a 1
check "VirtualBox is killed" vbox_kill a
check "VirtualBox's server ends" vbox_end
check_equal "  it is no client any more" "$(refs_of vboxdrv)" ""
check_vm_computes "  KVM's VM computes"
vm_end

about "exclusive use"
check "a client gets VMX for itself" vmxt register a exclusive
vbox_launch a
check "VirtualBox's VM does not start" vbox_ended a 60
check "  VirtualBox says why" vbox_said a VERR_VMX_IN_VMX_ROOT_MODE
check "the client unregisters" vmxt unregister a
check "VirtualBox's server ends" vbox_end
check "the driver is unloaded" rmmod vboxdrv
check_vmx_on "nothing runs" none
