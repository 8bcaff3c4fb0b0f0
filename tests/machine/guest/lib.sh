# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# What a case has at hand inside the machine. Verdicts are TAP lines without numbers on descriptor 3: a case may go through
# several boots, so the host counts. Each boot is a stage, and declares at its end how many verdicts it gave.

tests=/run/tests
[ -e $tests ] || : >$tests

log() {
	echo "# $*"
}

# verdict LINE: one writer, one line; the file counts across subshells.
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

# check DESCRIPTION COMMAND...: the command's output goes to the console's log.
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

# wait_until SECONDS COMMAND...: until the command succeeds; fails when it has not in time.
wait_until() {
	local end
	end=$(($(seconds) + $1))
	shift
	until "$@"; do
		[ "$(seconds)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# line: of the kernel, 6.12.
line() {
	uname -r | sed -E 's/^([0-9]+\.[0-9]+)\..*/\1/'
}

# Of the machine's own time: the wall clock of the host means nothing in here.
seconds() {
	cut -d. -f1 /proc/uptime
}

# expect REGEX: a kernel warning that comes from here on, and must come.
expect() {
	echo "# expect: $1" >&3
}

# amount SHORT LONG: of whatever a case does many times, by the form in which it runs.
amount() {
	if [ "$(parameter machine.form short)" = long ]; then
		echo "$2"
	else
		echo "$1"
	fi
}

# parameter NAME DEFAULT: what the kernel's command line says, or boot says to a copy of a machine.
# For one run: run --append NAME=VALUE.
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

# checks_itself: this kernel looks for mistakes (scripts/lib/kernels.sh), and takes many times longer.
checks_itself() {
	case $(parameter machine.kernel '') in
	*-debug | *-kcsan) ;;
	*) false ;;
	esac
}

# bail REASON: nothing after this can be tested. Ends the machine.
bail() {
	echo "Bail out! $1" >&3
	drain
	poweroff -f
}

# tap COMMAND...: a program that prints TAP or KTAP itself. Each of its verdicts becomes one of ours, nested ones too.
tap() {
	local out=/run/tap.$$ status=0
	log "$*"
	"$@" >"$out" || status=$?
	cat "$out"
	sed -nE 's/^ *(not ok|ok) +[0-9]+( +-)? */\1 - /p' "$out" >"$out.verdicts"
	while read -r line; do
		verdict "$line"
	done <"$out.verdicts"
	check_equal "$1: plan of $(sed -nE 's/^1\.\.//p' "$out" | head -n 1) fulfilled, status 0" \
		"$(grep -cE '^(not ok|ok) ' "$out"), $status" "$(sed -nE 's/^1\.\.//p' "$out" | head -n 1), 0"
}

# dmesg_mark sets a mark in the kernel's log; dmesg_since prints what came after the last one; dmesg_has looks for an
# extended regular expression there.
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

# The number of this boot lives in the clock's spare memory, which a reset and a kexec leave alone, and which is empty when
# the emulator starts: a byte that says the other is ours, and the number.
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
	printf "\\126\\$(printf %03o "$1")" | dd of=$cmos bs=1 seek=$cmos_offset conv=notrunc 2>/dev/null
}

# Setting the port's parameters waits until it has sent everything.
drain() {
	stty 115200 <&3
}

# lockdep_watched: it gives up at the first thing it finds, or does not understand, and sees nothing from then on.
lockdep_watched() {
	[ -e /proc/lockdep_stats ] || return 0
	check "lockdep has watched to the end" grep -qE '^ debug_locks: +1$' /proc/lockdep_stats
}

# lines_reached: what gcov has counted in this boot, on a kernel that has it, for tests/coverage. The files say that they are empty.
lines_reached() {
	local gcov=/sys/kernel/debug/gcov file
	[ -d $gcov ] || return 0
	find $gcov -name '*.gcda' | while read -r file; do
		mkdir -p "/run/gcov${file%/*}"
		cat "$file" >"/run/gcov$file"
	done
	[ ! -d /run/gcov ] || tar -C /run/gcov/$gcov -cz . | base64 | sed "s/^/# gcov $(stage): /" >&3
}

stage_done() {
	lockdep_watched || true
	lines_reached
	echo "# stage $(stage) done: $(wc -l <"$tests") tests" >&3
	: >"$tests"
	drain
}

# next_stage COMMAND...: ends this boot with a command that must not return (reboot -f, kexec -e, crash).
next_stage() {
	local next
	next=$(($(stage) + 1))
	stage_done
	set_stage "$next"
	"$@"
	sleep 60
	bail "the machine still runs a minute after: $*"
}

# On the boot CPU: a crash kernel that starts on another one leaves that out, as its INIT would reset the machine.
crash() {
	taskset 1 sh -c 'echo c >/proc/sysrq-trigger'
}

