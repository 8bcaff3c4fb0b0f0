# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: emulator=qemu cpus=2 spare=62
# form: long
# A machine with two CPUs that can have 64: CPUs are plugged in after vmxcore
# was loaded, and pulled out.

cpus=/sys/devices/system/cpu

# QEMU's ACPI code looks at all 64 CPUs for each one that is plugged in, which
# takes 25 seconds if the host has nothing else to do.
limit=120

# cpu_plugged CPU: QEMU's monitor adds the CPU.
cpu_plugged() {
	echo "device_add host-x86_64-cpu,id=cpu$1,socket-id=0,core-id=$1,thread-id=0" >/dev/ttyS2
	wait_until $limit test -e $cpus/cpu"$1"/online
}

cpu_gone() {
	[ ! -e $cpus/cpu"$1"/online ]
}

# cpu_pulled CPU: QEMU's monitor asks the kernel to give the CPU up, which takes
# it offline.
cpu_pulled() {
	echo "device_del cpu$1" >/dev/ttyS2
	wait_until $limit cpu_gone "$1"
}

# The monitor echoes what it reads.
stty -F /dev/ttyS2 115200 raw -echo
cat /dev/ttyS2 >/dev/null &

check_equal "64 CPUs are possible, two are present" \
	"$(cat $cpus/possible) $(cat $cpus/present)" "0-63 0-1"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
check "a gets all" vmxt get a
check_vmx_on "  both CPUs are on" 0,1
check "CPU 2 is plugged in" cpu_plugged 2
check "CPU 2 comes online" online 2 1
check_vmx_on "  VMX is on there, too" 0,1,2
check_equal "  sysfs says so" "$(cat /sys/kernel/vmxcore/cpus/cpu2/state)" on
check "b gets CPU 2" vmxt get_cpu b 2
check "a puts" vmxt put a
check_vmx_on "  b still holds CPU 2" 2
check "CPU 2 is pulled out" cpu_pulled 2
check_vmx_on "  no client holds VMX" none
check_cpu_gone a 0
check_cpu_gone b 1
check "CPU 3 is plugged in" cpu_plugged 3
check "CPU 3 comes online" online 3 1
check_vmx_on "  VMX is off, as no client holds it" none
check "CPU 2 is plugged in again" cpu_plugged 2
check "CPU 2 comes online again" online 2 1
check_vmx_on "  VMX is off, as b's reference is dead" none
load_kvm 0
vm_start --cpu 3
check_vmx_on "  KVM holds all CPUs" 0,1,2,3
check "CPU 2 is pulled out under KVM" cpu_pulled 2
check_vm_computes "  the VM runs on"
check_vmx_on "  the other CPUs stay on" 0,1,3
vm_end
check_vmx_on "no client holds VMX" none
check "the modules are unloaded" modprobe -r vmxcore_test kvm_intel
