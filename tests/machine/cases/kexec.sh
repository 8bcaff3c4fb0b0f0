# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=2 image=kexec limit=300
# kexec -e with VMX on and a VM running: the next kernel brings up all CPUs, and runs VMs.

# VMX left on is a triple fault on the way, and a reset, which would boot just as well.
[ "$(stage)" = 1 ] || check "kexec has come through" grep -qw second=yes /proc/cmdline
all_in_use "kernel $(stage)"
check "VMs run" vmrun --vcpus 2 --rounds 5

if [ "$(stage)" = 1 ]; then
	check "the next kernel is loaded" kexec_load second=yes
	vm_start --vcpus 2
	next_stage kexec -e
fi
