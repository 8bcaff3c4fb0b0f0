# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in QEMU, on an Intel host whose KVM offers VMX to its guests.
# shellcheck disable=SC2034,SC2154

# shellcheck source=tests/machine/emulators/qemu.sh
. "$here/emulators/qemu.sh"

kvm_nests ||
	die "MACHINE=qemu needs a writable /dev/kvm, an Intel CPU, and kvm_intel with nested=1"

emulator_start() {
	[ "${machine[disk]}" = 0 ] || truncate -s "${machine[disk]}M" "$1/disk.img"
	qemu_kvm "$1/disk.img" "$1/monitor"
	qemu_start "$@" "${qemu_options[@]}"
}
