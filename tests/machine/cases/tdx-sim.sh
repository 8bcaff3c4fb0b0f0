# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3 limit=400
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug
# The simulated TDX module does what the ABI says, and fails on command. The
# tests of vmxcore_tdx rely on it.

sim=/sys/kernel/debug/vmxcore_tdx_sim
raw=/sys/kernel/debug/vmxcore_tdx_call

key_config=31 info=32 init=33 rd=34 lp_init=35 tdmr_init=36 rdall=37 lp_shutdown=44 config=45 \
	shutdown=52 update=53
seamldr_info=0x8000000000000000

simulate() {
	echo "$*" >$sim/command
}

client() {
	echo "$*" >$raw/command
}

# result CPU NAME: a register, or cf, after the last call on that CPU.
result() {
	sed -n "s/^cpu $1 .* $2 \\([^ ]*\\).*/\\1/p" $raw/result
}

# became CPU: what the caller on that CPU got; a status by the simulation's name
# for it.
became() {
	case $(cut -d' ' -f2-6 $raw/result | grep "^$1 ") in
	"$1 exception 6 "*) echo UD ;;
	"$1 exception 13 "*) echo GP ;;
	"$1 exception -1 cf 1") echo VMFAILINVALID ;;
	"$1 exception -1 cf 0")
		grep "cpu $1 .* out $(result "$1" rax | cut -c 3-) " $sim/calls |
			tail -n 1 | cut -d' ' -f5
		;;
	*) echo nothing ;;
	esac
}

# check_returns DESCRIPTION WANTED CPU RAX [RCX [RDX [R8...]]]
check_returns() {
	local description=$1 wanted=$2 cpu=$3
	shift 3
	client call "$cpu" "$@" || not_ok "$description: the call"
	check_equal "$description: $wanted" "$(became "$cpu")" "$wanted"
}

# check_sim_state WANTED: compares the module's state.
check_sim_state() {
	check_equal "  state $1" "$(sed -n 's/^state //p' $sim/state)" "$1"
}

# load [PARAMETER...]: loads the simulation anew.
load() {
	[ ! -d $sim ] || rmmod vmxcore_tdx_sim
	check "the simulation loads${*:+ with $*}" modprobe vmxcore_tdx_sim "$@"
}

all_lps() {
	local cpu
	for cpu in 0 1 2; do
		check_returns "  TDH.SYS.LP.INIT on CPU $cpu" TDX_SUCCESS $cpu $lp_init
	done
}

initialise() {
	check_returns "TDH.SYS.INIT" TDX_SUCCESS 0 $init
	all_lps
}

about "no simulation"
check "the client of vmxcore loads" modprobe vmxcore_tdx_call
load_provider
check "VMX is turned on" client get
check_returns "TDH.SYS.INIT" UD 0 $init
check "VMX is turned off" client put
about ""
# Two of the three CMRs are adjacent and count as one.
load cmrs=100000-20000000,20000000-40000000,100000000-180000000 packages=0,1,1

about "SEAMCALL"
check_returns "TDH.SYS.INIT with VMX off" UD 1 $init
check_sim_state SYSINIT_PENDING
check "VMX is turned on" client get
check_returns "a leaf of the P-SEAMLDR" TDX_SUCCESS 1 $seamldr_info b0
check_returns "an unknown version" TDX_OPERAND_INVALID 1 0x10021
check_returns "a reserved bit" TDX_OPERAND_INVALID 1 0x1000021
check_returns "an unknown leaf before SYS_READY" TDX_SYS_NOT_READY 1 99
check_returns "a leaf of TDs" TDX_SYS_NOT_READY 1 0
about "SEAMCALL, no module"
check "the module is removed" simulate module absent
check_returns "a leaf of the module" VMFAILINVALID 1 $init 0x77
check_equal "  RAX and RCX are not changed" "$(result 1 rax) $(result 1 rcx)" "0x21 0x77"
check_returns "a leaf of the P-SEAMLDR" TDX_SUCCESS 1 $seamldr_info b0
about "SEAMCALL, no P-SEAMLDR"
check "the P-SEAMLDR is removed, too" simulate seamldr absent
check_returns "a leaf of the P-SEAMLDR" VMFAILINVALID 1 $seamldr_info b0
about "SEAMLDR.INFO"
check "both are there again" simulate reset
check_returns "an unknown leaf of the P-SEAMLDR" SEAMLDR_EBADPARAM 1 0x8000000000000009
check_returns "an address that is not aligned" SEAMLDR_EBADPARAM 1 $seamldr_info b0x80
check_returns "an address that is aligned" TDX_SUCCESS 1 $seamldr_info b0
check_equal "  vendor, version" \
	"$(dd if=$raw/buffer bs=1 skip=8 count=16 2>/dev/null | xxd -p)" \
	"8680000055d93401e802050001000600"
