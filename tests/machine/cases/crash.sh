# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=2 image=kexec limit=360 append="crashkernel=256M"
# expect-console: Kernel panic - not syncing: sysrq triggered crash
# expect-console: vmxcore_test: emergency of client a on CPU 0
# expect-console: vmxcore_test: emergency of client a on CPU 1
# A crash with VMX on and a VM running: the crash kernel brings up all CPUs, and runs VMs.

# VMX left on is a triple fault on the way, and a reset, which would boot just as well.
[ "$(stage)" = 1 ] || check "this is the crash kernel" test -s /proc/vmcore
all_in_use "kernel $(stage)"
check "VMs run" vmrun --vcpus 2 --rounds 5

if [ "$(stage)" = 1 ]; then
	check "the crash kernel is loaded" kexec_load -p
	vm_start --vcpus 2
	next_stage crash
fi
