# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in QEMU, as kvm.sh has it, on an Intel host that is itself emulated: Bochs runs the distribution's Linux with its own
# kvm_intel, and that QEMU. So the one back end is tried where there is no Intel CPU. What the innermost machine says comes through the
# same serial ports; the host in between has a third one.
# shellcheck disable=SC2034,SC2154

# shellcheck source=tests/machine/emulators/bochs.sh
. "$here/emulators/bochs.sh"
bochs_parameters=$emulator_parameters
# shellcheck source=tests/machine/emulators/qemu.sh
. "$here/emulators/qemu.sh"
# Each VM exit in it is thousands of instructions, and each tick many exits: of 200,000 instructions from one tick to the next hardly any
# were left for a guest three levels down, and now and then none.
bochs_ips=200000000
emulator_time_factor=20

# What the host and QEMU take beside the machine, and Bochs' most. In MB.
host_memory=640 most_memory=2048

# nested_machine DIR KERNEL INITRD APPEND: an archive with that, for the host: the kernel unpacks as many as it is given, one after the other.
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
	local settings outer
	settings=$("$top/scripts/kernel-package" "$main_kernel")
	outer=$("$here/initramfs" "$main_kernel" host "$main_kernel")
	# In this order: nothing may come after what is packed by lz4.
	{ nested_machine "$@" && cat "$outer"; } >"$1/host.initrd"
	machine[memory]=$((machine[memory] + host_memory < most_memory ? machine[memory] + host_memory : most_memory))
	machine[model]=broadwell_ult
	bochs_more="com3: enabled=1, mode=file, dev=host.log"
	bochs_start "$1" "$(sed -n 's/^vmlinuz=//p' <<<"$settings")" "$1/host.initrd" \
		"console=ttyS2,115200 tsc=reliable mitigations=off panic=-1 cryptomgr.notests=1 $skip_initcalls $bochs_parameters machine.disk=${machine[disk]}"
}

emulator_powered_off() {
	grep -q '^host: QEMU ended with status 0' "$1/host.log"
}
