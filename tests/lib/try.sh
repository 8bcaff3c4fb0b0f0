# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For test scripts that run here, instead of in a machine: one line per test, in
# the form of tests/machine/boot. Needs $out, a folder for the logs, and $suite.
# shellcheck disable=SC2154

# What setup installs is the distribution's. A user's own Python, started
# through a version manager, may lack modules, and takes five times as long to
# start.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

passed=0 failed=0 seconds=

# try DESCRIPTION NAME COMMAND...: passes when the command succeeds.
try() {
	local text=$1 log=$out/$2.log start=$SECONDS status
	shift 2
	# Not in a condition: bash would ignore failures inside the command.
	set +e
	(set -e; "$@") >"$log" 2>&1
	status=$?
	set -e
	seconds+="$((SECONDS - start)) $text"$'\n'
	if [ "$status" = 0 ]; then
		echo "ok - $suite: $text ($((SECONDS - start)) s)"
		passed=$((passed + 1))
	else
		echo "not ok - $suite: $text ($((SECONDS - start)) s; log: $log)"
		tail -n 15 "$log" | sed 's/^/#   /'
		failed=$((failed + 1))
	fi
}

# try_end: what tests/machine/run --also reads, and tests/bench.
try_end() {
	printf '%s' "$seconds" >"$out/seconds"
	echo "$passed $failed 0" >"$out/result"
	[ "$failed" = 0 ]
}
