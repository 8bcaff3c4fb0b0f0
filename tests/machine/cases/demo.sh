# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: image=qemu limit=300
# kernels: 7.2
# more-kernels: 6.1 6.12 6.12-trixie
# "make demo" shows this: vmxcore owns VMX, the patched KVM gets it, QEMU runs a
# nested Linux, and a CPU goes offline and comes back.

say_machine
check "modprobe vmxcore" modprobe vmxcore
owners "vmxcore is loaded, no client uses VMX"

load_kvm 0
say "  $(lsmod | sed -n 's/  */ /g; /^vmxcore /p')"
owners "kvm_intel, the patched one, is a client; without a VM it holds nothing"
check_equal "VMX is off" "$(cpus_on)" 0

nested_start guest loop
check "QEMU -accel kvm boots a nested Linux to its init" nested_wait guest 400 'nested: hello'
say "  $(grep 'nested: hello' /run/guest.log | tr -d '\r')"
check "  it computes the right result" nested_wait guest 400 'nested: result ok'
owners "While the nested Linux runs"
check_equal "VMX is on on both CPUs" "$(cpus_on)" 2

check "CPU 1 goes offline with the guest running" \
	sh -c 'echo 0 >/sys/devices/system/cpu/cpu1/online'
owners "CPU 1 is offline"
check "  the guest runs on" nested_runs_on guest
check "CPU 1 comes online again" sh -c 'echo 1 >/sys/devices/system/cpu/cpu1/online'
check "  the guest runs on" nested_runs_on guest
check_equal "  VMX is on on both CPUs again" "$(cpus_on)" 2

check "the guest is ended" nested_kill guest
owners "The nested Linux has ended"
check_equal "VMX is off again" "$(cpus_on)" 0
check "modprobe -r kvm_intel vmxcore: unloaded" modprobe -r kvm_intel vmxcore
say_end
