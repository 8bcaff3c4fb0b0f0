# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What machines in QEMU have in common: sourced by tcg.sh, kvm.sh and nested.sh. The interface is described in bochs.sh.
# shellcheck disable=SC2034,SC2154

emulator_model=max
emulator_time_factor=1
# The kernel counts ticks in a loop of so many cycles, which an emulator on a busy host does not get, and panics.
emulator_parameters=no_timer_check

# qemu_cpus: like "cpus" of a case, a number, or PACKAGES:CORES:THREADS.
qemu_cpus() {
	local packages cores threads
	IFS=: read -r packages cores threads <<<"${machine[cpus]}"
	if [ -n "$cores" ]; then
		echo "sockets=$packages,cores=$cores,threads=$threads"
	else
		echo "$packages,maxcpus=$((packages + machine[spare])),sockets=1,cores=$((packages + machine[spare])),threads=1"
	fi
}

# qemu_nodes: each has as many CPUs, and as much memory.
qemu_nodes() {
	local node cpus=$((machine[cpus] / machine[nodes])) \
		memory=$((machine[memory] / machine[nodes]))
	for ((node = 0; node < machine[nodes]; node++)); do
		qemu_options+=(-object "memory-backend-ram,id=node$node,size=${memory}M"
			-numa "node,nodeid=$node,memdev=node$node,cpus=$((node * cpus))-$(((node + 1) * cpus - 1))")
	done
}

# qemu_command KERNEL INITRD APPEND COM1 COM2 OPTION...: sets the array "qemu". COM1 and COM2 are character devices of QEMU's.
qemu_command() {
	qemu=(qemu-system-x86_64 -smp "$(qemu_cpus)" -m "${machine[memory]}" -nodefaults \
		-no-user-config -display none
		-monitor none -kernel "$1" -initrd "$2" -append "$3" -serial "$4" -serial "$5" "${@:6}")
}

# qemu_kvm DISK MONITOR: sets the array "qemu_options": the host's CPU, with VMX or without, and devices of a PC of old, which Bochs has too.
# DISK and MONITOR are files.
qemu_kvm() {
	local vmx=+vmx
	[ "${machine[vmx]}" = yes ] || vmx=-vmx
	qemu_options=(-accel kvm -M pc -cpu "host,$vmx")
	[ "${machine[nodes]}" = 1 ] || qemu_nodes
	# A machine that CPUs are added to tells its host so by its third port, which is QEMU's monitor.
	[ "${machine[spare]}" = 0 ] ||
		qemu_options+=(-chardev "socket,id=monitor,path=$2,server=on,wait=off" -mon \
		chardev=monitor
		-chardev "socket,id=com3,path=$2" -serial chardev:com3)
	# Nobody wants what is on the disk afterwards. After a hibernation a flush takes the host seconds, and the alarm that should wake the
	# machine comes before it sleeps.
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

# It ends with status 0 by itself only when the guest switches the machine off: a reset starts it anew.
emulator_powered_off() {
	[ "$2" = 0 ]
}