check_equal "  the P-SEAMLDR is ready" \
	"$(dd if=$raw/buffer bs=1 skip=160 count=3 2>/dev/null | xxd -p)" "010001"

# MSRs of the platform, which the CPU lacks.
about "RDMSR"
check "IA32_MKTME_KEYID_PARTITIONING is read" client rdmsr 2 0x87
check_equal "  15 shared, 16 private" "$(cat $raw/result)" "msr 0x100000000f"
check "another MSR is read" client rdmsr 2 0x10
check_fails "  it has its own value" grep -q '^msr 0x100000000f$' $raw/result

about "states"
check_returns "TDH.SYS.LP.INIT too early" TDX_SYS_LP_INIT_NOT_PENDING 0 $lp_init
check_returns "TDH.SYS.CONFIG too early" TDX_SYS_CONFIG_NOT_PENDING 0 $config
check_returns "TDH.SYS.KEY.CONFIG too early" TDX_SYS_KEY_CONFIG_NOT_PENDING 0 $key_config
check_returns "TDH.SYS.TDMR.INIT too early" TDX_SYS_NOT_READY 0 $tdmr_init
check_returns "TDH.SYS.SHUTDOWN too early" TDX_SYS_NOT_READY 0 $shutdown
check_returns "TDH.SYS.UPDATE too early" TDX_SYS_STATE_INCORRECT 0 $update
check_returns "TDH.SYS.LP.SHUTDOWN, without effect" TDX_SUCCESS 0 $lp_shutdown
check_returns "TDH.SYS.RD on an LP that is not initialised" TDX_SYS_LP_INIT_NOT_DONE 0 $rd 0 1
check_equal "  RDX, R8" "$(result 0 rdx) $(result 0 r8)" "0xffffffffffffffff 0x0"
check_returns "TDH.SYS.INIT with attributes" TDX_OPERAND_INVALID+0x1 0 $init 1 2 3 4 5
check_equal "  its registers are 0" \
	"$(for register in rcx rdx r8 r9 r10; do result 0 $register; done | xargs)" \
	"0x0 0x0 0x0 0x0 0x0"
check_sim_state SYSINIT_PENDING
check_returns "TDH.SYS.INIT" TDX_SUCCESS 0 $init
check_sim_state SYSINIT_DONE
check_returns "TDH.SYS.INIT again" TDX_SYS_INIT_NOT_PENDING 1 $init
check_returns "TDH.SYS.LP.INIT on CPU 1" TDX_SUCCESS 1 $lp_init
check_returns "TDH.SYS.LP.INIT on CPU 1 again" TDX_SYS_LP_INIT_DONE 1 $lp_init
check_returns "TDH.SYS.LP.INIT on CPU 0" TDX_SUCCESS 0 $lp_init
check_returns "TDH.SYS.CONFIG with an LP missing" TDX_SYS_CONFIG_NOT_PENDING 0 $config
check_equal "  it is CPU 2" \
	"$(grep -c 'lp_init 1' $sim/cpus)\
 $(sed -n 's/^cpu \(.\) .*lp_init 0.*/\1/p' $sim/cpus)" "2 2"
check_returns "TDH.SYS.RD on CPU 2" TDX_SYS_LP_INIT_NOT_DONE 2 $rd 0 0x0800000100000004
check_returns "TDH.SYS.LP.INIT on CPU 2" TDX_SUCCESS 2 $lp_init
check_returns "TDH.SYS.UPDATE without handoff data" TDX_SYS_INVALID_HANDOFF 2 $update

# An LP stays initialised when VMX goes off and when the CPU goes offline.
about "an LP stays initialised"
check "VMX is turned off" client put
check "CPU 2 goes offline" online 2 0
check "CPU 2 comes online" online 2 1
check "VMX is turned on" client get
check_returns "TDH.SYS.LP.INIT on CPU 2 again" TDX_SYS_LP_INIT_DONE 2 $lp_init

