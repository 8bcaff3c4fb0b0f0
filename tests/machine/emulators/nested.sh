# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in QEMU, as in kvm.sh, on an Intel host that is itself emulated:
# Bochs runs the distribution's Linux with its own kvm_intel, and that runs
# QEMU. So QEMU with KVM is tested where there is no Intel CPU. The innermost
# machine's serial ports are those of Bochs; the host in between has a third
# one.
# shellcheck disable=SC2034,SC2154

# shellcheck source=tests/machine/emulators/bochs.sh
. "$here/emulators/bochs.sh"
bochs_parameters=$emulator_parameters
# shellcheck source=tests/machine/emulators/qemu.sh
. "$here/emulators/qemu.sh"
# A VM exit takes thousands of instructions, and a tick takes many exits. With the
# 200,000 instructions that bochs.sh has from one tick to the next, few or none
# would be left for a guest three levels down.
bochs_ips=200000000
emulator_time_factor=20

# The memory of the host and QEMU beside the machine's, and the most that Bochs
# can have, in MB.
host_memory=640 most_memory=2048

# nested_machine DIR KERNEL INITRD APPEND: prints an archive with these for the
# host. Its kernel unpacks any number of archives, one after the other.
nested_machine() {
	local tree=$1/machine
	mkdir -p "$tree/machine"
	link_or_copy "$2" "$tree/machine/vmlinuz"
	link_or_copy "$3" "$tree/machine/initrd"
	qemu_kvm /dev/sda /tmp/monitor
	qemu_command /machine/vmlinuz /machine/initrd "$4" /dev/ttyS0 /dev/ttyS1 \
		"${qemu_options[@]}"
	echo "${qemu[*]@Q}" >"$tree/machine/run"
	(cd "$tree" && find machine | cpio --quiet --create --format=newc --owner=0:0)
	rm -r "$tree"
}

emulator_start() {
	local settings outer parameters
	settings=$("$top/scripts/kernel-package" "$main_kernel")
	outer=$("$here/initramfs" "$main_kernel" host "$main_kernel")
	# This order matters: no archive may come after one that lz4 has packed.
	{ nested_machine "$@" && cat "$outer"; } >"$1/host.initrd"
	machine[memory]=$((machine[memory] + host_memory))
	[ "${machine[memory]}" -le $most_memory ] || machine[memory]=$most_memory
	machine[model]=broadwell_ult
	bochs_more="com3: enabled=1, mode=file, dev=host.log"
	parameters="console=ttyS2,115200 tsc=reliable mitigations=off panic=-1"
	parameters+=" cryptomgr.notests=1 $skip_initcalls $bochs_parameters"
	bochs_start "$1" "$(sed -n 's/^vmlinuz=//p' <<<"$settings")" "$1/host.initrd" \
		"$parameters machine.disk=${machine[disk]}"
}

emulator_powered_off() {
	grep -q '^host: QEMU ended with status 0' "$1/host.log"
}
