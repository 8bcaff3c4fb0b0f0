# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: image=virtualbox limit=400
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# "make demo VIRTUALBOX=y" shows this: VMs of VirtualBox, which is as its package
# has it, and of the patched KVM run at the same time.

say_machine
check "VirtualBox is there" vbox_mount
vbox_create a
check "modprobe vmxcore" modprobe vmxcore
load_kvm 0
check "modprobe vboxdrv: VirtualBox's own driver" modprobe vboxdrv
say "  $(lsmod | sed -n 's/  */ /g; /^vmxcore_vbox /p')"
owners "VirtualBox and KVM are clients, and run no VM"
check_equal "VMX is off" "$(cpus_on)" 0

vm_start
vbox_start a
owners "VMs of both run"
check_both_compute "both are right" a
check_equal "VMX is on on both CPUs" "$(cpus_on)" 2

check "CPU 1 goes offline" online 1 0
check_both_compute "both run on" a
check "CPU 1 comes online again" online 1 1
check_both_compute "both run on" a

check "VirtualBox's VM is switched off" vbox_stop a
owners "KVM's VM runs on"
check_vm_computes "KVM's VM computes"
vm_end
check "VirtualBox's server ends" vbox_end
check_equal "VMX is off again" "$(cpus_on)" 0
say_end
