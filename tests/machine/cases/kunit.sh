# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=4 kvm=no emulator=tcg limit=100 append="kunit.enable=1 oops=panic hung_task_panic=1"
# form: kunit
# The KUnit suites print KTAP to the console, between lines that say where each
# one begins and ends: tests/kunit/run reads it. An oops ends the machine, as a
# task that waits for one that has died would wait to the limit. A task that
# hangs for two minutes ends it, too.
# Parameters:
#	kunit.suites	their names, with commas between
#	kunit.seed	the seed of those that use random numbers

kunit=/sys/module/kunit/parameters
seed=$(parameter kunit.seed "")

# suites: by the names of their files.
suites() {
	parameter kunit.suites "" | tr , '\n'
}

for suite in $(suites); do
	# A newline would be part of the name.
	printf %s "$suite" >$kunit/filter_glob
	log "kunit: $suite begins"
	# shellcheck disable=SC2086 # there may be none
	check "$suite: its module loads" modprobe vmxcore_kunit ${seed:+seed=$seed}
	check "  it unloads" rmmod vmxcore_kunit
	log "kunit: $suite ends"
done
