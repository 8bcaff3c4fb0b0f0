# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3 limit=400
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug
# The simulated TDX module does what the ABI says, and fails as it is told to: what the tests of the TDX shim stand on.

sim=/sys/kernel/debug/vmxcore_tdx_sim
raw=/sys/kernel/debug/vmxcore_tdx_call

key_config=31 info=32 init=33 rd=34 lp_init=35 tdmr_init=36 rdall=37 lp_shutdown=44 config=45 shutdown=52 update=53
seamldr_info=0x8000000000000000

simulate() {
	echo "$*" >$sim/command
}

client() {
	echo "$*" >$raw/command
}

# result CPU NAME: what the last call left on that CPU: a register, or cf.
result() {
	sed -n "s/^cpu $1 .* $2 \\([^ ]*\\).*/\\1/p" $raw/result
}

# became CPU: what the caller there saw; a status by the name that the simulation has for it.
became() {
	case $(cut -d' ' -f2-6 $raw/result | grep "^$1 ") in
	"$1 exception 6 "*) echo UD ;;
	"$1 exception 13 "*) echo GP ;;
	"$1 exception -1 cf 1") echo VMFAILINVALID ;;
	"$1 exception -1 cf 0") grep "cpu $1 .* out $(result "$1" rax | cut -c 3-) " $sim/calls | tail -n 1 | cut -d' ' -f5 ;;
	*) echo nothing ;;
	esac
}

# returns DESCRIPTION WANTED CPU RAX [RCX [RDX [R8...]]]
returns() {
	local description=$1 wanted=$2 cpu=$3
	shift 3
	client call "$cpu" "$@" || not_ok "$description: the call"
	check_equal "$description: $wanted" "$(became "$cpu")" "$wanted"
}

# state WANTED: the module's.
state() {
	check_equal "  $1" "$(sed -n 's/^state //p' $sim/state)" "$1"
}

# load [PARAMETER...]: the simulation anew.
load() {
	[ ! -d $sim ] || rmmod vmxcore_tdx_sim
	check "the simulation loads${*:+ with $*}" modprobe vmxcore_tdx_sim "$@"
}

all_lps() {
	local cpu
	for cpu in 0 1 2; do
		returns "  TDH.SYS.LP.INIT on CPU $cpu" TDX_SUCCESS $cpu $lp_init
	done
}

initialise() {
	returns "TDH.SYS.INIT" TDX_SUCCESS 0 $init
	all_lps
}

check "the client of vmxcore loads" modprobe vmxcore_tdx_call
load_provider
check "VMX is on" client get
returns "no simulation" UD 0 $init
check "VMX is off" client put
# Two of the three CMRs touch each other, and count as one.
load cmrs=100000-20000000,20000000-40000000,100000000-180000000 packages=0,1,1

# The instruction.
returns "VMX is off" UD 1 $init
state SYSINIT_PENDING
check "VMX is on" client get
returns "of the P-SEAMLDR" TDX_SUCCESS 1 $seamldr_info b0
returns "a version" TDX_OPERAND_INVALID 1 0x10021
returns "a reserved bit" TDX_OPERAND_INVALID 1 0x1000021
returns "a leaf that there is not, before SYS_READY" TDX_SYS_NOT_READY 1 99
returns "a leaf of TDs" TDX_SYS_NOT_READY 1 0
check "no module" simulate module absent
returns "  the module's" VMFAILINVALID 1 $init 0x77
check_equal "  RAX and RCX are as they were" "$(result 1 rax) $(result 1 rcx)" "0x21 0x77"
returns "  the P-SEAMLDR's" TDX_SUCCESS 1 $seamldr_info b0
check "no P-SEAMLDR either" simulate seamldr absent
returns "  the P-SEAMLDR's" VMFAILINVALID 1 $seamldr_info b0
check "both again" simulate reset
returns "a P-SEAMLDR leaf that there is not" SEAMLDR_EBADPARAM 1 0x8000000000000009
returns "an address that is not aligned" SEAMLDR_EBADPARAM 1 $seamldr_info b0x80
returns "of the P-SEAMLDR" TDX_SUCCESS 1 $seamldr_info b0
check_equal "  vendor, version" "$(dd if=$raw/buffer bs=1 skip=8 count=16 2>/dev/null | xxd -p)" "8680000055d93401e802050001000600"
check_equal "  ready" "$(dd if=$raw/buffer bs=1 skip=160 count=3 2>/dev/null | xxd -p)" "010001"

