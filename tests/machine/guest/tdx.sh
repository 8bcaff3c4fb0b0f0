# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# vmxcore_tdx on the simulated TDX module (tests/machine/tdx_sim). Sourced after
# vmx.sh.

sim=/sys/kernel/debug/vmxcore_tdx_sim
tdx=/sys/kernel/vmxcore_tdx

# sim COMMAND...: a command for the simulated TDX module.
sim() {
	echo "$*" >$sim/command
}

# sim_load [PARAMETER...]: the machine has SEAM from here on.
sim_load() {
	check "a TDX module is simulated${*:+ ($*)}" modprobe vmxcore_tdx_sim "$@"
}

# check_sim NAME VALUE: compares a value of the simulated module's state.
check_sim() {
	check_equal "  in SEAM, $1 is $2" "$(sed -n "s/^$1 //p" $sim/state)" "$2"
}

# sim_calls LEAF: how often it was called, with any result.
sim_calls() {
	awk -v leaf="$1" '$1 == leaf { n += $3 } END { print n + 0 }' $sim/counts
}

# sim_anew: resets the simulated module, and injects no errors any more.
sim_anew() {
	sim clear
	sim reset
	sim forget
}

# tdx_load [PARAMETER...]
tdx_load() {
	check "vmxcore_tdx loads${*:+ ($*)}" modprobe vmxcore_tdx "$@"
}

tdx_unload() {
	check "vmxcore_tdx unloads" rmmod vmxcore_tdx
}

# check_tdx FILE VALUE: compares a file in sysfs.
check_tdx() {
	check_equal "  $1 is $2" "$(cat $tdx/"$1")" "$2"
}

# check_tdx_refuses ERRNO-TEXT LOG-REGEX [PARAMETER...]: loading fails with this
# error, and the log says why.
check_tdx_refuses() {
	local errno=$1 regex=$2
	shift 2
	dmesg_mark
	check "vmxcore_tdx does not load, $regex: $errno" refused "$errno" modprobe vmxcore_tdx "$@"
	check "  the log says why" dmesg_has "vmxcore_tdx: .*$regex"
	check "  the module is not loaded" test ! -e /sys/module/vmxcore_tdx
}

# refused ERRNO-TEXT COMMAND...: succeeds if the command fails with this text.
refused() {
	local errno=$1 said
	shift
	! said=$("$@" 2>&1) || return 1
	echo "$said"
	case $said in
	*"$errno"*) ;;
	*) return 1 ;;
	esac
}

# tdxcall CPU RAX [RCX [RDX [R8]]]: another module calls vmxcore_tdx_seamcall().
tdxcall() {
	local cpu=$1
	shift
	dmesg_mark
	modprobe vmxcore_tdx_user "cpu=$cpu" "regs=$(echo "$*" | tr ' ' ,)" &&
		rmmod vmxcore_tdx_user
}

# tdxcall_says REGEX: the registers after it match.
tdxcall_says() {
	dmesg_has "vmxcore_tdx_user: .* $1"
}

# pamt_at: the MiB in which the first PAMT is. It is put at the top of the free
# memory, so one that is not freed moves the next one down by 4 MiB for each GiB
# of memory.
pamt_at() {
	echo $(($(sed -n '1s/.* pamt_4k \(0x[0-9a-f]*\).*/\1/p' $sim/pamt) >> 20))
}

# memory_is_used: allocates nearly all free memory, and frees it again. A kernel
# with init_on_alloc overwrites it so. On other kernels dd writes to it.
memory_is_used() {
	local size status=0
	size=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	mkdir -p /run/used
	mount -t tmpfs -o size=100% tmpfs /run/used
	size=$((size / 1024 - 64))
	if dmesg | grep -q 'mem auto-init: .*heap alloc:on'; then
		fallocate -l ${size}m /run/used/fill || status=1
	else
		dd if=/dev/zero of=/run/used/fill bs=1M count=$size || status=1
	fi
	umount /run/used
	return $status
}
