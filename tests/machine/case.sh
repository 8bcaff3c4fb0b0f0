# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Reads the fields of a case file (README.md) into the array "machine" and the
# list "expected". Needs common.sh, kernels.sh and $top.
# shellcheck disable=SC2034,SC2154

declare -A machine
expected=()

# field_of FILE FIELD: what the case says there.
field_of() {
	sed -n "s/^# $2: *//p" "$1"
}

# settings FILE FIELD: puts the settings of this field into "machine".
settings() {
	local line
	line=$(field_of "$1" "$2" | tr '\n' ' ')
	while [[ $line =~ ^\ *([a-z]+)=(\"([^\"]*)\"|([^ \"]*))\ *(.*)$ ]]; do
		line=${BASH_REMATCH[5]}
		setting "${BASH_REMATCH[1]}" "$1" "${BASH_REMATCH[3]}${BASH_REMATCH[4]}"
	done
	[ -z "$line" ] || die "$1: not a setting of a machine: $line"
}

# setting NAME FILE VALUE
setting() {
	[ -n "${machine[$1]+set}" ] || die "$2: no such setting of a machine: $1"
	machine[$1]=$3
}

# kernels_of FILE FORM: the kernels on which the case runs in this form.
kernels_of() {
	local kernels more=
	kernels=$(field_of "$1" kernels)
	[ "$2" = short ] || more=$(field_of "$1" more-kernels)
	echo "${kernels:-$main_kernel}${more:+ $more}"
}

# is_for FORM FILE: true if a run without case files has this case.
is_for() {
	case $(field_of "$2" form) in
	long) [ "$1" = long ] ;;
	install | kunit | bench | selftests) false ;;
	esac
}

# run_name FILE KERNEL: the name of a run of the case on that kernel.
run_name() {
	local name
	name=$(basename "$1" .sh)
	[ "$2" = "$main_kernel" ] && echo "$name" || echo "$name@$2"
}

# kvm_nests: true if this host's KVM offers VMX to its guests.
kvm_nests() {
	[ -w /dev/kvm ] && grep -qsx '[Y1]' /sys/module/kvm_intel/parameters/nested
}

# emulator_for_all: prints what MACHINE says, or else the fastest emulator.
# "nested" is QEMU with KVM on an emulated Intel host.
emulator_for_all() {
	case ${MACHINE:-} in
	qemu) echo kvm ;;
	nested) echo nested ;;
	bochs) echo bochs ;;
	'') kvm_nests && echo kvm || echo bochs ;;
	*) die "there is no MACHINE=$MACHINE, only qemu, bochs, nested" ;;
	esac
}

# read_case FILE FORM KERNEL: sets "machine" and "expected".
read_case() {
	machine=([cpus]=2 [model]="" [memory]=1024 [disk]=0 [kernel]=$3 [modules]="" [image]=base
		[limit]=180 [boots]=1 [fails]="" [emulator]=any [vmx]=yes [nodes]=1 [spare]=0
		[msrs]="" [kvm]=yes [append]="")
	# kmemleak scans each page.
	! is_debug "$3" || machine[memory]=512
	settings "$1" machine
	[ "$2" != long ] || settings "$1" long
	mapfile -t expected < <(field_of "$1" expect-console)
	case ${machine[emulator]} in
	any) machine[emulator]=$(emulator_for_all) ;;
	qemu) machine[emulator]=$(kvm_nests && echo kvm || echo nested) ;;
	esac
	machine[modules]=${machine[modules]:-${machine[kernel]}}
	# Where vmxcore borrows VMX, our KVM is the module that it comes from.
	[[ ${machine[modules]} != 7.* ]] || machine[kvm]=yes
}

# shape_of_machine: sets "shape" to a name for all that the boot of the machine
# depends on. Machines of one shape can be copies of one that has booted.
shape_of_machine() {
	local name value names
	shape=
	names="kernel modules image cpus memory disk emulator model vmx nodes spare msrs append"
	for name in $names; do
		value=${machine[$name]}
		shape+=${shape:+-}${value//[^a-zA-Z0-9=.]/_}
	done
}

# build_modules KERNEL NEEDED: NEEDED is "kvm" of the machines.
build_modules() {
	local without=
	[[ $2 = *yes* ]] || without=--without-kvm
	"$top/scripts/build" ${without:+"$without"} "$1" >&2
}