# MSRs of the platform, where the CPU has none.
check "IA32_MKTME_KEYID_PARTITIONING" client rdmsr 2 0x87
check_equal "  15 shared, 16 private" "$(cat $raw/result)" "msr 0x100000000f"
check "another MSR" client rdmsr 2 0x10
check_fails "  is what it was" grep -q '^msr 0x100000000f$' $raw/result

# The states.
returns "TDH.SYS.LP.INIT too early" TDX_SYS_LP_INIT_NOT_PENDING 0 $lp_init
returns "TDH.SYS.CONFIG too early" TDX_SYS_CONFIG_NOT_PENDING 0 $config
returns "TDH.SYS.KEY.CONFIG too early" TDX_SYS_KEY_CONFIG_NOT_PENDING 0 $key_config
returns "TDH.SYS.TDMR.INIT too early" TDX_SYS_NOT_READY 0 $tdmr_init
returns "TDH.SYS.SHUTDOWN too early" TDX_SYS_NOT_READY 0 $shutdown
returns "TDH.SYS.UPDATE too early" TDX_SYS_STATE_INCORRECT 0 $update
returns "TDH.SYS.LP.SHUTDOWN, of no effect" TDX_SUCCESS 0 $lp_shutdown
returns "TDH.SYS.RD on an LP that is not initialised" TDX_SYS_LP_INIT_NOT_DONE 0 $rd 0 1
check_equal "  RDX, R8" "$(result 0 rdx) $(result 0 r8)" "0xffffffffffffffff 0x0"
returns "TDH.SYS.INIT with attributes" TDX_OPERAND_INVALID+0x1 0 $init 1 2 3 4 5
check_equal "  its registers" "$(result 0 rcx) $(result 0 rdx) $(result 0 r8) $(result 0 r9) $(result 0 r10)" "0x0 0x0 0x0 0x0 0x0"
state SYSINIT_PENDING
returns "TDH.SYS.INIT" TDX_SUCCESS 0 $init
state SYSINIT_DONE
returns "TDH.SYS.INIT again" TDX_SYS_INIT_NOT_PENDING 1 $init
returns "TDH.SYS.LP.INIT on CPU 1" TDX_SUCCESS 1 $lp_init
returns "TDH.SYS.LP.INIT on CPU 1 again" TDX_SYS_LP_INIT_DONE 1 $lp_init
returns "TDH.SYS.LP.INIT on CPU 0" TDX_SUCCESS 0 $lp_init
returns "TDH.SYS.CONFIG with an LP missing" TDX_SYS_CONFIG_NOT_PENDING 0 $config
check_equal "  which" "$(grep -c 'lp_init 1' $sim/cpus) $(grep 'lp_init 0' $sim/cpus | cut -d' ' -f2)" "2 2"
returns "TDH.SYS.RD on CPU 2" TDX_SYS_LP_INIT_NOT_DONE 2 $rd 0 0x0800000100000004
returns "TDH.SYS.LP.INIT on CPU 2" TDX_SUCCESS 2 $lp_init
returns "TDH.SYS.UPDATE without handoff data" TDX_SYS_INVALID_HANDOFF 2 $update

# What an LP has initialised outlives VMX and its absence.
check "VMX goes off" client put
check "CPU 2 goes" online 2 0
check "CPU 2 comes" online 2 1
check "VMX comes on" client get
returns "TDH.SYS.LP.INIT on CPU 2 again" TDX_SYS_LP_INIT_DONE 2 $lp_init

