# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in QEMU, without KVM: a CPU without VMX, or AMD's, with SVM.
# shellcheck disable=SC2034,SC2154

# shellcheck source=tests/machine/emulators/qemu.sh
. "$here/emulators/qemu.sh"

emulator_start() {
	qemu_start "$@" -accel tcg -M q35 -cpu "${machine[model]}"
}
