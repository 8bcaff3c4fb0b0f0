# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 image=virtualbox limit=1200
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# VirtualBox, KVM and minivisor come and go in any order; drivers that
# vmxcore_vbox does not know; and VMX that VirtualBox does not get.

driver=/lib/modules/$(uname -r)/updates/vboxdrv.ko

# Other drivers, made of the real one: a version that is not known, and one
# without the function that its version should have.
other_driver() {
	sed "s/$1/$2/g" "$driver" >"/run/$3.ko"
}

other_driver '7\.2\.22_Debian' '9.9.99_Debian' unknown
other_driver SUPR0EnableHwvirt SUPR0EnableHwvirX other
check "VirtualBox is there" vbox_mount
vbox_create a
vbox_create b
check "the test client loads" modprobe vmxcore_test

about "drivers that are not known"
check "vmxcore_vbox loads" modprobe vmxcore_vbox
for name in unknown other; do
	check "the driver $name loads" insmod /run/$name.ko
	check_equal "  VirtualBox is no client" "$(refs_of vboxdrv)" ""
	check "vmxcore_vbox is unloaded" rmmod vmxcore_vbox
	check_fails "vmxcore_vbox does not load beside it" modprobe vmxcore_vbox
	check "the driver is unloaded" rmmod vboxdrv
	check "vmxcore_vbox loads" modprobe vmxcore_vbox
done
check_equal "the log has the version, once for each attempt" \
	"$(dmesg_has "vmxcore_vbox: VirtualBox 9.9.99.* is not known here" | wc -l)" 2
check "  and the driver" \
	dmesg_has "vmxcore_vbox: VirtualBox 7.2.22.* cannot be redirected .-ENOENT."

# On 7.2 only KVM can give VMX: it comes by itself, with the parameter that
# Debian's package of VirtualBox sets.
about "VirtualBox alone"
echo "options kvm enable_virt_at_load=0" >/lib/modprobe.d/virtualbox.conf
check "the driver loads" vbox_load
vbox_start a
check_vbox_holds "  it runs" 1
check_fails "  vmxcore_vbox stays" rmmod vmxcore_vbox
check_vmx_on "  it runs" all
check "it is switched off" vbox_stop a
check_vmx_on "  nothing runs" none

about "three hypervisors"
check "minivisor loads" modprobe minivisor
borrowed || load_kvm 0
vbox_start a 1
vm_start --cpu 1
mini_start --cpu 1
vbox_start b 1
for name in a b; do
	check_vbox_computes "VirtualBox's VM $name computes" $name
done
check_vm_computes "  KVM's VM computes"
check_mini_computes "  minivisor's VM computes"
check "KVM's process is killed" kill -KILL "$vm"
check "  it is gone" wait_until 20 not_running "$vm"
check_vbox_computes "KVM is killed: VirtualBox's VM a computes" a
vm_start --cpu 1
check "one VM of VirtualBox is killed" vbox_kill a
check_vbox_holds "  the other holds VMX" 1
check_both_compute "after it" b
check "the other is switched off" vbox_stop b
check_vbox_holds "  both are off" 0

# Pointers to current VMCSs must be right when no client checks them any more.
about "stopped VMs"
vbox_start a 1
check_both_compute "VirtualBox runs" a
kill -STOP "$vm" "$mini"
check_vbox_computes "  it runs on" a
check "VirtualBox is killed" vbox_kill a
check "VirtualBox's server ends" vbox_end
check "the driver is unloaded" rmmod vboxdrv
check "vmxcore_vbox is unloaded" rmmod vmxcore_vbox
check "  the current VMCSs are right" vmxt vmcs_books
kill -CONT "$vm" "$mini"
check_vm_computes "KVM's VM runs on"
check_mini_computes "minivisor's VM runs on"

about "vmxcore_vbox after the driver"
check "the driver loads" vbox_load
check_equal "  VirtualBox is no client" "$(refs_of vboxdrv)" ""
check "vmxcore_vbox loads" modprobe vmxcore_vbox
check_vbox_holds "  it is a client" 0
vbox_start a 1
check_vbox_holds "  it runs" 1
check_both_compute "together" a
kill -STOP "$(vbox_pid a)"
vm_end
mini_end
check "minivisor is unloaded" rmmod minivisor
borrowed || check "kvm_intel is unloaded" rmmod kvm_intel
kill -CONT "$(vbox_pid a)"
check_vbox_computes "the others are gone: VirtualBox's VM computes" a
check "it is switched off" vbox_stop a
check_vmx_on "nothing runs" none

about "exclusive use"
check "a client gets VMX for itself" vmxt register a exclusive
vbox_launch a
check "VirtualBox's VM does not start" vbox_ended a 60
check "  VirtualBox says why" vbox_said a VERR_VMX_IN_VMX_ROOT_MODE
check "  the log says why" dmesg_has "client 'vboxdrv' gets no VMX: client 'a' has it for itself"
check "the client unregisters" vmxt unregister a
vbox_start a
check_vbox_holds "VirtualBox's VM starts now" 1
check "it is switched off" vbox_stop a
check "VirtualBox's server ends" vbox_end
