# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=4 emulator=tcg limit=100 append="kunit.enable=1 oops=panic hung_task_panic=1"
# form: kunit
# The KUnit suites. They print KTAP to the console, between lines that say where each one begins and ends: tests/kunit/run reads it.
# An oops ends the machine: whoever waits for a task that has died, or for a lock of it, would do so to the limit. A task that waits for
# two minutes does, too.
# Parameters:
#	kunit.suites	which, with a comma between
#	kunit.seed	for those that throw dice

kunit=/sys/module/kunit/parameters
seed=$(parameter kunit.seed "")

# As files are called in the source.
suites() {
	parameter kunit.suites "" | tr , '\n'
}

for suite in $(suites); do
	# As it stands: a newline would be part of the name.
	printf %s "$suite" >$kunit/filter_glob
	log "kunit: $suite begins"
	# shellcheck disable=SC2086 # there may be none
	check "$suite: its module loads" modprobe vmxcore_kunit ${seed:+seed=$seed}
	check "  and unloads" rmmod vmxcore_kunit
	log "kunit: $suite ends"
done
