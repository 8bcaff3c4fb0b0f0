# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 disk=512 memory=512 limit=600 append="hibernate=nocompress"
# long: limit=3600
# Suspend to RAM, to idle, and to disk (test_resume), in each state of the
# matrix. VMX is on afterwards exactly where it was on before, and VMs go on.
# Compressing the image of the memory would take longer than writing all of it.

# check_sleeps STATE ROW TIMES COMMAND...
check_sleeps() {
	local state=$1 row=$2 times=$3 i=0
	shift 3
	cell "$row" "$state"
	while [ $i -lt "$times" ]; do
		i=$((i + 1))
		"$@" || not_ok "$row, time $i"
		# A VM is asked after the last time only: an error shows in its
		# next result.
		if [ $i -lt "$times" ]; then
			vmxstate "$where" ||
				not_ok "VMX is on where it was before, after $row, time $i"
		fi
	done
	ok "$row, $times times"
	check_state_holds "$state" 0
	cell_done
	survived "$times" "$row"
}

check "a disk to hibernate to" swap_on
# shellcheck disable=SC2154 # of states.sh
for state in $states; do
	state_enter "$state" 0
	where=all
	[ "$state" != client-cpu ] || where=0
	check_sleeps "$state" s3 "$(amount 1 20)" sleep_for 2
	check_sleeps "$state" s2idle "$(amount 1 5)" idle_for 2000
	check_sleeps "$state" hibernate "$(amount 1 3)" hibernate
	state_leave "$state" 0
done
