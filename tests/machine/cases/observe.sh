# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=3 limit=420
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug 6.12-kcsan
# What admins see: /sys/kernel/vmxcore shows to root the state that the CPUs
# have, and the tracepoints show how it came about.

sysfs=/sys/kernel/vmxcore

backend=native provider='' provider_module=''
! borrowed || { backend=borrowed provider=kvm_intel provider_module=kvm_intel; }

# check_sysfs FILE WANTED [DESCRIPTION]
check_sysfs() {
	check_equal "${3:-  $1}" "$(cat "$sysfs/$1")" "$2"
}

# check_cpus DESCRIPTION STATE...: the states of the CPUs 0, 1 and 2, in sysfs
# and in the hardware.
check_cpus() {
	local description=$1 cpu=0 on='' state
	shift
	for state in "$@"; do
		check_sysfs "cpus/cpu$cpu/state" "$state" "$description: CPU $cpu is $state"
		[ "$state" != on ] || on=$on${on:+,}$cpu
		check_equal "  it has a time in the past if it is on" "$(since_of "$cpu")" "$state"
		cpu=$((cpu + 1))
	done
	check_vmx_on "$description" "${on:-none}"
}

# since_of CPU: prints "on" if the time is between the machine's start and now,
# and the state if there is no time.
since_of() {
	local since
	since=$(cat "$sysfs/cpus/cpu$1/since")
	if [ -z "$since" ]; then
		grep -vx on "$sysfs/cpus/cpu$1/state"
	elif is_past "$since"; then
		echo on
	fi
}

# is_past TIME: in the clock of /proc/uptime, with six decimals.
is_past() {
	echo "$1" | grep -qE '^[0-9]+\.[0-9]{6}$' &&
		awk -v t="$1" '{ exit !(t > 0 && t <= $1 + 0.01) }' /proc/uptime
}

# later TIME TIME: true if the first is later.
later() {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'
}

# clients: the names of the clients.
clients() {
	(cd $sysfs/clients && echo *)
}

# check_modes MODE FILE...: all files have that mode.
check_modes() {
	local wanted=$1
	shift
	check_equal "  mode $wanted: $# files, for example ${1#"$sysfs"/}" \
		"$(stat -c %a "$@" | sort -u)" "$wanted"
}

# as_user COMMAND-LINE: runs it as a user without rights, which may enter the
# root folder; that belongs to root alone in an image.
as_user() {
	chmod 755 /
	mkdir -p /etc
	echo 'user:x:65534:65534:user:/:/bin/sh' >/etc/passwd
	su -s /bin/sh user -c "$1"
}

# readable_by_user: the files of sysfs that such a user can read.
readable_by_user() {
	# shellcheck disable=SC2016 # a program
	find $sysfs -type f |
		as_user 'while read -r file; do
			! cat "$file" >/dev/null 2>&1 || echo "$file"
		done' |
		sed "s|$sysfs/||" | sort | tr '\n' ' '
}