about "metadata"
# check_field NAME ID "VALUE NEXT-ID"
check_field() {
	check_returns "TDH.SYS.RD of $1" TDX_SUCCESS 2 $rd 0 "$2"
	check_equal "  value and next field" "$(result 2 r8) $(result 2 rdx)" "$3"
}
check_field MAJOR_VERSION 0x0800000100000004 "0x1 0x800000100000005"
check_field MINOR_VERSION 0x0800000100000003 "0x5 0x800000100000004"
check_field MAX_TDMRS 0x9100000100000008 "0x40 0x9100000100000009"
check_field PAMT_4K_ENTRY_SIZE 0x9100000100000010 "0x10 0x9100000100000011"
check_field TDX_FEATURES0 0x0a00000300000008 "0xf0fbf 0x9000000100000000"
check_field "CMR_BASE 2" 0x9000000300000082 "0x100000000 0x9000000300000083"
check_field "CMR_SIZE 2" 0x9000000300000102 "0x80000000 0x9000000300000103"
check_field NUM_PKGS 0x0000000200000000 "0x2 0x200000001"
check_field "CPUID_CONFIG_VALUES 0, ECX and EDX" 0x9900000300000501 "0x0 0x9900000300000502"
check_field "the last one" 0xa200000300000006 "0x0 0xffffffffffffffff"
check_returns "TDH.SYS.RD of the first one" TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT 2 \
	$rd 0 0xffffffffffffffff
check_equal "  its id" "$(result 2 rdx) $(result 2 r8)" "0x200000000 0x0"
check_returns "TDH.SYS.RD of an unknown one" TDX_METADATA_FIELD_ID_INCORRECT 2 \
	$rd 0 0x0800000100000007
check_equal "  RDX, R8" "$(result 2 rdx) $(result 2 r8)" "0xffffffffffffffff 0x0"
check_returns "TDH.SYS.RD of a sequence" TDX_METADATA_FIELD_ID_INCORRECT 2 $rd 0 0x0800004100000003
check_returns "TDH.SYS.RDALL, not aligned" TDX_OPERAND_INVALID+0x2 2 \
	$rdall 0 b0x800 0xffffffffffffffff
check_returns "TDH.SYS.RDALL, a private address" TDX_OPERAND_INVALID+0x2 2 \
	$rdall 0 0x8000000000000 0xffffffffffffffff
check_returns "TDH.SYS.RDALL, of a wrong size" TDX_METADATA_FIELD_ID_INCORRECT 2 \
	$rdall 0 b0 0x0800000200000004
check_returns "TDH.SYS.RDALL" TDX_SUCCESS 2 $rdall 0 b0x1000 0xffffffffffffffff
check_equal "  it has read all" "$(result 2 r8)" 0xffffffffffffffff
# 36 sequences with 354 elements. The first has 9 fields of 4 bytes, and begins
# with NUM_PKGS, which is 2 here.
check_equal "  its header and the first sequence" \
	"$(dd if=$raw/buffer bs=8 skip=512 count=3 2>/dev/null | xxd -p)" \
	"$(printf '%s' 380c240000000000 0000000002020000 0200000000000000)"
check_returns "TDH.SYS.INFO" TDX_SUCCESS 2 $info b0 1024 b0x400 32
check_equal "  the sizes" "$(result 2 rdx) $(result 2 r9)" "0x400 0x20"
check_equal "  sys_rd and the limits" \
	"$(dd if=$raw/buffer bs=1 skip=18 count=20 2>/dev/null | xxd -p)" \
	"0100000000000000000000000000400010001000"
check_equal "  the third CMR" \
	"$(dd if=$raw/buffer bs=8 skip=132 count=2 2>/dev/null | xxd -p)" \
	00000000010000000000008000000000
check_returns "TDH.SYS.INFO, not aligned" TDX_OPERAND_INVALID+0x1 2 $info b0x200 1024 b0x400 32
check_returns "TDH.SYS.INFO, too small" TDX_OPERAND_INVALID+0x2 2 $info b0 1023 b0x400 32
check_returns "TDH.SYS.INFO, CMRs not aligned" TDX_OPERAND_INVALID+0x8 2 $info b0 1024 b0x500 32
check_returns "TDH.SYS.INFO, room for 31 CMRs" TDX_OPERAND_INVALID+0x9 2 $info b0 1024 b0x400 31