# Metadata.
field() {
	returns "TDH.SYS.RD of $1" TDX_SUCCESS 2 $rd 0 "$2"
	check_equal "  value, next" "$(result 2 r8) $(result 2 rdx)" "$3"
}
field MAJOR_VERSION 0x0800000100000004 "0x1 0x800000100000005"
field MINOR_VERSION 0x0800000100000003 "0x5 0x800000100000004"
field MAX_TDMRS 0x9100000100000008 "0x40 0x9100000100000009"
field PAMT_4K_ENTRY_SIZE 0x9100000100000010 "0x10 0x9100000100000011"
field TDX_FEATURES0 0x0a00000300000008 "0xf0fbf 0x9000000100000000"
field "CMR_BASE 2" 0x9000000300000082 "0x100000000 0x9000000300000083"
field "CMR_SIZE 2" 0x9000000300000102 "0x80000000 0x9000000300000103"
field NUM_PKGS 0x0000000200000000 "0x2 0x200000001"
field "CPUID_CONFIG_VALUES 0, ECX and EDX" 0x9900000300000501 "0x0 0x9900000300000502"
field "the last one" 0xa200000300000006 "0x0 0xffffffffffffffff"
returns "TDH.SYS.RD of the first one" TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT 2 $rd 0 0xffffffffffffffff
check_equal "  which is" "$(result 2 rdx) $(result 2 r8)" "0x200000000 0x0"
returns "TDH.SYS.RD of none" TDX_METADATA_FIELD_ID_INCORRECT 2 $rd 0 0x0800000100000007
check_equal "  RDX, R8" "$(result 2 rdx) $(result 2 r8)" "0xffffffffffffffff 0x0"
returns "TDH.SYS.RD of a sequence" TDX_METADATA_FIELD_ID_INCORRECT 2 $rd 0 0x0800004100000003
returns "TDH.SYS.RDALL, not aligned" TDX_OPERAND_INVALID+0x2 2 $rdall 0 b0x800 0xffffffffffffffff
returns "TDH.SYS.RDALL, a private address" TDX_OPERAND_INVALID+0x2 2 $rdall 0 0x8000000000000 0xffffffffffffffff
returns "TDH.SYS.RDALL, of a wrong size" TDX_METADATA_FIELD_ID_INCORRECT 2 $rdall 0 b0 0x0800000200000004
returns "TDH.SYS.RDALL" TDX_SUCCESS 2 $rdall 0 b0x1000 0xffffffffffffffff
check_equal "  it has read all" "$(result 2 r8)" 0xffffffffffffffff
# 36 sequences with 354 elements. The first has 9 fields of 4 bytes, and begins with NUM_PKGS, which is 2 here.
check_equal "  its header, the first sequence" "$(dd if=$raw/buffer bs=8 skip=512 count=3 2>/dev/null | xxd -p)" \
	"$(printf '%s' 380c240000000000 0000000002020000 0200000000000000)"
returns "TDH.SYS.INFO" TDX_SUCCESS 2 $info b0 1024 b0x400 32
check_equal "  how much there is" "$(result 2 rdx) $(result 2 r9)" "0x400 0x20"
check_equal "  sys_rd, limits" "$(dd if=$raw/buffer bs=1 skip=18 count=20 2>/dev/null | xxd -p)" \
	"0100000000000000000000000000400010001000"
check_equal "  the third CMR" "$(dd if=$raw/buffer bs=8 skip=132 count=2 2>/dev/null | xxd -p)" 00000000010000000000008000000000
returns "TDH.SYS.INFO, not aligned" TDX_OPERAND_INVALID+0x1 2 $info b0x200 1024 b0x400 32
returns "TDH.SYS.INFO, too small" TDX_OPERAND_INVALID+0x2 2 $info b0 1023 b0x400 32
returns "TDH.SYS.INFO, CMRs not aligned" TDX_OPERAND_INVALID+0x8 2 $info b0 1024 b0x500 32
returns "TDH.SYS.INFO, room for 31 CMRs" TDX_OPERAND_INVALID+0x9 2 $info b0 1024 b0x400 31

