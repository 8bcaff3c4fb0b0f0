# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# All scripts use these functions: messages, locks, and cache entries that are
# complete or absent.

# shellcheck disable=SC2034 # for those that source this
vmxcore_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmxcore

# Messages go to stderr, because other scripts read results from stdout.
note() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	note "$@"
	exit 1
}

# timed TEXT COMMAND...: says what is being done, and afterwards how long it
# took. There must be no "||" after "$@", here and below, as bash would then
# ignore failures inside of the command.
timed() {
	local text=$1 start=$SECONDS
	shift
	note "$text ..."
	"$@"
	note "$text: $((SECONDS - start)) s"
}

# cost: prints the seconds of CPU time of this shell and the processes that it
# has waited for, and the seconds since it began. It must not be called in a
# subshell, which has times of its own.
cost() {
	local file
	file=$(mktemp)
	times >"$file"
	awk -v wall="$SECONDS" '{ gsub(/[ms]/, " "); cpu += ($1 + $3) * 60 + $2 + $4 }
		END { printf "%.0f %d\n", cpu, wall }' "$file"
	rm "$file"
}

# unpack_module FROM TO: copies a module of a kernel package, which may be
# compressed.
unpack_module() {
	case $1 in
	*.xz) xz --decompress --stdout "$1" >"$2" ;;
	*) cp "$1" "$2" ;;
	esac
}

# stock_module ROOT RELEASE NAME TO: copies a module of a kernel package that is
# unpacked in ROOT.
stock_module() {
	unpack_module "$(find "$1/lib/modules/$2/kernel" -name "$3.ko*")" "$4"
}

# take_lock FILE: two runs at the same time share the cache and the build
# folder. The lock is held until this shell, or subshell, ends.
take_lock() {
	local fd
	mkdir -p "$(dirname "$1")"
	exec {fd}>"$1"
	flock --wait 3 "$fd" && return
	note "waiting for another run that holds $1"
	flock "$fd"
}

# stamped DIR TEXT: DIR is a finished cache entry that was made for exactly
# TEXT.
stamped() {
	[ -f "$1/stamp" ] && [ "$(cat "$1/stamp")" = "$2" ]
}

# cache_entry DIR TEXT COMMAND...: makes DIR with COMMAND unless it is there for
# TEXT already. COMMAND gets the name of an empty folder to fill. Only a folder
# that is filled and stamped gets the name DIR, so an interrupted run leaves no
# incomplete entry.
cache_entry() {
	local dir=$1 text=$2 temp status
	shift 2
	stamped "$dir" "$text" && return
	mkdir -p "$(dirname "$dir")"
	temp=$(mktemp -d "$(dirname "$dir")/.making.XXXXXX")
	# shellcheck disable=SC2064 # the name of this very folder
	trap "rm -rf '$temp'" EXIT
	# In a command substitution a failure ends nothing by itself.
	(set -e; "$@" "$temp")
	status=$?
	[ "$status" = 0 ] || exit "$status"
	chmod 755 "$temp"
	printf '%s\n' "$text" >"$temp/stamp"
	rm -rf "$dir"
	mv "$temp" "$dir"
	trap - EXIT
}
