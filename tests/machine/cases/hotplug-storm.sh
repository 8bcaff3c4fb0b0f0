# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3 limit=600
# long: limit=5400
# CPUs go offline and online while clients get and put, register and unregister,
# and VMs are made, run and destroyed, in each state of the matrix. Guests go on
# computing right results.

# The loops below run until this file is gone.
busy=/run/busy

clients_come_and_go() {
	local rounds=0
	while [ -e $busy ]; do
		{ vmxt register r && vmxt get r && vmxt put r && vmxt unregister r; } >/dev/null ||
			: >/run/trouble
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
	check "clients get and put" vmxt storm_start
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
	log "$(cat /run/clients) clients, $(cat /run/vms) VMs"
	check "  nothing fails while CPUs go offline and online $cycles times" \
		test ! -e /run/trouble
	check "  VMX was on while a client held a reference" vmxt storm_stop
	check_state_holds "$state" 0
	state_leave "$state" 0
	cell_done
	survived "$cycles" "times a CPU offline and online"
	survived "$(cat /run/clients)" "clients come and gone"
	survived "$(cat /run/vms)" "VMs made and destroyed"
done
pairs=$(sed -n 's/^pairs \([0-9]*\) .*/\1/p' /sys/kernel/debug/vmxcore_test/storm)
survived "$pairs" "pairs of get and put"
check_equal "CPUs went offline with references held on them" \
	"$(grep -c 'died 0$' /sys/kernel/debug/vmxcore_test/storm)" 0
