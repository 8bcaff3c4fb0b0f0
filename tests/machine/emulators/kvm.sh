# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in QEMU, on an Intel host whose KVM offers VMX to its guests.
# shellcheck disable=SC2034,SC2154

# shellcheck source=tests/machine/emulators/qemu.sh
. "$here/emulators/qemu.sh"

kvm_nests || die "MACHINE=qemu wants /dev/kvm, writable, of an Intel CPU, and kvm_intel's parameter \"nested\" on"

emulator_start() {
	local dir=$1
	[ "${machine[disk]}" = 0 ] || truncate -s "${machine[disk]}M" "$dir/disk.img"
	qemu_kvm "$dir/disk.img" "$dir/monitor"
	qemu_command "$2" "$3" "$4" "file:$dir/console.log" "file:$dir/tap.log" "${qemu_options[@]}"
	setpriv --pdeathsig KILL "${qemu[@]}" </dev/null >"$dir/emulator.log" 2>&1 &
	emulator_pid=$!
}