# Memory: TDMR 0 is all memory of the machine, and its PAMT is in two areas of
# the client. TDMR 1 and its PAMT are at addresses without memory.
about "TDH.SYS.CONFIG"
at() {
	sed -n "s/^$1 \\([^ ]*\\) .*/\\1/p" $raw/memory
}
pamt=$(at pamt) small=$(at small)
low=$small low_size=0x4000 high=$pamt high_size=0x400000
[ $((small)) -lt $((pamt)) ] || low=$pamt low_size=0x400000 high=$small high_size=0x4000
gib=0x40000000

# tdmr 0|1 WORD...: writes a TDMR_INFO.
tdmr() {
	local at=$((0x200 + $1 * 0x200))
	shift
	client poke $at "$@"
}

# right: writes a valid TDMR 0 with its reserved areas, and a valid TDMR 1.
right() {
	client poke 0 b0x200 b0x400
	tdmr 0 0 $gib s0x2000 0x1000 s0 0x2000 p0 $high_or_pamt 0 0x100000 \
		"$low" $low_size "$high" $high_size 0 0 0 0 0 0
	tdmr 1 0x100000000 $gib 0x140000000 0x1000 0x140001000 0x2000 0x140003000 0x400000 \
		0 0 0 0 0 0 0 0
}
high_or_pamt=0x400000

# check_refuses DESCRIPTION STATUS NUMBER OFFSET VALUE...: TDH.SYS.CONFIG of the
# first TDMRs fails if these words are changed.
check_refuses() {
	local description=$1 status=$2 number=$3
	shift 3
	right
	client poke "$@"
	check_returns "$description" "$status" 0 $config b0 "$number" 16
	still_unconfigured
}

# still_unconfigured: resets the module if it has accepted what it had to
# refuse, so that the next verdicts are right.
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
check_returns "array not aligned" TDX_OPERAND_INVALID+0x1 0 $config b8 1 16
check_returns "array at a private address" TDX_OPERAND_INVALID+0x1 0 $config 0x8000000000000 1 16
check_returns "array beyond all addresses" TDX_OPERAND_INVALID+0x1 0 $config 0x10000000000000 1 16
check_returns "no TDMR" TDX_OPERAND_INVALID+0x2 0 $config b0 0 16
check_returns "65 TDMRs" TDX_OPERAND_INVALID+0x2 0 $config b0 65 16
check_returns "a shared HKID" TDX_OPERAND_INVALID+0x8 0 $config b0 1 15
still_unconfigured
check_returns "an unknown HKID" TDX_OPERAND_INVALID+0x8 0 $config b0 1 32
still_unconfigured
check_returns "bits above the HKID" TDX_OPERAND_INVALID+0x8 0 $config b0 1 0x10010
still_unconfigured
check_refuses "TDMR_INFO not aligned" TDX_OPERAND_INVALID+0x1 1 0 b0x208
check_refuses "a TDMR not aligned" TDX_INVALID_TDMR 1 0x200 0x1000
check_refuses "a TDMR of no size" TDX_INVALID_TDMR 1 0x208 0
check_refuses "a TDMR of a GiB and a half" TDX_INVALID_TDMR 1 0x208 0x60000000
check_refuses "a TDMR with an HKID" TDX_INVALID_TDMR+0x1 2 0x400 0x800100000000
check_refuses "a TDMR whose end has an HKID" TDX_INVALID_TDMR+0x1 2 0x408 0x800000000000
check_refuses "a TDMR that wraps around" TDX_INVALID_TDMR+0x1 2 0x408 0xffffffffffffffff
check_refuses "TDMRs in the wrong order" TDX_NON_ORDERED_TDMR+0x1 2 0x200 \
	0x200000000 $gib s0x2000 0x1000 s0 0x2000 p0 0x400000 0 $gib 0 0 0 0
check_refuses "TDMRs that overlap" TDX_NON_ORDERED_TDMR+0x1 2 0x400 0
check_refuses "reserved areas in the wrong order" TDX_NON_ORDERED_RESERVED_IN_TDMR+0x100 1 \
	0x240 "$high"
