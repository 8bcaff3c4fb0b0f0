# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in QEMU, without KVM: a CPU without VMX, or AMD's, with SVM. The interface is described in bochs.sh.
# shellcheck disable=SC2034,SC2154

emulator_model=max
emulator_time_factor=1
emulator_quirks=
# The kernel counts ticks in a loop of so many cycles, which an emulator on a busy host does not get, and panics.
emulator_parameters=no_timer_check

emulator_start() {
	local dir=$1
	setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg -M q35 -cpu "${machine[model]}" -smp "${machine[cpus]}" \
		-m "${machine[memory]}" -nodefaults -no-user-config -display none -monitor none \
		-serial "file:$dir/console.log" -serial "file:$dir/tap.log" \
		-kernel "$2" -initrd "$3" -append "$4" </dev/null >"$dir/emulator.log" 2>&1 &
	emulator_pid=$!
}

# It ends with status 0 by itself only then: a reset starts it anew.
emulator_powered_off() {
	[ "$2" = 0 ]
}
