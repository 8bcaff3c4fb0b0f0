# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2086
# machine: cpus=3 limit=600
# debug-kernels: 6.12-debug 6.12-kcsan
# coverage: no
# long: limit=5400
# Two things at the same moment: a get, and all that takes VMX away. The case
# does not depend on luck: it makes functions of vmxcore wait where the other
# can come in between (client/inject.c).

cpus_slow="vmxcore_cpus_enable vmxcore_cpus_disable"
cpu_slow="vmxcore_cpu_starting vmxcore_cpu_dying vmxcore_cpu_offline"
books_slow="vmxcore_entry_close vmxcore_refs_take_back vmxcore_entry_free"

# delay MICROSECONDS FUNCTION...
delay() {
	local us=$1 function
	shift
	for function; do
		vmxt delay "$function" "$us" >/dev/null || not_ok "a delay in $function"
	done
}

pairs() {
	sed -n 's/^pairs \([0-9]*\) .*/\1/p' /sys/kernel/debug/vmxcore_test/storm
}

# check_storm DESCRIPTION PAIRS COMMAND...: repeats the command while clients
# get and put so many times.
check_storm() {
	local text=$1 wanted start rounds=0
	start=$(pairs)
	wanted=$((start + $2))
	shift 2
	check "$text: clients get and put" vmxt storm_start
	while [ "$(pairs)" -lt $wanted ]; do
		"$@" || not_ok "$*"
		rounds=$((rounds + 1))
	done
	log "$(($(pairs) - start)) pairs, $rounds times $*"
	check "  VMX was on while a client held a reference, repeated: $*" vmxt storm_stop
	check_vmx_on "  no client holds VMX" none
	survived $(($(pairs) - start)) "pairs of get and put in races"
}

off_and_on() {
	online 1 0 && online 1 1 && online 2 0 && online 2 1
}

check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a

check_storm "get against put" "$(amount 3000 50000)" sleep 0.5
delay 200 $cpus_slow
check_storm "get against put, slow broadcasts" "$(amount 2000 50000)" sleep 0.5
delay 0 $cpus_slow

check_storm "get against hotplug" "$(amount 5000 100000)" off_and_on
delay 300 $cpus_slow $cpu_slow
check_storm "get against hotplug, all of it slow" "$(amount 1500 10000)" off_and_on
delay 0 $cpus_slow $cpu_slow

delay 1000 vmxcore_cpu_suspend vmxcore_cpu_resume
check_storm "get against suspend" "$(amount 2000 20000)" sleep_for 2
delay 0 vmxcore_cpu_suspend vmxcore_cpu_resume

delay 100 vmxcore_cpus_enable vmxcore_cpu_shutdown
check "get against shutdown: clients get and put" vmxt storm_start
check "  in $(amount 300 5000) shutdowns VMX goes off everywhere, and each get is refused" \
	vmxt down "$(amount 300 5000)"
check "  VMX was on while a client held a reference" vmxt storm_stop
check_vmx_on "  no client holds VMX" none
survived "$(amount 300 5000)" "shutdowns (simulated) against get"
delay 0 vmxcore_cpus_enable vmxcore_cpu_shutdown

# The log gets two correct lines for each client, of misuse and of a leak, which
# are too many for the console. Errors go on to the console, as boot has to see
# what a debug kernel reports.
dmesg -n 4
clients=$(amount 500 10000)
# A debug kernel with preemption takes half a second of the machine for each.
! checks_itself || clients=$((clients / 20))
check "get against unregister, $clients clients" vmxt churn "$clients"
check_vmx_on "  no client holds VMX" none
delay 200 $books_slow
check "get against a slow unregister, $((clients / 2)) clients" vmxt churn "$((clients / 2))"
check_vmx_on "  no client holds VMX" none
delay 0 $books_slow
dmesg -n 7
survived $((clients + clients / 2)) "clients unregistered while in use"

delay 20000 vmxcore_cpus_enable
i=0
while [ $i -lt "$(amount 20 1000)" ]; do
	i=$((i + 1))
	vmxt get a >/dev/null &
	killed=$!
	sleep 0.0$((i % 4))
	kill -KILL $killed
	wait $killed
	# The reference belongs to the module and not to the task, so it is
	# complete, or there is none.
	vmxstate all >/dev/null && vmxt put a >/dev/null
	vmxstate none || not_ok "VMX is off after the caller of a get was killed, time $i"
done
ok "the caller of a get is killed in the middle, $i times"
survived $i "callers of get killed"
delay 0 vmxcore_cpus_enable
check "a unregisters" vmxt unregister a

load_kvm 0
delay 10000 vmxcore_cpu_get
i=0
while [ $i -lt "$(amount 10 300)" ]; do
	i=$((i + 1))
	vmrun --forever >/dev/null &
	killed=$!
	sleep 0.0$((i % 8))
	kill -KILL $killed
	wait $killed
	wait_until 5 vmxstate none >/dev/null || 
		not_ok "VMX is off after the maker of KVM's first VM was killed, time $i"
done
ok "the maker of KVM's first VM is killed in the middle, $i times"
survived $i "makers of VMs killed"
check "the modules are unloaded" modprobe -r kvm_intel vmxcore_test vmxcore

while [ ! -e /run/enough ]; do
	online 2 0
	online 2 1
done &
toggle=$!
i=0
while [ $i -lt "$(amount 15 500)" ]; do
	i=$((i + 1))
	{ modprobe vmxcore enable_virt_at_load=$((i % 2)) && modprobe -r vmxcore; } ||
		not_ok "load and unload against hotplug, time $i"
done
: >/run/enough
wait $toggle
ok "load and unload against hotplug, $i times"
survived $i "loads and unloads against hotplug"
check "the test client loads once more" modprobe vmxcore_test
check_vmx_on "  no client holds VMX" none