# for_users: the files that such a user has to be able to read.
for_users() {
	(cd $sysfs && printf '%s\n' backend policy provider state capabilities/*) | sort |
		tr '\n' ' '
}

# trace_begin [EVENT]: begins to trace this event of vmxcore, or all.
trace_begin() {
	echo 0 >"$tracing/events/vmxcore/enable"
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/vmxcore/${1:+$1/}enable"
}

# traced: the events since then, in order, without the process, the time, and
# the latency, which has to be a positive number.
traced() {
	sed -nE 's/^.*: (vmxcore_[a-z_]+: .*)$/\1/p' "$tracing/trace" |
		sed -E 's/ latency=[1-9][0-9]*( |$)/\1/; s/ $//'
}

# check_trace DESCRIPTION EVENT...: exactly these were traced. CPUs that do
# something at the same time do so in any order, so adjacent events of one kind
# are sorted.
check_trace() {
	local description=$1
	shift
	echo 0 >"$tracing/events/vmxcore/enable"
	printf '%s\n' "$@" | by_kind >/run/wanted
	traced | by_kind >/run/traced
	check "$description" diff /run/traced /run/wanted
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/vmxcore/enable"
}

by_kind() {
	awk '{ if ($1 != kind) n++; kind = $1; printf "%06d %s\n", n, $0 }' | sort
}

# count EVENT: how often it was traced since trace_begin.
count() {
	grep -c ": $1: " "$tracing/trace"
}

# hits: the number of all events since trace_begin, with those that the buffer
# has lost.
hits() {
	cat "$tracing"/per_cpu/cpu*/stats |
		awk '/^(entries|overrun):/ { sum += $2 } END { print sum }'
}

about "loaded"
check "vmxcore loads" modprobe vmxcore
check_sysfs backend $backend
check_sysfs state off
check_sysfs policy on-demand
check_sysfs provider ''
check_equal "there is no client" "$(ls $sysfs/clients)" ""
check_equal "there are three CPUs" "$(echo $sysfs/cpus/*)" \
	"$sysfs/cpus/cpu0 $sysfs/cpus/cpu1 $sysfs/cpus/cpu2"
[ -z "$provider_module" ] || load_provider
check_sysfs provider "$provider" "the provider is '$provider'"
check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
check_sysfs clients/a/module vmxcore_test
check_sysfs clients/a/references 0
check_sysfs clients/a/cpu_references ''
check_sysfs clients/a/since ''
check_sysfs clients/a/exclusive 0
check_sysfs clients/a/vpids 0
check_sysfs clients/a/vmcss 0
check_cpus "no client holds VMX" off off off

about "references"
check "a gets" vmxt get a
check_cpus "a holds all" on on on
check_sysfs state on
check_sysfs clients/a/references 1
first=$(cat $sysfs/clients/a/since)
check "  the time is in the past" is_past "$first"
cpu_first=$(cat $sysfs/cpus/cpu1/since)
sleep 1
check "a gets again" vmxt get a
check_sysfs clients/a/references 2
check_sysfs clients/a/since "$first" "  the time is still the first one"
check "a gets CPU 1" vmxt get_cpu a 1
check "a puts" vmxt put a
check "a puts again, and holds CPU 1" vmxt put a
check_sysfs clients/a/references 0
check_sysfs clients/a/cpu_references 1:1
check_sysfs clients/a/since "$first" "  the time is still the first one"
check_sysfs state partial
check_cpus "a holds CPU 1" off on off
check_sysfs cpus/cpu1/since "$cpu_first" "  it has been on all the time"
check "b gets CPU 1" vmxt get_cpu b 1
check "b gets CPU 1 again" vmxt get_cpu b 1
check "b gets CPU 2" vmxt get_cpu b 2
check "b gets CPU 2 again" vmxt get_cpu b 2
check "b gets CPU 0" vmxt get_cpu b 0
check_sysfs clients/b/cpu_references 0:1,1-2:2
check_sysfs cpus/cpu1/references 3
check_sysfs cpus/cpu1/held 0
check "a puts CPU 1" vmxt put_cpu a 1
check_sysfs clients/a/since '' "  a holds nothing, and has no time"
check "b gets" vmxt get b
check_sysfs cpus/cpu1/held 1
sleep 1
check "a gets once more" vmxt get a
check "  the time is a new one" later "$(cat $sysfs/clients/a/since)" "$first"
check "a puts once more" vmxt put a

about "hotplug"
check "CPU 1 goes offline" online 1 0
check_cpus "CPU 1 is offline" on offline on
check_sysfs state on
check_sysfs clients/b/cpu_references 0:1,2:2
check_sysfs cpus/cpu1/references 0
check "CPU 1 comes online" online 1 1
check_cpus "CPU 1 is back" on on on
check "  its time is a new one" later "$(cat $sysfs/cpus/cpu1/since)" "$cpu_first"
check "b puts" vmxt put b
check "b puts CPU 0" vmxt put_cpu b 0
check "b puts CPU 2" vmxt put_cpu b 2
b_first=$(cat $sysfs/clients/b/since)
check "  it holds CPU 2 once, and has a time in the past" is_past "$b_first"
check "CPU 2 goes offline with b's reference" online 2 0
check_sysfs clients/b/since '' "  b holds nothing"
check "CPU 2 comes online" online 2 1
check_cpus "no client holds VMX" off off off

about "VMCSs and VPIDs"
check "a adopts a VMCS" vmxt vmcs a v
check_sysfs clients/a/vmcss 1
check "a frees the VMCS" vmxt vmcs_free v
check_sysfs clients/a/vmcss 0
check "a and b allocate all VPIDs, in turns" vmxt vpids a b 65535
check_sysfs clients/a/vpids 32768
check_sysfs clients/b/vpids 32767
check "a frees its VPIDs" vmxt vpids_free a 0
check "b frees its VPIDs" vmxt vpids_free b 1
check_sysfs clients/a/vpids 0
check_sysfs clients/b/vpids 0

about "capabilities"
for file in "$sysfs"/capabilities/*; do
	name=${file##*/}
	case $name in
	revision | vmcs_size | memory_type) ;;
	*) echo "$name $(cat "$file")" ;;
	esac
