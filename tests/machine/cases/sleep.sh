# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 disk=512 memory=512 limit=600 append="hibernate=nocompress"
# long: limit=3600
# Suspend to RAM, to idle, and to disk (test_resume), while VMX is held as in each column of the matrix: on after exactly where
# it was before, and VMs have lost nothing. To compress the image would take longer than to write
# all of it.

# sleeps STATE ROW TIMES COMMAND...
sleeps() {
	local state=$1 row=$2 times=$3 i=0
	shift 3
	cell "$row" "$state"
	while [ $i -lt "$times" ]; do
		i=$((i + 1))
		"$@" || not_ok "$row $i with $state"
		# What a VM lost shows in its next result: this is quick, and asks all CPUs.
		if [ $i -lt "$times" ]; then
			vmxstate "$where" || not_ok "after $row $i with $state"
		fi
	done
	ok "$row, $times times, $state"
	state_holds "$state" 0
	cell_done
	survived "$times" "$row"
}

check "a disk to hibernate to" swap_on
# shellcheck disable=SC2154 # of states.sh
for state in $states; do
	state_enter "$state" 0
	where=all
	[ "$state" != client-cpu ] || where=0
	sleeps "$state" s3 "$(amount 1 20)" sleep_for 2
	sleeps "$state" s2idle "$(amount 1 5)" idle_for 2000
	sleeps "$state" hibernate "$(amount 1 3)" hibernate
	state_leave "$state" 0
done