# Memory: TDMR 0 is all of the machine's; its PAMT is in two areas of the client. TDMR 1 is nowhere, and so is its PAMT.
at() {
	sed -n "s/^$1 \\([^ ]*\\) .*/\\1/p" $raw/memory
}
pamt=$(at pamt) small=$(at small)
low=$small low_size=0x4000 high=$pamt high_size=0x400000
[ $((small)) -lt $((pamt)) ] || low=$pamt low_size=0x400000 high=$small high_size=0x4000
gib=0x40000000

# tdmr 0|1 WORD...: where the module reads it.
tdmr() {
	local at=$((0x200 + $1 * 0x200))
	shift
	client poke $at "$@"
}

# What is right, for TDMR 0 with its reserved areas, and for TDMR 1.
right() {
	client poke 0 b0x200 b0x400
	tdmr 0 0 $gib s0x2000 0x1000 s0 0x2000 p0 $high_or_pamt 0 0x100000 "$low" $low_size "$high" $high_size \
		0 0 0 0 0 0
	tdmr 1 0x100000000 $gib 0x140000000 0x1000 0x140001000 0x2000 0x140003000 0x400000 0 0 0 0 0 0 0 0
}
high_or_pamt=0x400000

# refuses DESCRIPTION STATUS NUMBER OFFSET VALUE...: TDH.SYS.CONFIG of the first TDMRs, with words changed.
refuses() {
	local description=$1 status=$2 number=$3
	shift 3
	right
	client poke "$@"
	returns "TDH.SYS.CONFIG, $description" "$status" 0 $config b0 "$number" 16
	still_unconfigured
}

# What has wrongly been accepted must not spoil the next verdicts.
still_unconfigured() {
	local cpu
	grep -qx 'state SYSINIT_DONE' $sim/state && return
	simulate reset
	client call 0 $init
	for cpu in 0 1 2; do
		client call $cpu $lp_init
	done
}

