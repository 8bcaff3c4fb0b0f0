# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a case file says about the machine it wants: the array "machine" and the list "expected". Needs common.sh.
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

# has_long_form FILE
has_long_form() {
	grep -q '^# long:' "$1"
}

# setting NAME FILE VALUE
setting() {
	[ -n "${machine[$1]+set}" ] || die "$2: no such setting of a machine: $1"
	machine[$1]=$3
}

# read_case FILE FORM: FORM is "short" or "long".
read_case() {
	machine=([cpus]=2 [model]="" [memory]=1024 [disk]=0 [kernel]=6.12 [modules]="" [image]=base [limit]=180 [boots]=1 [fails]=no
		[emulator]=any [append]="")
	settings "$1" machine
	[ "$2" != long ] || settings "$1" long
	mapfile -t expected < <(sed -n 's/^# expect-console: *//p' "$1")
	[ "${machine[emulator]}" != any ] || machine[emulator]=bochs
	machine[modules]=${machine[modules]:-${machine[kernel]}}
}
