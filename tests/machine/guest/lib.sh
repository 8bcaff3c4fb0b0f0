# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Functions for all cases. Verdicts are TAP lines on descriptor 3. They have no
# numbers, because a case may take several boots, so the host counts them. Each
# boot is a stage and prints at its end how many verdicts it gave.

tests=/run/tests
[ -e $tests ] || : >$tests

log() {
	echo "# $*"
}

# verdict LINE: prints a verdict. The file counts the verdicts of subshells,
# too.
verdict() {
	echo "$1" >&3
	echo "$1" >>"$tests"
	log "verdict: $1"
}

ok() {
	verdict "ok - $1"
}

# not_ok DESCRIPTION [REASON]
not_ok() {
	verdict "not ok - $1${2:+ # $2}"
	return 1
}

# skip DESCRIPTION REASON
skip() {
	verdict "ok - $1 # SKIP $2"
}

# about TEXT: puts TEXT before the names of the verdicts that follow (README.md,
# "Names of verdicts").
about() {
	echo "# about:${1:+ $1}" >&3
}

# check DESCRIPTION COMMAND...: passes when the command succeeds. Its output
# goes to the console's log.
check() {
	local description=$1 status=0
	shift
	log "$*"
	"$@" || status=$?
	if [ "$status" = 0 ]; then
		ok "$description"
	else
		not_ok "$description" "\"$*\" ended with status $status"
	fi
}

# check_fails DESCRIPTION COMMAND...: passes when the command fails.
check_fails() {
	local description=$1
	shift
	log "$* (must fail)"
	if "$@"; then
		not_ok "$description" "\"$*\" did not fail"
	else
		ok "$description"
	fi
}

# check_equal DESCRIPTION GOT WANTED
check_equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got \"$2\", wanted \"$3\""
	fi
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds, and
# fails after that time.
wait_until() {
	local end
	end=$(($(seconds) + $1))
	shift
	until "$@"; do
		[ "$(seconds)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# line: the kernel's line, such as 6.12.
line() {
	uname -r | sed -E 's/^([0-9]+\.[0-9]+)\..*/\1/'
}

# seconds: since boot, of the machine's own time, which has nothing to do with
# the host's.
seconds() {
	cut -d. -f1 /proc/uptime
}

# expect REGEX: from here on the kernel may print a warning that matches, and
# has to.
expect() {
	echo "# expect: $1" >&3
}

# amount SHORT LONG: prints the one for the form in which the case runs.
amount() {
	if [ "$(parameter machine.form short)" = long ]; then
		echo "$2"
	else
		echo "$1"
	fi
}

# parameter NAME DEFAULT: a parameter of the kernel's command line, which a copy
# of a machine gets from boot. "run --append NAME=VALUE" sets it.
parameter() {
	local line word value=
	read -r line </run/parameters
	for word in $line; do
		case $word in
		"$1="*) value=${word#*=} ;;
		esac
	done
	echo "${value:-$2}"
}

# checks_itself: true on a debug kernel (scripts/lib/kernels.sh), which is many
# times slower.
checks_itself() {
	case $(parameter machine.kernel '') in
	*-debug | *-kcsan) ;;
	*) false ;;
	esac
}

# bail REASON: ends the machine, because nothing after this can be tested.
bail() {
	echo "Bail out! $1" >&3
	drain
	poweroff -f
}

# tap COMMAND...: runs a program that prints TAP or KTAP. Each of its verdicts
# becomes one of the case, nested ones too.
tap() {
	local out=/run/tap.$$ status=0 plan
	log "$*"
	"$@" >"$out" || status=$?
	cat "$out"
	sed -nE 's/^ *(not ok|ok) +[0-9]+( +-)? */\1 - /p' "$out" >"$out.verdicts"
	while read -r line; do
		verdict "$line"
	done <"$out.verdicts"
	plan=$(sed -nE 's/^1\.\.//p' "$out" | head -n 1)
	check_equal "$1: plan of $plan fulfilled, status 0" \
		"$(grep -cE '^(not ok|ok) ' "$out"), $status" "$plan, 0"
}