right
returns "TDH.SYS.CONFIG, array not aligned" TDX_OPERAND_INVALID+0x1 0 $config b8 1 16
returns "TDH.SYS.CONFIG, array at a private address" TDX_OPERAND_INVALID+0x1 0 $config 0x8000000000000 1 16
returns "TDH.SYS.CONFIG, array beyond all addresses" TDX_OPERAND_INVALID+0x1 0 $config 0x10000000000000 1 16
returns "TDH.SYS.CONFIG, no TDMR" TDX_OPERAND_INVALID+0x2 0 $config b0 0 16
returns "TDH.SYS.CONFIG, 65 TDMRs" TDX_OPERAND_INVALID+0x2 0 $config b0 65 16
returns "TDH.SYS.CONFIG, a shared HKID" TDX_OPERAND_INVALID+0x8 0 $config b0 1 15
still_unconfigured
returns "TDH.SYS.CONFIG, an HKID that there is not" TDX_OPERAND_INVALID+0x8 0 $config b0 1 32
still_unconfigured
returns "TDH.SYS.CONFIG, bits above the HKID" TDX_OPERAND_INVALID+0x8 0 $config b0 1 0x10010
still_unconfigured
refuses "TDMR_INFO not aligned" TDX_OPERAND_INVALID+0x1 1 0 b0x208
refuses "a TDMR not aligned" TDX_INVALID_TDMR 1 0x200 0x1000
refuses "a TDMR of no size" TDX_INVALID_TDMR 1 0x208 0
refuses "a TDMR of a GiB and a half" TDX_INVALID_TDMR 1 0x208 0x60000000
refuses "a TDMR with an HKID" TDX_INVALID_TDMR+0x1 2 0x400 0x800100000000
refuses "a TDMR whose end has an HKID" TDX_INVALID_TDMR+0x1 2 0x408 0x800000000000
refuses "a TDMR that wraps" TDX_INVALID_TDMR+0x1 2 0x408 0xffffffffffffffff
refuses "TDMRs in the wrong order" TDX_NON_ORDERED_TDMR+0x1 2 0x200 0x200000000 $gib s0x2000 0x1000 s0 0x2000 p0 0x400000 0 $gib 0 0 0 0
refuses "TDMRs that overlap" TDX_NON_ORDERED_TDMR+0x1 2 0x400 0
refuses "reserved areas in the wrong order" TDX_NON_ORDERED_RESERVED_IN_TDMR+0x100 1 0x240 "$high"
refuses "reserved areas that overlap" TDX_NON_ORDERED_RESERVED_IN_TDMR+0x100 1 0x248 "$high"
refuses "a reserved area after an empty one" TDX_NON_ORDERED_RESERVED_IN_TDMR+0x100 1 0x258 0
refuses "a reserved area not aligned" TDX_INVALID_RESERVED_IN_TDMR 1 0x248 0x100001
refuses "a reserved area beyond its TDMR" TDX_INVALID_RESERVED_IN_TDMR+0x200 1 0x268 $gib
refuses "a reserved area that wraps" TDX_INVALID_RESERVED_IN_TDMR+0x200 1 0x268 0xfffffffffffff000
refuses "a PAMT of 1 GiB pages not aligned" TDX_INVALID_PAMT+0x200 1 0x210 s0x2800
refuses "a PAMT of 2 MiB pages too small" TDX_INVALID_PAMT+0x100 1 0x228 0x1000
refuses "a PAMT of 4 KiB pages too small" TDX_INVALID_PAMT 1 0x238 0x3ff000
refuses "a PAMT of 4 KiB pages with an HKID" TDX_INVALID_PAMT+0x1 2 0x430 0x800140003000
refuses "PAMTs that overlap, of one TDMR" TDX_PAMT_OVERLAP+0x100 1 0x220 s0x1000
refuses "PAMTs that overlap, of two TDMRs" TDX_PAMT_OVERLAP+0x201 2 0x410 s0x2000
refuses "a PAMT in a TDMR of its own, not reserved" TDX_PAMT_OVERLAP+0x200 1 0x210 0x1000000
refuses "a PAMT in another TDMR, not reserved" TDX_PAMT_OVERLAP+0x101 2 0x420 0x1000000
refuses "a PAMT in a TDMR above, not reserved" TDX_PAMT_OVERLAP+0x10200 2 0x210 0x120000000
refuses "a PAMT outside of CMRs" TDX_PAMT_OUTSIDE_CMRS+0x200 1 0x210 0x200000000
refuses "memory outside of CMRs" TDX_TDMR_OUTSIDE_CMRS 1 0x240 0x1000
refuses "memory above the CMRs" TDX_TDMR_OUTSIDE_CMRS+0x1 2 0x408 0xc0000000 0x140000000 0x1000 0x140001000 0x6000 0x140007000 0xc00000 \
	0x40000000 0xd00000
state SYSINIT_DONE
right
returns "TDH.SYS.CONFIG" TDX_SUCCESS 0 $config b0 2 16
state SYSCONFIG_DONE
returns "TDH.SYS.CONFIG again" TDX_SYS_CONFIG_NOT_PENDING 0 $config b0 2 16
returns "TDH.SYS.LP.INIT too late" TDX_SYS_LP_INIT_NOT_PENDING 0 $lp_init
returns "TDH.SYS.TDMR.INIT too early" TDX_SYS_NOT_READY 0 $tdmr_init 0

# One key per package: CPU 0 is in one, the others are in another.
returns "TDH.SYS.KEY.CONFIG on CPU 1" TDX_SUCCESS 1 $key_config
state SYSCONFIG_DONE
returns "TDH.SYS.KEY.CONFIG on CPU 2" TDX_KEY_CONFIGURED 2 $key_config
returns "TDH.SYS.KEY.CONFIG on CPU 0" TDX_SUCCESS 0 $key_config
state SYS_READY
returns "TDH.SYS.KEY.CONFIG again" TDX_SYS_KEY_CONFIG_NOT_PENDING 0 $key_config
returns "a leaf that there is not" TDX_OPERAND_INVALID 0 99

# TDMRs: 4 MiB with each call.
check_fails "nothing has been initialised" simulate pamt intact
returns "TDH.SYS.TDMR.INIT of no TDMR" TDX_OPERAND_INVALID+0x1 0 $tdmr_init $gib
calls=0
while [ $calls -lt 255 ]; do
	client call $((calls % 3)) $tdmr_init 0 || break
	[ "$(result $((calls % 3)) rdx)" = 0x0 ] || break
	calls=$((calls + 1))