check_refuses "reserved areas that overlap" TDX_NON_ORDERED_RESERVED_IN_TDMR+0x100 1 0x248 "$high"
check_refuses "a reserved area after an empty one" TDX_NON_ORDERED_RESERVED_IN_TDMR+0x100 1 0x258 0
check_refuses "a reserved area not aligned" TDX_INVALID_RESERVED_IN_TDMR 1 0x248 0x100001
check_refuses "a reserved area beyond its TDMR" TDX_INVALID_RESERVED_IN_TDMR+0x200 1 0x268 $gib
check_refuses "a reserved area that wraps around" TDX_INVALID_RESERVED_IN_TDMR+0x200 1 \
	0x268 0xfffffffffffff000
check_refuses "a PAMT of 1 GiB pages not aligned" TDX_INVALID_PAMT+0x200 1 0x210 s0x2800
check_refuses "a PAMT of 2 MiB pages too small" TDX_INVALID_PAMT+0x100 1 0x228 0x1000
check_refuses "a PAMT of 4 KiB pages too small" TDX_INVALID_PAMT 1 0x238 0x3ff000
check_refuses "a PAMT of 4 KiB pages with an HKID" TDX_INVALID_PAMT+0x1 2 0x430 0x800140003000
check_refuses "PAMTs that overlap, of one TDMR" TDX_PAMT_OVERLAP+0x100 1 0x220 s0x1000
check_refuses "PAMTs that overlap, of two TDMRs" TDX_PAMT_OVERLAP+0x201 2 0x410 s0x2000
check_refuses "a PAMT in a TDMR of its own, not reserved" TDX_PAMT_OVERLAP+0x200 1 0x210 0x1000000
check_refuses "a PAMT in another TDMR, not reserved" TDX_PAMT_OVERLAP+0x101 2 0x420 0x1000000
check_refuses "a PAMT in a TDMR above, not reserved" TDX_PAMT_OVERLAP+0x10200 2 0x210 0x120000000
check_refuses "a PAMT outside of CMRs" TDX_PAMT_OUTSIDE_CMRS+0x200 1 0x210 0x200000000
check_refuses "memory outside of CMRs" TDX_TDMR_OUTSIDE_CMRS 1 0x240 0x1000
check_refuses "memory above the CMRs" TDX_TDMR_OUTSIDE_CMRS+0x1 2 0x408 \
	0xc0000000 0x140000000 0x1000 0x140001000 0x6000 0x140007000 0xc00000 0x40000000 0xd00000
check_sim_state SYSINIT_DONE
right
check_returns "two valid TDMRs" TDX_SUCCESS 0 $config b0 2 16
check_sim_state SYSCONFIG_DONE
about "after TDH.SYS.CONFIG"
check_returns "TDH.SYS.CONFIG again" TDX_SYS_CONFIG_NOT_PENDING 0 $config b0 2 16
check_returns "TDH.SYS.LP.INIT too late" TDX_SYS_LP_INIT_NOT_PENDING 0 $lp_init
check_returns "TDH.SYS.TDMR.INIT too early" TDX_SYS_NOT_READY 0 $tdmr_init 0

# One key per package: CPU 0 is in one package, the others are in the other.
about "TDH.SYS.KEY.CONFIG"
check_returns "TDH.SYS.KEY.CONFIG on CPU 1" TDX_SUCCESS 1 $key_config
check_sim_state SYSCONFIG_DONE
check_returns "TDH.SYS.KEY.CONFIG on CPU 2" TDX_KEY_CONFIGURED 2 $key_config
check_returns "TDH.SYS.KEY.CONFIG on CPU 0" TDX_SUCCESS 0 $key_config
check_sim_state SYS_READY
check_returns "TDH.SYS.KEY.CONFIG again" TDX_SYS_KEY_CONFIG_NOT_PENDING 0 $key_config
check_returns "an unknown leaf in SYS_READY" TDX_OPERAND_INVALID 0 99

# Each call initialises 4 MiB.
about "TDH.SYS.TDMR.INIT"
check_fails "no PAMT is initialised" simulate pamt intact
check_returns "TDH.SYS.TDMR.INIT of no TDMR" TDX_OPERAND_INVALID+0x1 0 $tdmr_init $gib
calls=0
while [ $calls -lt 255 ]; do
	client call $((calls % 3)) $tdmr_init 0 || break
	[ "$(result $((calls % 3)) rdx)" = 0x0 ] || break
	calls=$((calls + 1))