done >/run/caps
check_equal "there are 19 MSRs, with 16 digits" \
	"$(grep -cE '^[a-z0-9_]+ 0x[0-9a-f]{16}$' /run/caps)" 19
basic=$(cat $sysfs/capabilities/basic)
check_sysfs capabilities/revision "$(printf '0x%08x' $((basic & 0x7fffffff)))"
check_sysfs capabilities/vmcs_size $((basic >> 32 & 0x1fff))
check_sysfs capabilities/memory_type 6
check "  their values differ" later "$(cut -d' ' -f2 /run/caps | sort -u | wc -l)" 8

about "access"
check "a gets CPU 1, so that there is something to see" vmxt get_cpu a 1
check_modes 444 $sysfs/backend $sysfs/state $sysfs/policy $sysfs/provider $sysfs/capabilities/*
check_modes 400 $sysfs/cpus/*/* $sysfs/clients/*/*
check_equal "a user is not root" "$(as_user 'id -u')" 65534
check_equal "  the user reads the files of mode 444 only" "$(readable_by_user)" "$(for_users)"
check_fails "root cannot write to a file" sh -c "echo on >$sysfs/state"
check_equal "no file shows an address" "$(
	find $sysfs -type f ! -path '*/capabilities/*' -exec cat {} + |
		grep -ciE 'ffff[0-9a-f]{8}|0x')" 0
check "a puts CPU 1" vmxt put_cpu a 1

# check_gone FD DESCRIPTION: the file that is open there cannot be read any
# more.
check_gone() {
	check_equal "$2" "$(sh -c "cat <&$1" 2>&1)" "cat: read error: No such device"
}

about "clients come and go"
check "x has VMX for itself" vmxt register x exclusive
check_sysfs clients/x/exclusive 1
check "x unregisters" vmxt unregister x
with_provider=$(clients)
check_equal "a client that is refused is not shown" \
	"$(vmxt get_cpu b 0 && vmxt -e EBUSY register y exclusive; clients)" \
	"vmxt: get_cpu b 0: 0
vmxt: register y exclusive: EBUSY
$with_provider"
check "b puts CPU 0" vmxt put_cpu b 0

exec 5<$sysfs/clients/a/references 6<$sysfs/clients/a/module
check "a unregisters while its files are open" vmxt unregister a
check_fails "  its directory is gone" test -e $sysfs/clients/a
check_gone 5 "  its file references is gone"
check_gone 6 "  its file module is gone"
check "another client gets its slot" vmxt register other
check "  it gets CPU 1" vmxt get_cpu other 1
check_gone 5 "  the open file of a does not show that"
check_sysfs clients/other/cpu_references 1:1
check "  it puts" vmxt put_cpu other 1
check "a registers again" vmxt register a
check_sysfs clients/a/references 0
check_gone 5 "  the open file stays gone"
exec 5<&- 6<&-

about "tracepoints"
echo global >"$tracing/trace_clock"
trace_begin
check "a gets" vmxt get a
check "a gets again" vmxt get a
check "a puts" vmxt put a
check "a puts again" vmxt put a
check_trace "  VMXON, gets, puts and VMXOFF are traced" \
	"vmxcore_vmx_on: cpu=0 client=a result=0" "vmxcore_vmx_on: cpu=1 client=a result=0" \
	"vmxcore_vmx_on: cpu=2 client=a result=0" \
	"vmxcore_get: client=a cpu=-1 references=1" "vmxcore_get: client=a cpu=-1 references=2" \
	"vmxcore_put: client=a cpu=-1 references=1" "vmxcore_put: client=a cpu=-1 references=0" \
	"vmxcore_vmx_off: cpu=0" "vmxcore_vmx_off: cpu=1" "vmxcore_vmx_off: cpu=2"
check "a gets CPU 1" vmxt get_cpu a 1
check "b gets CPU 1, in an interrupt" vmxt get_cpu b 1 irq
check "a puts CPU 1" vmxt put_cpu a 1
check "b puts CPU 1" vmxt put_cpu b 1
check_trace "  those of CPU 1 are traced" \
	"vmxcore_vmx_on: cpu=1 client=a result=0" "vmxcore_get: client=a cpu=1 references=1" \
	"vmxcore_get: client=b cpu=1 references=1" "vmxcore_put: client=a cpu=1 references=0" \
	"vmxcore_put: client=b cpu=1 references=0" "vmxcore_vmx_off: cpu=1"

check "b gets" vmxt get b
check "CPU 2 goes offline" online 2 0
check "CPU 2 comes online" online 2 1
check "b puts" vmxt put b
check_trace "  a CPU that goes offline and online is traced" \
	"vmxcore_vmx_on: cpu=0 client=b result=0" "vmxcore_vmx_on: cpu=1 client=b result=0" \
	"vmxcore_vmx_on: cpu=2 client=b result=0" "vmxcore_get: client=b cpu=-1 references=1" \
	"vmxcore_vmx_off: cpu=2" "vmxcore_vmx_on: cpu=2 client= result=0" \
	"vmxcore_put: client=b cpu=-1 references=0" \
	"vmxcore_vmx_off: cpu=0" "vmxcore_vmx_off: cpu=1" "vmxcore_vmx_off: cpu=2"

about "tracepoints, refusals"
check "CR4.VMXE is set on CPU 1 behind vmxcore's back" vmxt vmxe 1 1
check "  a is refused: EBUSY" vmxt -e EBUSY get a
check "  CR4.VMXE is cleared" vmxt vmxe 1 0
check_trace "  that is traced" \
	"vmxcore_vmx_on: cpu=0 client=a result=0" "vmxcore_vmx_on: cpu=1 client=a result=-16" \
	"vmxcore_vmx_on: cpu=2 client=a result=0" \
	"vmxcore_vmx_off: cpu=0" "vmxcore_vmx_off: cpu=2" \
	"vmxcore_refused: client=a cpu=1 error=-16"
check "x has VMX for itself" vmxt register x exclusive
check "  a is refused all" vmxt -e EBUSY get a
check "  a is refused CPU 2" vmxt -e EBUSY get_cpu a 2
check "  x unregisters" vmxt unregister x
check_trace "  the refusals are traced, and no VMXON" \
	"vmxcore_refused: client=a cpu=-1 error=-16" "vmxcore_refused: client=a cpu=2 error=-16"

about "tracepoints, VMCSs"
check "a gets CPU 0" vmxt get_cpu a 0
check "b gets CPU 0" vmxt get_cpu b 0
check "a has a VMCS" vmxt vmcs a v
check "b has a VMCS" vmxt vmcs b w
trace_begin
check "the VMCS of a is loaded" vmxt vmcs_load v 0 3
check "the VMCS of a is loaded again" vmxt vmcs_load v 0 0
check "the VMCS of b is loaded" vmxt vmcs_load w 0 3
check "the VMCS of a is loaded after that of b" vmxt vmcs_load v 0 0
check_trace "  the switches are traced" \
	"vmxcore_vmcs_switch: cpu=0 from=? to=a" "vmxcore_vmcs_switch: cpu=0 from=a to=b" \
	"vmxcore_vmcs_switch: cpu=0 from=b to=a"
check "the VMCS of a is freed" vmxt vmcs_free v
check "the VMCS of b is freed" vmxt vmcs_free w
about "tracepoints, unregister"
trace_begin
dmesg_mark
check "a unregisters with its reference" vmxt unregister a
check "  the log says so" dmesg_has "client 'a' .* went away"
check_trace "  the put is traced" "vmxcore_put: client=a cpu=0 references=0"
check "a registers again" vmxt register a
check "b puts CPU 0" vmxt put_cpu b 0

about "tracepoints, VPIDs"
trace_begin vmxcore_vpid_alloc
check "a and b allocate all VPIDs" vmxt vpids a b 65535
check_equal "  65535 are traced" "$(hits)" 65535
# The machine would take a minute to write the whole trace.
check "  the events are right" \
	sh -c "head -n 20 $tracing/trace | grep -qE ' vmxcore_vpid_alloc: client=a vpid=[0-9]+$'"
trace_begin vmxcore_vpid_free
check "a frees its VPIDs" vmxt vpids_free a 0
check_equal "  32768 are traced" "$(hits)" 32768
check "b frees its VPIDs" vmxt vpids_free b 1
check_equal "  all are traced" "$(hits)" 65535

about "tracepoints, a storm"
trace_begin
check "4 threads get and put" vmxt storm 100
echo 0 >"$tracing/events/vmxcore/enable"
check_equal "  the gets are traced" "$(count vmxcore_get)" 400
check_equal "  the puts are traced" "$(count vmxcore_put)" 400
check_equal "  VMX went off as often as on" "$(count vmxcore_vmx_off)" "$(count vmxcore_vmx_on)"
check_equal "  each VMXON worked" "$(grep -E ' vmxcore_vmx_on: ' "$tracing/trace" |
	grep -vc 'client=storm .*result=0$') $(count vmxcore_refused)" "0 0"
echo 1 >"$tracing/events/vmxcore/enable"

# reader: reads in a loop. A file that goes away gives ENOENT or ENODEV, and no
# other error is allowed.
reader() {
	local rounds=0
	while [ ! -e /run/enough ]; do
		cat $sysfs/state $sysfs/clients/*/* $sysfs/cpus/*/* 2>&1 >/dev/null
		rounds=$((rounds + 1))
	done | grep -vE 'No such (file or directory|device)$' >"/run/reader.$1"
}

# check_reads DESCRIPTION COMMAND...: three readers read all files while the
# command runs.
check_reads() {
	local description=$1 readers='' i
	shift
	rm -f /run/enough
	for i in 1 2 3; do
		reader $i &
		readers="$readers $!"
	done
	check "$description, while three readers read all files" "$@"
	: >/run/enough
	# shellcheck disable=SC2086 # three
	wait $readers
	check_equal "  the readers get no other error" "$(cat /run/reader.*)" ""
}

hotplug() {
	local i
	for i in 1 2 3 4; do
		online 2 0 && online 2 1 || return 1
	done
}

about "readers"
check_reads "clients register and unregister" vmxt churn "$(amount 150 5000)"
check_reads "clients get and put" vmxt storm "$(amount 300 5000)"
check "a storm begins" vmxt storm_start
check_reads "a CPU goes offline and online in it" hotplug
check "the storm ends" vmxt storm_stop
check_cpus "afterwards" off off off

about "unload"
check "the last events are traced" test "$(hits)" -gt 0
exec 5<$sysfs/state 6<$sysfs/cpus/cpu0/since 7<$sysfs/clients/a/since 8<$sysfs/capabilities/basic
# shellcheck disable=SC2086 # or none
check "unloaded while files are open" modprobe -r vmxcore_test $provider_module vmxcore
check_fails "  the folder in sysfs is gone" test -e $sysfs
for fd in 5 6 7 8; do
	check_gone $fd "  open file $fd cannot be read"
done
about "loaded again, with enable_virt_at_load"
check "vmxcore loads" modprobe vmxcore enable_virt_at_load=1
load_provider
check "the test client loads" modprobe vmxcore_test
for fd in 5 6 7 8; do
	check_gone $fd "  open file $fd still cannot be read"
done
exec 5<&- 6<&- 7<&- 8<&-
check_sysfs policy always
check_sysfs state on
check_sysfs clients/vmxcore/references 1
check_sysfs clients/vmxcore/module vmxcore
check_cpus "enable_virt_at_load" on on on
# shellcheck disable=SC2086 # or none
check "the modules are unloaded" modprobe -r vmxcore_test $provider_module vmxcore