# kexec_load [-p] [PARAMETER...]: loads the kernel of the image "kexec" (-p: as crash kernel) with this kernel's command line
# and what is added to it. The system call hashes all of it, in 45 s without this module.
kexec_load() {
	local how=-l line
	[ "${1:-}" != -p ] || { how=-p; shift; }
	line=$(sed -E 's/(BOOT_IMAGE|initrd|crashkernel)=[^ ]* ?//g' /proc/cmdline)
	[ "$(line)" = 7.2 ] || modprobe sha256-ssse3
	kexec "$how" /boot/vmlinuz /boot/initrd "$line${*:+ $*}"
}

# nested_start NAME MODE [QEMU-OPTION...]: a nested Linux on KVM, in the background (image "qemu"). MODE is "poweroff": it
# computes its result and ends; or "loop": it goes on to print a tick each second. Its console is in /run/NAME.log; each
# character there costs an exit to QEMU, so its kernel says errors only. Without a clock the kernel
# would wait for it, 20,000 exits long.
nested_start() {
	local name=$1 mode=$2
	shift 2
	qemu-system-x86_64 -accel kvm -cpu host -M microvm,pit=off,pic=off,rtc=on -bios qboot.rom -m 256 \
		-nodefaults -no-user-config -display none -no-reboot -serial "file:/run/$name.log" \
		-kernel /nested/vmlinuz -initrd /nested/initrd \
		-append "console=ttyS0,115200 loglevel=4 cryptomgr.notests=1 reboot=t panic=-1 mitigations=off nokaslr \
			$(grep -o 'initcall_blacklist=[^ ]*' /proc/cmdline) nested=$mode" \
		"$@" >"/run/$name.qemu" 2>&1 &
	echo $! >"/run/$name.pid"
}

# nested_wait NAME SECONDS REGEX: until the nested console has such a line. Prints what there is when it has not.
nested_wait() {
	if wait_until "$2" grep -qE "$3" "/run/$1.log" 2>/dev/null; then
		return
	fi
	nested_show "$1"
	return 1
}

# Its lines must not pass for ones of this machine's kernel.
nested_show() {
	sed 's/^/| /' "/run/$1.qemu" "/run/$1.log"
}

nested_ticks() {
	grep -c 'nested: tick' "/run/$1.log"
}

nested_past() {
	[ "$(nested_ticks "$1")" -gt "$2" ]
}

# nested_runs_on NAME: it ticks twice from here on, or a minute has passed.
nested_runs_on() {
	wait_until 60 nested_past "$1" $(($(nested_ticks "$1") + 1))
}

# nested_ended NAME SECONDS: QEMU ended, by itself.
nested_ended() {
	wait_until "$2" not_running "$(cat "/run/$1.pid")"
}

# The first thread may be dead long before the last one, and only that gives back what they shared, a VM perhaps.
not_running() {
	[ ! -d "/proc/$1" ] || { grep -q '^State:.Z' "/proc/$1/status" && [ "$(ls "/proc/$1/task")" = "$1" ]; }
}

nested_kill() {
	kill "$(cat "/run/$1.pid")"
	nested_ended "$1" 20
}

# unload_ours: those of our modules, and KVM's, that nobody holds. A case may leave some that cannot go, on purpose.
unload_ours() {
	local before=
	until [ "$before" = "$(wc -l </proc/modules)" ]; do
		before=$(wc -l </proc/modules)
		awk '$3 == 0 && / \([A-Z]*O[A-Z]*\)/ { print $1 }' /proc/modules | xargs -r -n 1 rmmod || true
	done
}

# nothing_lost: no memory that nothing points to any more. It believes only what it sees in two scans, of objects that are 5 s old.
nothing_lost() {
	local kmemleak=/sys/kernel/debug/kmemleak lost=/run/lost
	[ -e $kmemleak ] || return 0
	unload_ours
	sleep 6
	echo scan >$kmemleak
	echo scan >$kmemleak
	tee $lost <$kmemleak
	check "no memory is lost" test ! -s $lost
}

# finish STATUS: called by init after the case. A shell that gave up half-way must not pass for one that went through.
finish() {
	[ -e /run/complete ] || not_ok "the case runs to its end" "its shell ended early, with status $1"
	nothing_lost || true
	stage_done
	echo "# machine: power-off" >&3
	drain
	sync
}

# free_pages: of the machine, those that wait in the CPUs' own lists too.
free_pages() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^nr_free_pages/ { free = $2 } END { print free }' /proc/vmstat >/run/free
	awk '/^ +count: / { waiting += $2 } END { print waiting + 0 }' /proc/zoneinfo >>/run/free
	awk '{ sum += $1 } END { print sum }' /run/free
}
