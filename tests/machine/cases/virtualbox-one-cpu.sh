# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=1 image=virtualbox limit=3600
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# VMs of VirtualBox and KVM on the only CPU, for 100,000 switches between the
# two.

switches=$tracing/events/vmxcore/vmxcore_vmcs_switch

# switches_so_far: KVM's VMPTRLDs after VirtualBox had the CPU, and as many the
# other way, which vmxcore does not see.
switches_so_far() {
	echo $((2 * $(awk '/to: stranger/ { print $NF }' "$switches/hist")))
}

have_switched() {
	[ "$(switches_so_far)" -ge "$1" ]
}

check "VirtualBox is there" vbox_mount
vbox_create a
check "the test client loads" modprobe vmxcore_test
load_kvm 0
check "VirtualBox's driver loads" modprobe vboxdrv
echo "hist:keys=to" >"$switches/trigger"
vm_start --vcpus 2 --log-steps 6 --yield
vbox_start a
check_both_compute "together" a
check "100,000 switches" wait_until 3000 have_switched 100000
check_both_compute "after them" a
log "$(switches_so_far) switches"
check "VirtualBox's VM is switched off" vbox_stop a
vm_end
check "VirtualBox's server ends" vbox_end
check_vmx_on "nothing runs" none
