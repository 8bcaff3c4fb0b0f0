# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# kernels: 6.12 7.2
# more-kernels: 6.1
# debug-kernels: 6.12-debug
# The distribution's kvm_intel and vmxcore do not run beside each other: the
# second one is refused, with one line that says what to do, and disturbs
# nothing.

ours=/lib/modules/$(uname -r)/updates

# The kernel prints lines about each module that is not its own, and gcov about
# a module that it counts.
taint='taints kernel|signature and/or required key missing|version magic: 0x'

# check_refused REGEX: one line in the log matches, and vmxcore prints no other.
check_refused() {
	check_equal "  one line in the log says what to do" \
		"$(dmesg_since | grep -vcE "$taint")\
 $(dmesg_since | grep -cE "vmxcore: .*$1")" "1 1"
}

# busy COMMAND...: succeeds if the load fails with EBUSY.
busy() {
	if "$@" 2>/run/insmod; then
		return 1
	fi
	cat /run/insmod
	grep -q 'resource busy' /run/insmod
}

about "stock KVM first"
check "stock kvm loads" stock_insmod kvm
check "stock kvm_intel loads" stock_insmod kvm-intel
vm_start --vcpus 2
dmesg_mark
check "vmxcore is refused: EBUSY" busy insmod "$ours/vmxcore.ko"
check_refused "the distribution's kvm_intel is loaded and owns VMX: .*modprobe -r kvm_intel"
check_fails "  it is not there" grep -q '^vmxcore ' /proc/modules
check_vm_computes "  the VM runs on"
check "modprobe is refused, too" sh -c "! modprobe vmxcore"
check_vm_computes "  the VM runs on"
vm_end
check "what the line says works: modprobe -r kvm_intel" modprobe -r kvm_intel
check "  modprobe kvm_intel" modprobe kvm_intel
check "  loads ours" grep -q '^vmxcore .* kvm_intel,' /proc/modules
check "  a VM runs" vmrun --rounds 3
check "the modules are unloaded" modprobe -r kvm_intel vmxcore

about "vmxcore first"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
# Where VMX is borrowed no client can get it yet.
held=none
if ! borrowed; then
	held=1
	check "a gets CPU 1" vmxt get_cpu a 1
fi
check "stock kvm loads" stock_insmod kvm
dmesg_mark
check "stock kvm_intel is refused: EBUSY" busy stock_insmod kvm-intel
check_refused "the distribution's kvm_intel is refused, .*modprobe kvm_intel.*modprobe -r vmxcore"
check_vmx_on "  nothing is disturbed" $held
check_fails "  it is not there" grep -q '^kvm_intel ' /proc/modules
# In 6.1 kvm.ko is the stock one with ours too.
if [ "$(line)" != 6.1 ]; then
	dmesg_mark
	check "our kvm_intel is refused on stock kvm: EBUSY" busy insmod "$ours/kvm-intel.ko"
	check_refused "kvm_intel is refused on the distribution's kvm.ko,\
 .*modprobe -r kvm && modprobe kvm_intel"
	check_vmx_on "  nothing is disturbed" $held
	check_fails "  it is not there" grep -q '^kvm_intel ' /proc/modules
fi
check "what the line says works: modprobe -r kvm" modprobe -r kvm
check "  modprobe kvm_intel" modprobe kvm_intel
check "  a VM runs" vmrun --rounds 3
check "kvm_intel is unloaded" modprobe -r kvm_intel
check_vmx_on "  nothing is disturbed" $held
borrowed || check "a puts CPU 1" vmxt put_cpu a 1
check_vmx_on "  no client holds VMX" none
check "the modules are unloaded" modprobe -r vmxcore_test vmxcore

about "stock KVM again"
check "stock kvm loads" stock_insmod kvm
check "  stock kvm_intel loads" stock_insmod kvm-intel
check "  a VM runs" vmrun --rounds 3
