# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=4 image=virtualbox limit=1200
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# VMs of VirtualBox and KVM with four CPUs each, which migrate.

check "VirtualBox is there" vbox_mount
vbox_create a 4
vbox_create b 2
check "the test client loads" modprobe vmxcore_test
load_kvm 0
check "VirtualBox's driver loads" modprobe vboxdrv
vm_start --vcpus 4
vbox_start a
check_both_compute "together" a
vbox_start b
check_both_compute "with a second VM of VirtualBox" b
for i in 1 2 3; do
	for cpu in 1 2 3; do
		check "CPU $cpu goes offline, time $i" online $cpu 0
	done
	check_both_compute "on one CPU, time $i" a
	for cpu in 1 2 3; do
		check "CPU $cpu comes online, time $i" online $cpu 1
	done
	check_both_compute "on four CPUs, time $i" a
done
check_vbox_computes "the second VM, too" b
check "it is killed" vbox_kill b
check "the first is switched off" vbox_stop a
vm_end
check "VirtualBox's server ends" vbox_end
check_vmx_on "nothing runs" none
