# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in QEMU, without KVM: a CPU without VMX, or AMD's, with SVM.
# shellcheck disable=SC2034,SC2154

# shellcheck source=tests/machine/emulators/qemu.sh
. "$here/emulators/qemu.sh"

emulator_start() {
	local dir=$1
	qemu_command "$2" "$3" "$4" "file:$dir/console.log" "file:$dir/tap.log" -accel tcg -M q35 -cpu "${machine[model]}"
	setpriv --pdeathsig KILL "${qemu[@]}" </dev/null >"$dir/emulator.log" 2>&1 &
	emulator_pid=$!
}
