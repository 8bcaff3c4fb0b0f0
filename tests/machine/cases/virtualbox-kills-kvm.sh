# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 image=virtualbox limit=400 fails="the VM computes|the VM has computed right"
# kernels: 7.2
# form: long
# The stock KVM and VirtualBox, without vmxcore: VMs of both on one CPU. KVM's
# dies (docs/reports/virtualbox.md). If this case fails, one of the two has been
# mended, and vmxcore's words about it are out of date.

check "stock KVM loads" load_stock 0
check "VirtualBox is there" vbox_mount
vbox_create a
check "its driver loads" vbox_load
vm_start --cpu 1
vbox_start a 1
check_vbox_computes "  it computes" a
check_vm_computes "the VM computes"
vm_end
check "VirtualBox's VM is switched off" vbox_stop a
check "VirtualBox's server ends" vbox_end
