# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=1
# A machine with one CPU: there is no other CPU to send an interrupt to, or to
# wait for.

check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
check "a gets all" vmxt get a
check_vmx_on "  a holds it" 0
check "b gets CPU 0, in an interrupt" vmxt get_cpu b 0 irq
check "a puts" vmxt put a
check_vmx_on "  b holds it" 0
check "b puts CPU 0" vmxt put_cpu b 0
check_vmx_on "  no client holds VMX" none
about "sleep and a VM"
check "a gets all" vmxt get a
check "the machine sleeps" sleep_for 2
check_vmx_on "  a holds VMX afterwards" 0
load_kvm 0
vm_start
check_vmx_on "  KVM and a hold VMX" 0
check "a puts" vmxt put a
check_vm_computes "  the VM runs on"
vm_end
check_vmx_on "  no client holds VMX" none
check "the modules are unloaded" modprobe -r vmxcore_test kvm_intel
check_fails "  vmxcore too" grep -q '^vmxcore ' /proc/modules
