# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 image=virtualbox memory=2048 limit=600
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# VirtualBox's own programs and driver run here as they do without vmxcore, so
# that a case with vmxcore says something.

# From 6.16 on VirtualBox has KVM turn VMX on.
[ "$(line)" != 7.2 ] || check "stock KVM loads" load_stock 0
check "VirtualBox is there" vbox_mount
check "its driver loads" vbox_load
vbox_create a
vbox_create b
check_vbox_starts a
check_vbox_computes "  it computes" a
check "  it is stopped" vbox_stop a
check_vbox_starts b
check_vbox_computes "  it computes" b
check "  it is killed" vbox_kill b
check "VirtualBox ends" vbox_end
check "its driver is unloaded" rmmod vboxdrv