done
check_equal "255 calls of TDH.SYS.TDMR.INIT, not one GiB" $calls 255
returns "TDH.SYS.TDMR.INIT, the last" TDX_SUCCESS 0 $tdmr_init 0
check_equal "  one GiB" "$(result 0 rdx)" $gib
returns "TDH.SYS.TDMR.INIT, one more" TDX_TDMR_ALREADY_INITIALIZED 0 $tdmr_init 0
check_equal "  RDX" "$(result 0 rdx)" 0x0
returns "TDH.SYS.TDMR.INIT of the other" TDX_SUCCESS 0 $tdmr_init 0x100000000
check "the PAMTs are intact" simulate pamt intact
check "the host writes to a PAMT" client damage 0x3fffff
check_fails "  they are not" simulate pamt intact
check "  how much" grep -q '^tdmr 0x0 size 0x40000000 initialised 0x40000000 damaged 1 ' $sim/pamt
check "the host takes it back" client damage 0x3fffff
check "  they are" simulate pamt intact

returns "TDH.SYS.SHUTDOWN, no such handoff data" TDX_OPERAND_INVALID+0x1 0 $shutdown 1
check "TDH.SYS.RD takes its time" simulate delay TDH.SYS.RD 1000000
check "  on CPU 1, TDH.SYS.SHUTDOWN meanwhile on CPU 0" \
	client call 1 $rd 0 0x0800000100000004 meanwhile 0 $shutdown 0
check_equal "  TDH.SYS.RD" "$(became 1)" TDX_SUCCESS
check_equal "  TDH.SYS.SHUTDOWN" "$(became 0)" TDX_SYS_BUSY
state SYS_READY
check "  no longer" simulate clear
returns "TDH.SYS.SHUTDOWN" TDX_SUCCESS 0 $shutdown 0
state SYS_SHUTDOWN
returns "TDH.SYS.RD" TDX_SYS_SHUTDOWN 0 $rd 0 0
returns "TDH.SYS.LP.SHUTDOWN" TDX_SUCCESS 0 $lp_shutdown
returns "TDH.SYS.INIT" TDX_SYS_SHUTDOWN 0 $init

# What fails on order.
check "anew" simulate reset
state SYSINIT_PENDING
check "forgotten" simulate forget
check_equal "  calls, counts" "$(cat $sim/calls $sim/counts)" ""
check "entropy is missing, twice" simulate inject TDH.SYS.INIT TDX_RND_NO_ENTROPY times 2
returns "  first" TDX_RND_NO_ENTROPY 0 $init
returns "  second" TDX_RND_NO_ENTROPY 1 $init
state SYSINIT_PENDING
returns "  third" TDX_SUCCESS 0 $init
check_equal "  counted" "$(tr '\n' ' ' <$sim/counts)" "TDH.SYS.INIT TDX_RND_NO_ENTROPY 2 TDH.SYS.INIT TDX_SUCCESS 1 "
check "late: done, and failed" simulate inject 35 TDX_INCONSISTENT_MSR+0x982 late cpu 1
returns "  not on CPU 0" TDX_SUCCESS 0 $lp_init
returns "  on CPU 1" TDX_INCONSISTENT_MSR+0x982 1 $lp_init
check "  it is done" grep -q '^cpu 1 .* lp_init 1' $sim/cpus
check "cleared" simulate clear
check "#GP on the third call of any leaf" simulate inject any GP after 2 times 1
returns "  first" TDX_SYS_INIT_NOT_PENDING 2 $init
returns "  second" TDX_SYS_LP_INIT_NOT_DONE 2 $rd
returns "  third" GP 2 $rd
check "  the log has it" grep -q ' cpu 2 TDH.SYS.RD GP ' $sim/calls
returns "  fourth" TDX_SYS_LP_INIT_NOT_DONE 2 $rd
check "#UD" simulate inject TDH.SYS.RD UD times 1
returns "  first" UD 2 $rd
check "VMfailInvalid" simulate inject seamldr.info vmfailinvalid times 1
returns "  first" VMFAILINVALID 2 $seamldr_info b0
check "a number" simulate inject 34 0xc000123400000056 times 1
returns "  first" 0xc000123400000056 2 $rd 1 2
check_equal "  RDX as if it had failed by itself" "$(result 2 rdx)" 0xffffffffffffffff
check_fails "no such leaf" simulate inject TDH.SYS.NOTHING TDX_SUCCESS
check_fails "no such status" simulate inject TDH.SYS.RD TDX_NOTHING
check_fails "no such option" simulate inject TDH.SYS.RD TDX_SUCCESS often
check_fails "no such command" simulate jump

