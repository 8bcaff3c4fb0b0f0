# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The common part of machines in QEMU, sourced by tcg.sh, kvm.sh and nested.sh.
# bochs.sh describes the interface.
# shellcheck disable=SC2034,SC2154

emulator_model=max
emulator_time_factor=1
# The kernel panics if it gets too few ticks in a loop, which happens to an
# emulator on a busy host.
emulator_parameters=no_timer_check

# qemu_cpus: "cpus" of a case is a number, or PACKAGES:CORES:THREADS.
qemu_cpus() {
	local packages cores threads most
	IFS=: read -r packages cores threads <<<"${machine[cpus]}"
	if [ -n "$cores" ]; then
		echo "sockets=$packages,cores=$cores,threads=$threads"
	else
		most=$((packages + machine[spare]))
		echo "$packages,maxcpus=$most,sockets=1,cores=$most,threads=1"
	fi
}

# qemu_nodes: all nodes have the same number of CPUs and the same memory.
qemu_nodes() {
	local node first last cpus memory
	cpus=$((machine[cpus] / machine[nodes]))
	memory=$((machine[memory] / machine[nodes]))
	for ((node = 0; node < machine[nodes]; node++)); do
		first=$((node * cpus)) last=$(((node + 1) * cpus - 1))
		qemu_options+=(-object "memory-backend-ram,id=node$node,size=${memory}M"
			-numa "node,nodeid=$node,memdev=node$node,cpus=$first-$last")
	done
}

# qemu_command KERNEL INITRD APPEND COM1 COM2 OPTION...: sets the array "qemu".
# COM1 and COM2 are character devices of QEMU.
qemu_command() {
	qemu=(qemu-system-x86_64 -smp "$(qemu_cpus)" -m "${machine[memory]}" -nodefaults
		-no-user-config -display none -monitor none
		-kernel "$1" -initrd "$2" -append "$3" -serial "$4" -serial "$5" "${@:6}")
}

# qemu_kvm DISK MONITOR: sets the array "qemu_options": the host's CPU, with VMX
# or without, and the old PC devices that Bochs has, too. DISK and MONITOR are
# files.
qemu_kvm() {
	local vmx=+vmx
	[ "${machine[vmx]}" = yes ] || vmx=-vmx
	qemu_options=(-accel kvm -M pc -cpu "host,$vmx")
	[ "${machine[nodes]}" = 1 ] || qemu_nodes
	# A case that adds CPUs tells QEMU so by the third port, which is QEMU's
	# monitor.
	[ "${machine[spare]}" = 0 ] ||
		qemu_options+=(-chardev "socket,id=monitor,path=$2,server=on,wait=off"
			-mon chardev=monitor
			-chardev "socket,id=com3,path=$2" -serial chardev:com3)
	# The content of the disk is not needed afterwards, so that QEMU need
	# not flush it. After a hibernation a flush takes the host seconds, and
	# the alarm that should wake the machine comes before it sleeps.
	[ "${machine[disk]}" = 0 ] ||
		qemu_options+=(-drive "file=$1,format=raw,if=ide,cache=unsafe")
}

# qemu_start DIR KERNEL INITRD APPEND OPTION...
qemu_start() {
	local dir=$1
	qemu_command "$2" "$3" "$4" "file:$dir/console.log" "file:$dir/tap.log" "${@:5}"
	setpriv --pdeathsig KILL "${qemu[@]}" </dev/null >"$dir/emulator.log" 2>&1 &
	emulator_pid=$!
}

# QEMU ends with status 0 only if the guest switches the machine off, as a reset
# starts it anew.
emulator_powered_off() {
	[ "$2" = 0 ]
}
