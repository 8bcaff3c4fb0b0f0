# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 image=virtualbox
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# VirtualBox's own programs and driver work in this machine as they are, without
# vmxcore, so that what they do beside vmxcore is vmxcore's doing.

# From 6.16 on VirtualBox has KVM turn VMX on.
[ "$(line)" != 7.2 ] || check "stock KVM loads" load_stock 0
check "VirtualBox is there" vbox_mount
check "its driver loads" vbox_load
vbox_create a
vbox_create b 2
vbox_start a
check_vbox_computes "  it computes" a
check "  it is switched off" vbox_stop a
vbox_start b
check_vbox_computes "  both CPUs compute" b
check "  it is killed" vbox_kill b
check "VirtualBox's server ends" vbox_end
check "the driver is unloaded" rmmod vboxdrv
[ "$(line)" != 7.2 ] || check "KVM is unloaded" rmmod kvm_intel