# At the same time on all CPUs.
statuses() {
	local cpu
	for cpu in 0 1 2; do
		became $cpu
	done | sort | uniq -c | tr -s ' \n' ' '
}
check "anew" simulate reset
check "  nothing injected" simulate clear
check "TDH.SYS.INIT takes its time" simulate delay TDH.SYS.INIT 50000
check "  on all CPUs" client call all $init
check_equal "  one, and the others find it busy" "$(statuses)" " 1 TDX_SUCCESS 2 TDX_SYS_BUSY "
check "TDH.SYS.LP.INIT takes its time" simulate delay TDH.SYS.LP.INIT 50000
check "  on all CPUs" client call all $lp_init
check_equal "  all" "$(statuses)" " 3 TDX_SUCCESS "
check "SEAMLDR.INFO takes its time" simulate delay SEAMLDR.INFO 50000
check "  on all CPUs" client call all $seamldr_info b0
check_equal "  one, and for the others it is not there" "$(statuses)" " 1 TDX_SUCCESS 2 VMFAILINVALID "

check "no longer" simulate clear
check "S3" sleep_for 2
state ABSENT
returns "  the module's" VMFAILINVALID 0 $rd
returns "  the P-SEAMLDR's" VMFAILINVALID 0 $seamldr_info b0

# 1.0
load abi=1.0
initialise
returns "TDH.SYS.RD" TDX_SYS_NOT_READY 0 $rd 0 0
returns "TDH.SYS.SHUTDOWN" TDX_SYS_NOT_READY 0 $shutdown 0
returns "TDH.SYS.INFO" TDX_SUCCESS 2 $info b0 1024 b0x400 32
check_equal "  version, sys_rd" "$(dd if=$raw/buffer bs=1 skip=14 count=5 2>/dev/null | xxd -p)" 0000010000
returns "TDH.SYS.LP.SHUTDOWN" TDX_SUCCESS 1 $lp_shutdown
state SYS_SHUTDOWN
returns "TDH.SYS.LP.SHUTDOWN again" TDX_SYS_SHUTDOWN 1 $lp_shutdown
returns "TDH.SYS.INFO on another" TDX_SYS_SHUTDOWN 2 $info b0 1024 b0x400 32
returns "TDH.SYS.LP.SHUTDOWN on another" TDX_SUCCESS 2 $lp_shutdown

# Convertible memory and keys by default, and parameters without sense.
load
initialise
first=$(sed -nE '/System RAM/ { s/^([0-9a-f]+)-.*/\1/p }' /proc/iomem | sort | tail -n 1)
returns "TDH.SYS.RD of CMR_BASE 0" TDX_SUCCESS 2 $rd 0 0x9000000300000080
check_equal "  above 1 MiB" "$(result 2 r8)" 0x100000
check "  RAM begins there: $first" [ -n "$first" ]
rmmod vmxcore_tdx_sim
for wrong in abi=2.0 keyids=0,16 keyids=16,0 cmrs=1000 cmrs=200000-300000,100000-180000 cmrs=100000-100800 packages=8 max_pa=60; do
	check_fails "it does not load with $wrong" modprobe vmxcore_tdx_sim $wrong
done
returns "it has gone" UD 0 $init
check "all goes" rmmod vmxcore_tdx_call
