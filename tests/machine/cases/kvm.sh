# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# kernels: 6.12 6.12-trixie
# debug-kernels: 6.12-debug 6.12-kcsan
# kvm_intel is a client like others. It holds each CPU while it has a VM, or
# while it is loaded, by its own parameter.


about "enable_virt_at_load=0"
load_kvm 0
check "  vmxcore is loaded with it" grep -q '^vmxcore .* kvm_intel,' /proc/modules
check "the test client loads" modprobe vmxcore_test
check_vmx_on "  there is no VM" none
check_equal "  kvm_intel is a client" "$(refs_of kvm_intel)" 0

vm_start
check_vmx_on "  VMX is held" 0,1
check_equal "  kvm_intel holds each CPU" "$(refs_of kvm_intel)" "0 0:1 1:1"
vm_end
check_vmx_on "  the VM is gone" none
check "a VM with two vCPUs runs" vmrun --vcpus 2 --rounds 5
check_vmx_on "  the VM is gone" none

about "beside a client with references on CPU 1"
check "client a" vmxt register a
check "a gets CPU 1" vmxt get_cpu a 1
vm_start --cpu 1
check_vmx_on "  VMX is held" 0,1
vm_end
check_vmx_on "  a still holds CPU 1" 1
about "beside a client with references on all"
check "a gets all" vmxt get a
check "a puts CPU 1" vmxt put_cpu a 1
vm_start --cpu 1
check "a puts all while the VM runs" vmxt put a
check_vmx_on "  KVM still holds VMX" 0,1
check_vm_computes "  the VM runs on"
check "a storm while the VM runs" vmxt storm 500
check_vmx_on "  KVM still holds VMX" 0,1
check_vm_computes "  the VM runs on"
check_fails "vmxcore is not unloaded under it" rmmod vmxcore
check_fails "kvm_intel is not unloaded under its VM" rmmod kvm_intel
vm_end
check_vmx_on "  the VM is gone" none
about "unloaded beside a client"
check "a gets all" vmxt get a
check "kvm_intel is unloaded" modprobe -r kvm_intel
check_vmx_on "  a still holds VMX" 0,1
check "  a puts" vmxt put a
check_vmx_on "  no client holds VMX" none

about "enable_virt_at_load=1"
load_kvm 1
check_vmx_on "  VMX is held without a VM" 0,1
check "a gets all" vmxt get a
check "a puts" vmxt put a
check_vmx_on "  kvm_intel still holds VMX" 0,1
check "a VM runs" vmrun --rounds 5
check_vmx_on "  kvm_intel still holds VMX" 0,1
check "kvm_intel is unloaded" modprobe -r kvm_intel
check_vmx_on "  no client holds VMX" none

about "a foreign owner"
check "CR4.VMXE is set on CPU 1 behind vmxcore's back" vmxt vmxe 1 1
dmesg_mark
check_fails "kvm_intel with enable_virt_at_load does not load" modprobe kvm_intel
check "  the log names kvm_intel and the reason" \
	dmesg_has "client 'kvm_intel' gets no VMX, CPU 1: foreign owner"
check "  VMX is off everywhere" vmxstate none -f 1
check "kvm_intel loads without enable_virt_at_load" \
	sh -c "modprobe -r kvm; modprobe kvm enable_virt_at_load=0 && modprobe kvm_intel"
dmesg_mark
vmrun --rounds 1 >/run/vm
status=$?
# KVM returns EIO for each error of the vendor module.
check_equal "  no VM can be made" "$status $(cat /run/vm)" "77 vmrun: no VM, KVM_CREATE_VM: EIO"
check "  the log names kvm_intel and the reason" \
	dmesg_has "client 'kvm_intel' gets no VMX, CPU 1: foreign owner"
check "  VMX is off everywhere" vmxstate none -f 1
check "CR4.VMXE is cleared again" vmxt vmxe 1 0
check "  a VM runs" vmrun --rounds 5
check_vmx_on "  no client holds VMX" none
