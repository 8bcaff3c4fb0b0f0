# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3 limit=600
# long: limit=5400
# CPUs go off and on while clients get and put, come and go, and VMs are made, run and destroyed, on top of each column of the
# matrix. Guests go on computing right results.

# Until the file is gone.
busy=/run/busy

clients_come_and_go() {
	local rounds=0
	while [ -e $busy ]; do
		{ vmxt register r && vmxt get r && vmxt put r && vmxt unregister r; } >/dev/null || : >/run/trouble
		rounds=$((rounds + 1))
	done
	echo $rounds >/run/clients
}

vms_come_and_go() {
	local rounds=0
	while [ -e $busy ]; do
		vmrun --vcpus 2 --rounds 2 >/dev/null || : >/run/trouble
		rounds=$((rounds + 1))
	done
	echo $rounds >/run/vms
}

cycles=$(amount 12 200)
# shellcheck disable=SC2154 # of states.sh
for state in $states; do
	cell hotplug "$state"
	state_enter "$state" 0
	rm -f /run/trouble
	: >$busy
	echo 0 >/run/vms
	check "  clients get and put" vmxt storm_start
	clients_come_and_go &
	clients=$!
	vms=
	if has_kvm "$state"; then
		vms_come_and_go &
		vms=$!
	fi

	i=0
	while [ $i -lt "$cycles" ]; do
		i=$((i + 1))
		cpu=$((1 + i % 2))
		online $cpu 0 || : >/run/trouble
		online $cpu 1 || : >/run/trouble
	done

	rm $busy
	# shellcheck disable=SC2086 # one or two
	wait $clients $vms
	check "  $cycles times off and on, $(cat /run/clients) clients, $(cat /run/vms) VMs: no trouble" test ! -e /run/trouble
	check "  each reference was worth what it promised" vmxt storm_stop
	state_holds "$state" 0
	state_leave "$state" 0
	cell_done
	survived "$cycles" "times a CPU offline and online"
	survived "$(cat /run/clients)" "clients come and gone"
	survived "$(cat /run/vms)" "VMs made and destroyed"
done
pairs=$(sed -n 's/^pairs \([0-9]*\) .*/\1/p' /sys/kernel/debug/vmxcore_test/storm)
survived "$pairs" "pairs of get and put"
check_equal "CPUs went with references kept on them" "$(grep -c 'died 0$' /sys/kernel/debug/vmxcore_test/storm)" 0
