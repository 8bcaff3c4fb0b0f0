# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3 kvm=no limit=600 append="clearcpuid=tsc_adjust"
# kernels: 6.12-debug
# more-kernels: 6.12 6.1 7.2
# debug-kernels: 6.12-debug 6.12-kcsan
# coverage: no
# long: limit=14400
# Clients make calls in any order from several threads at once, while CPUs go
# offline and online and a reader reads all files: each call returns what the
# contract allows, VMX is on while a reference is held, and vmxcore and the
# hardware agree with the sum of the calls (client/fuzz.c).
#
# The seed determines a round. Some seeds are always the same, the others are
# new in each run. Parameters (run --append "NAME=VALUE ..."):
#	fuzz.seed	this seed only: plays a round that failed again
#	fuzz.rounds	the number of rounds, of that seed if there is one
#	fuzz.threads	the number of threads, 1 to 8
#	fuzz.steps	calls of each thread; the first ones of a seed are always the same
#	fuzz.calls	these calls only, as get,put,register (client/fuzz.c), or all; a
#			seed means other calls then
#	fuzz.hotplug	no: all CPUs stay online

test=/sys/kernel/debug/vmxcore_test
sysfs=/sys/kernel/vmxcore
fixed=2

rounds=$(parameter fuzz.rounds "$(amount 2 600)")
threads=$(parameter fuzz.threads 5)
steps=$(parameter fuzz.steps "$(checks_itself && echo 60 || echo 400)")
calls=$(parameter fuzz.calls all)
hotplug=$(parameter fuzz.hotplug yes)
chance=$(parameter machine.chance 0)
seed=$(parameter fuzz.seed "")

# The loops below run until this file is gone.
busy=/run/busy

# cpus_go_and_come: at times both CPUs are offline. They stay as they are at the
# end.
cpus_go_and_come() {
	local i=0 cpu to is
	while [ -e $busy ] && [ "$hotplug" = yes ]; do
		for to in "1 0" "1 1" "2 0" "1 0" "2 1" "1 1"; do
			[ -e $busy ] || break
			cpu=${to% *}
			read -r is <"/sys/devices/system/cpu/cpu$cpu/online"
			[ "$is" != "${to#* }" ] || continue
			online "$cpu" "${to#* }" || : >/run/trouble
			i=$((i + 1))
		done
	done
	echo $i >/run/cycles
}

# read_files: a client's files go away with it, so errors are ignored.
read_files() {
	while [ -e $busy ]; do
		cat $sysfs/clients/*/* $sysfs/cpus/*/* >/dev/null 2>&1
		sleep 0.2
	done
}

# resources: starts no process for a file, as each takes a second on a debug
# kernel.
resources() {
	local client references vpids vmcss
	vmxstate -c | grep '^client fuzz-'
	for client in "$sysfs"/clients/fuzz-*; do
		read -r references <"$client/references"
		read -r vpids <"$client/vpids"
		read -r vmcss <"$client/vmcss"
		echo "resources ${client##*/} references $references vpids $vpids vmcss $vmcss"
	done
}

# at_rest: the clients hold what their threads know, by vmxcore and by the CPUs.
at_rest() {
	grep -E '^(client|resources) ' $test/fuzz | sort >/run/wanted
	resources | sort >/run/resources
	diff /run/wanted /run/resources &&
		vmxstate "$(sed -n 's/^on //p' $test/fuzz)"
}

# load_anew: a round must not depend on the one before it. Where VMX is borrowed
# loading would take longer than the round.
load_anew() {
	borrowed || modprobe -r vmxcore_test || return 1
	modprobe vmxcore_test && vmxt fuzz_calls "$calls"
}

# play SEED: plays one round.
play() {
	local toggler reader status=0
	rm -f /run/trouble
	load_anew || return 1
	: >$busy
	cpus_go_and_come &
	toggler=$!
	read_files &
	reader=$!
	vmxt fuzz "$1" "$threads" "$steps" || status=1
	rm $busy
	log "the threads have ended"
	wait $toggler
	log "the CPUs stay as they are"
	wait $reader
	log "the reader has ended"
	[ $status != 0 ] || at_rest || status=1
	for cpu in 1 2; do
		[ "$(cat /sys/devices/system/cpu/cpu$cpu/online)" = 1 ] || online $cpu 1 || status=1
	done
	vmxt fuzz_end || status=1
	vmxstate none && [ ! -e /run/trouble ] || status=1
	! vmxstate -c | grep '^client fuzz-' || status=1
	return $status
}

# console_quiet, console_normal: the console gets only errors during the calls,
# and afterwards the warnings that the calls should not cause, which boot looks
# for.
console_quiet() {
	dmesg -n 4
	dmesg_mark
}

console_normal() {
	dmesg -n 7
	dmesg_since | grep -vE '\] vmxcore: (misuse by|client|module) |\] (mark|smpboot:|IRQ|CPU)'
}

replay() {
	log "again: tests/machine/run --kernel $(parameter machine.kernel 6.12)" \
		"--append \"fuzz.seed=$1 fuzz.threads=$threads fuzz.steps=$steps" \
		"fuzz.calls=$calls fuzz.hotplug=$hotplug\"" \
		"tests/machine/cases/fuzz.sh"
}

seed_of() {
	if [ -n "$seed" ]; then
		echo "$seed"
	elif [ "$1" -le $fixed ]; then
		echo "$1"
	else
		echo $((chance * 1000 + $1))
	fi
}

check "vmxcore and the test client load" modprobe vmxcore_test
load_provider
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	this=$(seed_of $round)
	console_quiet
	before=$(cut -d' ' -f1 /proc/uptime)
	check "round $round: seed $this, $threads threads, $steps calls each" play "$this" ||
		failed=yes
	log "$(grep -E '^(call|loads) ' $test/fuzz)"
	log "from $before to $(cut -d' ' -f1 /proc/uptime)," \
		"$(cat /run/cycles) times a CPU off or on"
	console_normal
	if [ "${failed:-no}" = yes ]; then
		replay "$this"
		break
	fi
	survived $((threads * steps)) "random calls of the API"
	survived "$(cat /run/cycles)" "times a CPU off or on under random calls"
done
# In a round of all calls few loads of the VMCSs that threads share succeed: an
# exclusive client has VMX, or the client has no reference. This round is made
# for them, and checks that some were loaded.
if [ "$calls" = all ] && [ -z "$seed" ] && [ "${failed:-no}" = no ]; then
	calls=get,register,loan,move
	check "a round of VMCSs that threads share" play 1 || replay 1
	# shellcheck disable=SC2046 # loads N undisturbed N guests N
	set -- $(grep '^loads ' $test/fuzz)
	log "$2 loads, $4 of them undisturbed, $6 guests"
	check "  there are loads, undisturbed ones and guests" \
		test $(($2 > 20 && $4 > 0 && $6 > 20)) = 1
fi
check_vmx_on "no client holds VMX" none
check "the modules are unloaded" modprobe -r vmxcore_test