done
check_equal "255 calls are not enough for one GiB" $calls 255
check_returns "TDH.SYS.TDMR.INIT, the last" TDX_SUCCESS 0 $tdmr_init 0
check_equal "  RDX is one GiB" "$(result 0 rdx)" $gib
check_returns "TDH.SYS.TDMR.INIT, one more" TDX_TDMR_ALREADY_INITIALIZED 0 $tdmr_init 0
check_equal "  RDX" "$(result 0 rdx)" 0x0
check_returns "TDH.SYS.TDMR.INIT of the other" TDX_SUCCESS 0 $tdmr_init 0x100000000
check "the PAMTs are intact" simulate pamt intact
check "the host writes to a PAMT" client damage 0x3fffff
check_fails "  they are not intact" simulate pamt intact
check "  one byte is damaged" \
	grep -q '^tdmr 0x0 size 0x40000000 initialised 0x40000000 damaged 1 ' $sim/pamt
check "the host writes the old value back" client damage 0x3fffff
check "  they are intact" simulate pamt intact

about "TDH.SYS.SHUTDOWN"
check_returns "TDH.SYS.SHUTDOWN, unknown handoff data" TDX_OPERAND_INVALID+0x1 0 $shutdown 1
check "TDH.SYS.RD takes its time" simulate delay TDH.SYS.RD 1000000
check "  it runs on CPU 1, TDH.SYS.SHUTDOWN on CPU 0" \
	client call 1 $rd 0 0x0800000100000004 meanwhile 0 $shutdown 0
check_equal "  TDH.SYS.RD succeeds" "$(became 1)" TDX_SUCCESS
check_equal "  TDH.SYS.SHUTDOWN is busy" "$(became 0)" TDX_SYS_BUSY
check_sim_state SYS_READY
check "  TDH.SYS.RD is quick again" simulate clear
check_returns "TDH.SYS.SHUTDOWN" TDX_SUCCESS 0 $shutdown 0
check_sim_state SYS_SHUTDOWN
about "after TDH.SYS.SHUTDOWN"
check_returns "TDH.SYS.RD" TDX_SYS_SHUTDOWN 0 $rd 0 0
check_returns "TDH.SYS.LP.SHUTDOWN" TDX_SUCCESS 0 $lp_shutdown
check_returns "TDH.SYS.INIT" TDX_SYS_SHUTDOWN 0 $init

about "injected errors"
check "the module is reset" simulate reset
check_sim_state SYSINIT_PENDING
check "calls and counts are forgotten" simulate forget
check_equal "  the files are empty" "$(cat $sim/calls $sim/counts)" ""
check "entropy is missing, twice" simulate inject TDH.SYS.INIT TDX_RND_NO_ENTROPY times 2
check_returns "  first" TDX_RND_NO_ENTROPY 0 $init
check_returns "  second" TDX_RND_NO_ENTROPY 1 $init
check_sim_state SYSINIT_PENDING
check_returns "  third" TDX_SUCCESS 0 $init
check_equal "  the calls are counted" \
	"$(tr '\n' ' ' <$sim/counts)" \
	"TDH.SYS.INIT TDX_RND_NO_ENTROPY 2 TDH.SYS.INIT TDX_SUCCESS 1 "
check "an error after the work is done" simulate inject 35 TDX_INCONSISTENT_MSR+0x982 late cpu 1
check_returns "  not on CPU 0" TDX_SUCCESS 0 $lp_init
check_returns "  on CPU 1" TDX_INCONSISTENT_MSR+0x982 1 $lp_init
check "  it is done" grep -q '^cpu 1 .* lp_init 1' $sim/cpus
check "the errors are cleared" simulate clear
check "#GP on the third call of any leaf" simulate inject any GP after 2 times 1
check_returns "  first" TDX_SYS_INIT_NOT_PENDING 2 $init
check_returns "  second" TDX_SYS_LP_INIT_NOT_DONE 2 $rd
check_returns "  third" GP 2 $rd
check "  the log has it" grep -q ' cpu 2 TDH.SYS.RD GP ' $sim/calls
check_returns "  fourth" TDX_SYS_LP_INIT_NOT_DONE 2 $rd
check "#UD" simulate inject TDH.SYS.RD UD times 1
check_returns "  first" UD 2 $rd
check "VMfailInvalid" simulate inject seamldr.info vmfailinvalid times 1
check_returns "  first" VMFAILINVALID 2 $seamldr_info b0
check "a status by its number" simulate inject 34 0xc000123400000056 times 1
check_returns "  first" 0xc000123400000056 2 $rd 1 2
check_equal "  RDX is that of a real failure" "$(result 2 rdx)" 0xffffffffffffffff
check_fails "an unknown leaf" simulate inject TDH.SYS.NOTHING TDX_SUCCESS
check_fails "an unknown status" simulate inject TDH.SYS.RD TDX_NOTHING
check_fails "an unknown option" simulate inject TDH.SYS.RD TDX_SUCCESS often
check_fails "an unknown command" simulate jump

