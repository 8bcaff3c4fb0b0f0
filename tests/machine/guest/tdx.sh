# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# vmxcore_tdx on the simulated TDX module (tests/machine/tdx_sim). Sourced after
# vmx.sh.

sim=/sys/kernel/debug/vmxcore_tdx_sim
tdx=/sys/kernel/vmxcore_tdx

# sim COMMAND...: an order for the simulated TDX module.
sim() {
	echo "$*" >$sim/command
}

# sim_load [PARAMETER...]: a machine with SEAM from here on.
sim_load() {
	check "a TDX module is simulated${*:+: $*}" modprobe vmxcore_tdx_sim "$@"
}

# check_sim NAME VALUE: in its state.
check_sim() {
	check_equal "  in SEAM: $1 $2" "$(sed -n "s/^$1 //p" $sim/state)" "$2"
}

# sim_calls LEAF: how often it was called, with whatever result.
sim_calls() {
	awk -v leaf="$1" '$1 == leaf { n += $3 } END { print n + 0 }' $sim/counts
}

# Another life of the TDX module, with nothing to fail in it.
sim_anew() {
	sim clear
	sim reset
	sim forget
}

# tdx_load [PARAMETER...]
tdx_load() {
	check "vmxcore_tdx loads${*:+: $*}" modprobe vmxcore_tdx "$@"
}

tdx_unload() {
	check "vmxcore_tdx unloads" rmmod vmxcore_tdx
}

# check_tdx FILE VALUE: in sysfs.
check_tdx() {
	check_equal "  $1 is $2" "$(cat $tdx/"$1")" "$2"
}

# check_tdx_refuses ERRNO-TEXT LOG-REGEX [PARAMETER...]: loading fails so, the
# log says why, nothing is left.
check_tdx_refuses() {
	local errno=$1 regex=$2
	shift 2
	dmesg_mark
	check "vmxcore_tdx does not load: $errno" refused "$errno" modprobe vmxcore_tdx "$@"
	check "  the log says why: $regex" dmesg_has "vmxcore_tdx: .*$regex"
	check "  it is not there" test ! -e /sys/module/vmxcore_tdx
}

# refused ERRNO-TEXT COMMAND...: it fails, and says this.
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
	modprobe vmxcore_tdx_user "cpu=$cpu" "regs=$(echo "$*" | tr ' ' ,)" && rmmod vmxcore_tdx_user
}

# tdxcall_says REGEX: of the registers after it.
tdxcall_says() {
	dmesg_has "vmxcore_tdx_user: .* $1"
}

# pamt_at: in which MiB of memory the first PAMT is. It is the uppermost place
# that is free, so one that is not given back moves the next one down by 4 MiB
# for each GiB of memory.
pamt_at() {
	echo $(($(sed -n '1s/.* pamt_4k \(0x[0-9a-f]*\).*/\1/p' $sim/pamt) >> 20))
}

# memory_is_used: nearly all that is free, and freed again. A kernel that clears
# what it gives out (init_on_alloc) overwrites it so; on others it is
# written.
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
