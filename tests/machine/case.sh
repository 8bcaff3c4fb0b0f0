# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a case file says about the machine it wants: the array "machine" and the list "expected". Needs common.sh and kernels.sh.
# shellcheck disable=SC2034

declare -A machine
expected=()

# settings FILE KIND: the settings in comments of that kind.
settings() {
	local line
	line=$(sed -n "s/^# $2: *//p" "$1" | tr '\n' ' ')
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

# kernels_of FILE FORM: the kernels on which the case is part of "make check" (short), or of the long form, which has all.
kernels_of() {
	local kernels more=
	kernels=$(sed -n 's/^# kernels: *//p' "$1")
	[ "$2" = short ] || more=$(sed -n 's/^# more-kernels: *//p' "$1")
	echo "${kernels:-$main_kernel}${more:+ $more}"
}

# is_for FORM FILE: "# form: long" keeps a case out of "make check". "install", "kunit", "bench" and "selftests" keep it out of the long form
# too: these are run by the folders of tests that are called so.
is_for() {
	case $(sed -n 's/^# form: *//p' "$2") in
	long) [ "$1" = long ] ;;
	install | kunit | bench | selftests) false ;;
	esac
}

# run_name FILE KERNEL: what the run of a case on a kernel is called.
run_name() {
	local name
	name=$(basename "$1" .sh)
	[ "$2" = "$main_kernel" ] && echo "$name" || echo "$name@$2"
}

# kvm_nests: this host's KVM offers VMX to its guests, and to us.
kvm_nests() {
	[ -w /dev/kvm ] && grep -qsx '[Y1]' /sys/module/kvm_intel/parameters/nested
}

# emulator_for_all: MACHINE says it: "qemu", "nested", which is that on an emulated Intel host, or "bochs". Where it does not, the fastest.
emulator_for_all() {
	case ${MACHINE:-} in
	qemu) echo kvm ;;
	nested) echo nested ;;
	bochs) echo bochs ;;
	'') kvm_nests && echo kvm || echo bochs ;;
	*) die "there is no MACHINE=$MACHINE: qemu, bochs, nested" ;;
	esac
}

# read_case FILE FORM KERNEL: sets "machine" and "expected". FORM is "short" or "long".
read_case() {
	machine=([cpus]=2 [model]="" [memory]=1024 [disk]=0 [kernel]=$3 [modules]="" [image]=base
		[limit]=180 [boots]=1 [fails]="" [emulator]=any [vmx]=yes [nodes]=1 [spare]=0
		[msrs]="" [append]="")
	# kmemleak looks at each page.
	! is_debug "$3" || machine[memory]=512
	settings "$1" machine
	[ "$2" != long ] || settings "$1" long
	mapfile -t expected < <(sed -n 's/^# expect-console: *//p' "$1")
	case ${machine[emulator]} in
	any) machine[emulator]=$(emulator_for_all) ;;
	qemu) machine[emulator]=$(kvm_nests && echo kvm || echo nested) ;;
	esac
	machine[modules]=${machine[modules]:-${machine[kernel]}}
}

# shape_of_machine: what the boot of the machine that was read depends on, as a name, in "shape".
# Machines of one shape can be copies of one that has booted.
shape_of_machine() {
	local name value
	shape=
	for name in kernel modules image cpus memory disk emulator model vmx nodes spare msrs append; do
		value=${machine[$name]}
		shape+=${shape:+-}${value//[^a-zA-Z0-9=.]/_}
	done
}