about "on all CPUs at once"
statuses() {
	local cpu
	for cpu in 0 1 2; do
		became $cpu
	done | sort | uniq -c | tr -s ' \n' ' '
}
check "the module is reset" simulate reset
check "  no error is injected" simulate clear
check "TDH.SYS.INIT takes its time" simulate delay TDH.SYS.INIT 50000
check "  on all CPUs" client call all $init
check_equal "  one succeeds, and the others are busy" "$(statuses)" " 1 TDX_SUCCESS 2 TDX_SYS_BUSY "
check "TDH.SYS.LP.INIT takes its time" simulate delay TDH.SYS.LP.INIT 50000
check "  on all CPUs" client call all $lp_init
check_equal "  all succeed" "$(statuses)" " 3 TDX_SUCCESS "
check "SEAMLDR.INFO takes its time" simulate delay SEAMLDR.INFO 50000
check "  on all CPUs" client call all $seamldr_info b0
check_equal "  one succeeds, and the others get VMfailInvalid" \
	"$(statuses)" " 1 TDX_SUCCESS 2 VMFAILINVALID "

check "the leaves are quick again" simulate clear
about "after S3"
check "the machine sleeps" sleep_for 2
check_sim_state ABSENT
check_returns "a leaf of the module" VMFAILINVALID 0 $rd
check_returns "a leaf of the P-SEAMLDR" VMFAILINVALID 0 $seamldr_info b0

about "ABI 1.0"
load abi=1.0
initialise
check_returns "TDH.SYS.RD" TDX_SYS_NOT_READY 0 $rd 0 0
check_returns "TDH.SYS.SHUTDOWN" TDX_SYS_NOT_READY 0 $shutdown 0
check_returns "TDH.SYS.INFO" TDX_SUCCESS 2 $info b0 1024 b0x400 32
check_equal "  version and sys_rd" \
	"$(dd if=$raw/buffer bs=1 skip=14 count=5 2>/dev/null | xxd -p)" 0000010000
check_returns "TDH.SYS.LP.SHUTDOWN" TDX_SUCCESS 1 $lp_shutdown
check_sim_state SYS_SHUTDOWN
check_returns "TDH.SYS.LP.SHUTDOWN again" TDX_SYS_SHUTDOWN 1 $lp_shutdown
check_returns "TDH.SYS.INFO on another" TDX_SYS_SHUTDOWN 2 $info b0 1024 b0x400 32
check_returns "TDH.SYS.LP.SHUTDOWN on another" TDX_SUCCESS 2 $lp_shutdown

# Convertible memory and keys by default, and wrong parameters.
about "parameters"
load
initialise
first=$(sed -nE '/System RAM/ { s/^([0-9a-f]+)-.*/\1/p }' /proc/iomem | sort | tail -n 1)
check_returns "TDH.SYS.RD of CMR_BASE 0" TDX_SUCCESS 2 $rd 0 0x9000000300000080
check_equal "  it is 1 MiB" "$(result 2 r8)" 0x100000
log "RAM begins at $first"
check "  /proc/iomem has RAM" [ -n "$first" ]
rmmod vmxcore_tdx_sim
for wrong in abi=2.0 keyids=0,16 keyids=16,0 cmrs=1000 cmrs=200000-300000,100000-180000 \
	cmrs=100000-100800 packages=8 max_pa=60; do
	check_fails "it does not load with $wrong" modprobe vmxcore_tdx_sim $wrong
done
check_returns "TDH.SYS.INIT without the simulation" UD 0 $init
check "the client is unloaded" rmmod vmxcore_tdx_call