# dmesg_mark sets a mark in the kernel's log, dmesg_since prints what came after
# the last mark, and dmesg_has looks there for an extended regular expression.
dmesg_mark() {
	marks=$((${marks:-0} + 1))
	echo "mark $$.$marks" >/dev/kmsg
}

dmesg_since() {
	if [ -n "${marks:-}" ] && dmesg | grep -q "mark $$\.$marks\$"; then
		dmesg | sed "1,/mark $$\.$marks\$/d"
	else
		dmesg
	fi
}

dmesg_has() {
	dmesg_since | grep -E "$1"
}

# The number of the stage is in the spare memory of the real-time clock, which a
# reset and a kexec leave alone, and which is empty when the emulator starts: a
# byte that marks it as ours, and the number.
cmos=/sys/bus/nvmem/devices/cmos_nvram0/nvmem
cmos_offset=64

stage() {
	local bytes
	bytes=$(dd if=$cmos bs=1 skip=$cmos_offset count=2 2>/dev/null | xxd -p)
	case $bytes in
	56*) echo $((0x${bytes#56})) ;;
	*) echo 1 ;;
	esac
}

set_stage() {
	# shellcheck disable=SC2059 # the escape is the point
	printf "\\126\\$(printf %03o "$1")" |
		dd of=$cmos bs=1 seek=$cmos_offset conv=notrunc 2>/dev/null
}

# drain: waits until the port has sent everything, as setting its parameters
# does.
drain() {
	stty 115200 <&3
}

# check_lockdep: lockdep turns itself off at its first finding or limit, and
# sees nothing after that.
check_lockdep() {
	[ -e /proc/lockdep_stats ] || return 0
	check "lockdep has watched to the end" grep -qE '^ debug_locks: +1$' /proc/lockdep_stats
}

# lines_reached: prints for tests/coverage what gcov has counted in this boot,
# on a kernel that has it. The size of these files is 0, so tar cannot read them
# in place.
lines_reached() {
	local gcov=/sys/kernel/debug/gcov file
	[ -d $gcov ] || return 0
	find $gcov -name '*.gcda' | while read -r file; do
		mkdir -p "/run/gcov${file%/*}"
		cat "$file" >"/run/gcov$file"
	done
	[ ! -d /run/gcov ] ||
		tar -C /run/gcov/$gcov -cz . | base64 | sed "s/^/# gcov $(stage): /" >&3
}

stage_done() {
	check_lockdep || true
	lines_reached
	echo "# stage $(stage) done: $(wc -l <"$tests") tests" >&3
	: >"$tests"
	drain
}

# next_stage COMMAND...: ends this boot with a command that does not return
# (reboot -f, kexec -e, crash).
next_stage() {
	local next
	next=$(($(stage) + 1))
	stage_done
	set_stage "$next"
	"$@"
	sleep 60
	bail "the machine still runs a minute after: $*"
}

# crash: on the boot CPU. A crash kernel that starts on another CPU does not
# bring the boot CPU up, as INIT on that one would reset the machine.
crash() {
	taskset 1 sh -c 'echo c >/proc/sysrq-trigger'
}

# kexec_load [-p] [PARAMETER...]: loads the kernel of the image "kexec" (-p: as
# crash kernel) with this kernel's command line and the parameters. The system
# call hashes the kernel and the image, which takes 45 s without sha256-ssse3.
kexec_load() {
	local how=-l line
	[ "${1:-}" != -p ] || { how=-p; shift; }
	line=$(sed -E 's/(BOOT_IMAGE|initrd|crashkernel)=[^ ]* ?//g' /proc/cmdline)
	[ "$(line)" = 7.2 ] || modprobe sha256-ssse3
	kexec "$how" /boot/vmlinuz /boot/initrd "$line${*:+ $*}"
}

# nested_start NAME MODE [QEMU-OPTION...]: starts a nested Linux on KVM in the
# background (image "qemu"). With MODE "poweroff" it computes its result and
# ends, with "loop" it goes on and prints a tick each second. Its console is in
# /run/NAME.log. Its kernel prints errors only, as each character costs an exit
# to QEMU. It has a real-time clock (rtc=on), as the kernel would otherwise wait
# for one, 20,000 exits long.
nested_start() {
	local name=$1 mode=$2
	shift 2
	qemu-system-x86_64 -accel kvm -cpu host -M microvm,pit=off,pic=off,rtc=on \
		-bios qboot.rom -m 256 \
		-nodefaults -no-user-config -display none -no-reboot -serial "file:/run/$name.log" \
		-kernel /nested/vmlinuz -initrd /nested/initrd \
		-append "console=ttyS0,115200 loglevel=4 cryptomgr.notests=1 reboot=t panic=-1 \
			mitigations=off nokaslr nested=$mode \
			$(grep -o 'initcall_blacklist=[^ ]*' /proc/cmdline)" \
		"$@" >"/run/$name.qemu" 2>&1 &
	echo $! >"/run/$name.pid"
}

# nested_wait NAME SECONDS REGEX: waits for a line of the nested console, and
# prints the console if the line does not come.
nested_wait() {
	if wait_until "$2" grep -qE "$3" "/run/$1.log" 2>/dev/null; then
		return
	fi
	nested_show "$1"
	return 1
}

# nested_show NAME: prints the nested console, with a bar so that boot does not
# take the lines for this machine's.
nested_show() {
	sed 's/^/| /' "/run/$1.qemu" "/run/$1.log"
}

nested_ticks() {
	grep -c 'nested: tick' "/run/$1.log"
}

nested_past() {
	[ "$(nested_ticks "$1")" -gt "$2" ]
}

# nested_runs_on NAME: true when it ticks twice from here on within a minute.
nested_runs_on() {
	wait_until 60 nested_past "$1" $(($(nested_ticks "$1") + 1))
}

# nested_ended NAME SECONDS: waits for QEMU to end.
nested_ended() {
	wait_until "$2" not_running "$(cat "/run/$1.pid")"
}

# not_running PID: the first thread can be dead long before the last one, and
# only the last one's end frees what they share, for example a VM.
not_running() {
	[ ! -d "/proc/$1" ] || {
		grep -q '^State:.Z' "/proc/$1/status" && [ "$(ls "/proc/$1/task")" = "$1" ]
	}
}

nested_kill() {
	kill "$(cat "/run/$1.pid")"
	nested_ended "$1" 20
}

# unload_ours: unloads our modules, and KVM's, that are not in use. A case may
# leave some in use on purpose.
unload_ours() {
	local before=
	until [ "$before" = "$(wc -l </proc/modules)" ]; do
		before=$(wc -l </proc/modules)
		awk '$3 == 0 && / \([A-Z]*O[A-Z]*\)/ { print $1 }' /proc/modules |
			xargs -r -n 1 rmmod || true
	done
}

# check_nothing_lost: kmemleak reports only what it finds in two scans, and
# objects that are 5 s old. It takes a lock for each pointer that it finds, and
# lockdep need not prove that lock right a million times.
check_nothing_lost() {
	local kmemleak=/sys/kernel/debug/kmemleak lost=/run/lost
	[ -e $kmemleak ] || return 0
	unload_ours
	sleep 6
	echo 0 >/proc/sys/kernel/prove_locking
	echo scan >$kmemleak
	echo scan >$kmemleak
	echo 1 >/proc/sys/kernel/prove_locking
	tee $lost <$kmemleak
	check "no memory is lost" test ! -s $lost
}

# finish STATUS: init calls it after the case, with the status of the case's
# shell.
finish() {
	[ -e /run/complete ] ||
		not_ok "the case runs to its end" "its shell ended early, with status $1"
	check_nothing_lost || true
	stage_done
	echo "# machine: power-off" >&3
	drain
	sync
}

# free_pages: the number of free pages, with those in the lists of the CPUs.
free_pages() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^nr_free_pages/ { free = $2 } END { print free }' /proc/vmstat >/run/free
	awk '/^ +count: / { waiting += $2 } END { print waiting + 0 }' /proc/zoneinfo >>/run/free
	awk '{ sum += $1 } END { print sum }' /run/free
}
