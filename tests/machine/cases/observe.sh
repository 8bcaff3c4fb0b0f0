# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=3 limit=420
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug 6.12-kcsan
# What admins see: /sys/kernel/vmxcore says what the CPUs say, to root; and the tracepoints tell how it came to that.

sysfs=/sys/kernel/vmxcore
debugfs=/sys/kernel/debug/vmxcore

backend=native provider='' provider_module=''
! borrowed || { backend=borrowed provider=kvm_intel provider_module=kvm_intel; }

# says FILE WANTED [DESCRIPTION]
says() {
	check_equal "${3:-  $1}" "$(cat "$sysfs/$1")" "$2"
}

# cpus DESCRIPTION STATE...: of CPU 0, 1, 2; in sysfs, and in the hardware.
cpus() {
	local description=$1 cpu=0 on='' state
	shift
	for state in "$@"; do
		says "cpus/cpu$cpu/state" "$state" "$description: CPU $cpu is $state"
		[ "$state" != on ] || on=$on${on:+,}$cpu
		check_equal "  since a moment that there is, if it is on" "$(since_of "$cpu")" "$state"
		cpu=$((cpu + 1))
	done
	check_vmx_on "$description" "${on:-none}"
}

# since_of CPU: "on" when the time is one, between the machine's start and now; its state when there is none.
since_of() {
	local since
	since=$(cat "$sysfs/cpus/cpu$1/since")
	if [ -z "$since" ]; then
		grep -vx on "$sysfs/cpus/cpu$1/state"
	elif is_past "$since"; then
		echo on
	fi
}

# is_past TIME: as /proc/uptime, with six decimals.
is_past() {
	echo "$1" | grep -qE '^[0-9]+\.[0-9]{6}$' && awk -v t="$1" '{ exit !(t > 0 && t <= $1 + 0.01) }' /proc/uptime
}

# later TIME TIME: the first is the later one.
later() {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'
}

# books DESCRIPTION: sysfs and debugfs are two ways to look at the same.
books() {
	local cpu dir name
	for cpu in 0 1 2; do
		echo "cpu $cpu $(cat $sysfs/cpus/cpu$cpu/state) refs $(cat $sysfs/cpus/cpu$cpu/references) all $(cat $sysfs/cpus/cpu$cpu/held)"
	done >/run/cpus
	for dir in "$sysfs"/clients/*; do
		[ -d "$dir" ] || continue
		name=${dir##*/}
		echo "client $name all $(cat "$dir/references") cpus$(ranges "$(cat "$dir/cpu_references")")"
	done | sort >/run/clients
	check "$1: CPUs as in debugfs" cmp /run/cpus $debugfs/cpus
	sort $debugfs/clients >/run/clients.debugfs
	check "$1: clients as in debugfs" cmp /run/clients /run/clients.debugfs
}

# ranges LIST: "0-1:2,2:1" as debugfs has it, " 0:2 1:2 2:1".
ranges() {
	echo "$1" | tr , '\n' | awk -F'[-:]' 'NF { for (cpu = $1; cpu <= $(NF - 1); cpu++) printf " %d:%d", cpu, $NF }'
}

# clients: who is there, by name.
clients() {
	(cd $sysfs/clients && echo *)
}

# modes MODE FILE...: all of them.
modes() {
	local wanted=$1
	shift
	check_equal "  mode $wanted: $# files, for instance ${1#"$sysfs"/}" "$(stat -c %a "$@" | sort -u)" "$wanted"
}

# as_nobody COMMAND-LINE: by somebody who is not root, and may enter the root folder, which is root's alone in an image.
as_nobody() {
	chmod 755 /
	mkdir -p /etc
	echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >/etc/passwd
	su -s /bin/sh nobody -c "$1"
}

# readable_by_nobody: files of sysfs that he can read.
readable_by_nobody() {
	# shellcheck disable=SC2016 # a program
	find $sysfs -type f | as_nobody 'while read -r file; do ! cat "$file" >/dev/null 2>&1 || echo "$file"; done' |
		sed "s|$sysfs/||" | sort | tr '\n' ' '
}

# for_everybody: what he should be.
for_everybody() {
	(cd $sysfs && printf '%s\n' backend policy provider state capabilities/*) | sort | tr '\n' ' '
}

# trace_begin [EVENT]: of vmxcore's, or all of them.
trace_begin() {
	echo 0 >"$tracing/events/vmxcore/enable"
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/vmxcore/${1:+$1/}enable"
}

# traced: the events since then, in order, without who, when, and how long it took, which must be a time.
traced() {
	sed -nE 's/^.*: (vmxcore_[a-z_]+: .*)$/\1/p' "$tracing/trace" |
		sed -E 's/ latency=[1-9][0-9]*( |$)/\1/; s/ $//'
}

# tells DESCRIPTION EVENT...: exactly these. CPUs that do something at once do so in any order: neighbours of one kind are
# sorted.
tells() {
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

# count EVENT: since trace_begin.
count() {
	grep -c ": $1: " "$tracing/trace"
}

# hits: of all events since trace_begin, those that the buffer has lost too.
hits() {
	cat "$tracing"/per_cpu/cpu*/stats | awk '/^(entries|overrun):/ { sum += $2 } END { print sum }'
}

check "vmxcore loads" modprobe vmxcore
says backend $backend
says state off
says policy on-demand
says provider ''
check_equal "no client" "$(ls $sysfs/clients)" ""
check_equal "the CPUs" "$(echo $sysfs/cpus/*)" "$sysfs/cpus/cpu0 $sysfs/cpus/cpu1 $sysfs/cpus/cpu2"
[ -z "$provider_module" ] || load_provider
says provider "$provider" "the provider is '$provider'"
check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
check "client b" vmxt register b
says clients/a/module vmxcore_test
says clients/a/references 0
says clients/a/cpu_references ''
says clients/a/since ''
says clients/a/exclusive 0
says clients/a/vpids 0
says clients/a/vmcss 0
cpus "no client holds VMX" off off off
books "no client holds VMX"

check "a gets" vmxt get a
cpus "a holds all" on on on
books "a holds all"
says state on
says clients/a/references 1
first=$(cat $sysfs/clients/a/since)
check "a holds since $first, which is past" is_past "$first"
cpu_first=$(cat $sysfs/cpus/cpu1/since)
sleep 1
check "a gets again" vmxt get a
says clients/a/references 2
says clients/a/since "$first" "  since then still"
check "a gets CPU 1" vmxt get_cpu a 1
check "a puts" vmxt put a
check "a puts again, and holds CPU 1" vmxt put a
says clients/a/references 0
says clients/a/cpu_references 1:1
says clients/a/since "$first" "  without a break"
says state partial
cpus "a holds CPU 1" off on off
says cpus/cpu1/since "$cpu_first" "  which has been on since before"
books "a holds CPU 1"
check "b gets CPU 1" vmxt get_cpu b 1
check "b gets CPU 1 again" vmxt get_cpu b 1
check "b gets CPU 2" vmxt get_cpu b 2
check "b gets CPU 2 again" vmxt get_cpu b 2
check "b gets CPU 0" vmxt get_cpu b 0
says clients/b/cpu_references 0:1,1-2:2
says cpus/cpu1/references 3
says cpus/cpu1/held 0
books "a and b hold CPUs"
check "a puts CPU 1" vmxt put_cpu a 1
says clients/a/since '' "  a holds nothing, and has no time"
check "b gets" vmxt get b
says cpus/cpu1/held 1
sleep 1
check "a gets" vmxt get a
check "  from now on" later "$(cat $sysfs/clients/a/since)" "$first"
check "a puts" vmxt put a

check "CPU 1 goes offline" online 1 0
cpus "without CPU 1" on offline on
says state on
says clients/b/cpu_references 0:1,2:2
says cpus/cpu1/references 0
check "CPU 1 comes online" online 1 1
cpus "CPU 1 is back" on on on
check "  on since it is back" later "$(cat $sysfs/cpus/cpu1/since)" "$cpu_first"
books "CPU 1 is back"
check "b puts" vmxt put b
check "b puts CPU 0" vmxt put_cpu b 0
check "b puts CPU 2" vmxt put_cpu b 2
b_first=$(cat $sysfs/clients/b/since)
check "  and holds it once, since $b_first" is_past "$b_first"
check "CPU 2 goes offline with what b had there" online 2 0
says clients/b/since '' "  b holds nothing"
check "CPU 2 comes online" online 2 1
cpus "no client holds VMX" off off off

check "a adopts a VMCS" vmxt vmcs a v
says clients/a/vmcss 1
check "  and frees it" vmxt vmcs_free v
says clients/a/vmcss 0
check "a and b take all VPIDs, in turns" vmxt vpids a b 65535
says clients/a/vpids 32768
says clients/b/vpids 32767
check "a gives its own back" vmxt vpids_free a 0
check "b gives its own back" vmxt vpids_free b 1
says clients/a/vpids 0
says clients/b/vpids 0

for file in "$sysfs"/capabilities/*; do
	name=${file##*/}
	case $name in
	revision | vmcs_size | memory_type) ;;
	*) echo "$name $(cat "$file")" ;;
	esac
done >/run/caps
check_equal "19 capability MSRs, as 16 digits" "$(grep -cE '^[a-z0-9_]+ 0x[0-9a-f]{16}$' /run/caps)" 19
basic=$(cat $sysfs/capabilities/basic)
says capabilities/revision "$(printf '0x%08x' $((basic & 0x7fffffff)))"
says capabilities/vmcs_size $((basic >> 32 & 0x1fff))
says capabilities/memory_type 6
check "  each is another's" later "$(cut -d' ' -f2 /run/caps | sort -u | wc -l)" 8

check "a gets CPU 1, for something to be seen" vmxt get_cpu a 1
modes 444 $sysfs/backend $sysfs/state $sysfs/policy $sysfs/provider $sysfs/capabilities/*
modes 400 $sysfs/cpus/*/* $sysfs/clients/*/*
check_equal "somebody else is not root" "$(as_nobody 'id -u')" 65534
check_equal "  and reads that, and nothing else" "$(readable_by_nobody)" "$(for_everybody)"
check_fails "nobody writes anything, root neither" sh -c "echo on >$sysfs/state"
check_equal "no address is in any file" "$(find $sysfs -type f ! -path '*/capabilities/*' -exec cat {} + | grep -ciE 'ffff[0-9a-f]{8}|0x')" 0
check "a puts CPU 1" vmxt put_cpu a 1

# gone FD DESCRIPTION: what is open there can be read no more.
gone() {
	check_equal "$2" "$(sh -c "cat <&$1" 2>&1)" "cat: read error: No such device"
}

check "x has VMX for itself" vmxt register x exclusive
says clients/x/exclusive 1
check "x goes" vmxt unregister x
with_provider=$(clients)
check_equal "who is refused is not shown" "$(vmxt get_cpu b 0 && vmxt -e EBUSY register y exclusive; clients)" \
	"vmxt: get_cpu b 0: 0
vmxt: register y exclusive: EBUSY
$with_provider"
check "b puts CPU 0" vmxt put_cpu b 0

exec 5<$sysfs/clients/a/references 6<$sysfs/clients/a/module
check "a goes while its files are open" vmxt unregister a
check_fails "  its directory is gone" test -e $sysfs/clients/a
gone 5 "  its count of references too"
gone 6 "  its module too"
check "another client gets its slot" vmxt register other
check "  and holds something" vmxt get_cpu other 1
gone 5 "  and shows nothing of it to who looked at a"
says clients/other/cpu_references 1:1
check "  it puts" vmxt put_cpu other 1
check "a is back" vmxt register a
says clients/a/references 0
gone 5 "  and what was open stays closed"
exec 5<&- 6<&-

echo global >"$tracing/trace_clock"
trace_begin
check "a gets" vmxt get a
check "a gets again" vmxt get a
check "a puts" vmxt put a
check "a puts again" vmxt put a
tells "traced: a holds all CPUs for a while" \
	"vmxcore_vmx_on: cpu=0 client=a result=0" "vmxcore_vmx_on: cpu=1 client=a result=0" "vmxcore_vmx_on: cpu=2 client=a result=0" \
	"vmxcore_get: client=a cpu=-1 references=1" "vmxcore_get: client=a cpu=-1 references=2" \
	"vmxcore_put: client=a cpu=-1 references=1" "vmxcore_put: client=a cpu=-1 references=0" \
	"vmxcore_vmx_off: cpu=0" "vmxcore_vmx_off: cpu=1" "vmxcore_vmx_off: cpu=2"
check "a gets CPU 1" vmxt get_cpu a 1
check "b gets CPU 1, in an interrupt" vmxt get_cpu b 1 irq
check "a puts CPU 1" vmxt put_cpu a 1
check "b puts CPU 1" vmxt put_cpu b 1
tells "traced: a and b hold CPU 1" "vmxcore_vmx_on: cpu=1 client=a result=0" "vmxcore_get: client=a cpu=1 references=1" \
	"vmxcore_get: client=b cpu=1 references=1" "vmxcore_put: client=a cpu=1 references=0" \
	"vmxcore_put: client=b cpu=1 references=0" "vmxcore_vmx_off: cpu=1"

check "b gets" vmxt get b
check "CPU 2 goes offline" online 2 0
check "CPU 2 comes online" online 2 1
check "b puts" vmxt put b
tells "traced: a CPU that goes and comes" \
	"vmxcore_vmx_on: cpu=0 client=b result=0" "vmxcore_vmx_on: cpu=1 client=b result=0" "vmxcore_vmx_on: cpu=2 client=b result=0" \
	"vmxcore_get: client=b cpu=-1 references=1" "vmxcore_vmx_off: cpu=2" "vmxcore_vmx_on: cpu=2 client= result=0" \
	"vmxcore_put: client=b cpu=-1 references=0" "vmxcore_vmx_off: cpu=0" "vmxcore_vmx_off: cpu=1" "vmxcore_vmx_off: cpu=2"

check "a foreign CR4.VMXE on CPU 1" vmxt vmxe 1 1
check "  a gets none: EBUSY" vmxt -e EBUSY get a
check "  it goes" vmxt vmxe 1 0
tells "traced: a refusal" \
	"vmxcore_vmx_on: cpu=0 client=a result=0" "vmxcore_vmx_on: cpu=1 client=a result=-16" "vmxcore_vmx_on: cpu=2 client=a result=0" \
	"vmxcore_vmx_off: cpu=0" "vmxcore_vmx_off: cpu=2" "vmxcore_refused: client=a cpu=1 error=-16"
check "x has VMX for itself" vmxt register x exclusive
check "  a gets none" vmxt -e EBUSY get a
check "  nor CPU 2" vmxt -e EBUSY get_cpu a 2
check "  x goes" vmxt unregister x
tells "traced: a client that has VMX for itself, and nothing goes on for another" \
	"vmxcore_refused: client=a cpu=-1 error=-16" "vmxcore_refused: client=a cpu=2 error=-16"

check "a gets CPU 0" vmxt get_cpu a 0
check "b gets CPU 0" vmxt get_cpu b 0
check "a has a VMCS" vmxt vmcs a v
check "b has one" vmxt vmcs b w
trace_begin
check "a's is loaded" vmxt vmcs_load v 0 3
check "  again" vmxt vmcs_load v 0 0
check "b's is loaded" vmxt vmcs_load w 0 3
check "a's is loaded" vmxt vmcs_load v 0 0
tells "traced: two clients on CPU 0" "vmxcore_vmcs_switch: cpu=0 from=? to=a" "vmxcore_vmcs_switch: cpu=0 from=a to=b" \
	"vmxcore_vmcs_switch: cpu=0 from=b to=a"
check "a's is freed" vmxt vmcs_free v
check "b's is freed" vmxt vmcs_free w
trace_begin
dmesg_mark
check "a goes with its reference" vmxt unregister a
check "  the log says so" dmesg_has "client 'a' .* went away"
tells "traced: what is taken back" "vmxcore_put: client=a cpu=0 references=0"
check "a is back" vmxt register a
check "b puts CPU 0" vmxt put_cpu b 0

trace_begin vmxcore_vpid_alloc
check "a and b take all VPIDs" vmxt vpids a b 65535
check_equal "traced: 65535 VPIDs" "$(hits)" 65535
# The whole of it takes the machine a minute to write.
check "  in turns" sh -c "head -n 20 $tracing/trace | grep -qE ' vmxcore_vpid_alloc: client=a vpid=[0-9]+$'"
trace_begin vmxcore_vpid_free
check "a gives its own back" vmxt vpids_free a 0
check_equal "traced: 32768 of them" "$(hits)" 32768
check "b gives its own back" vmxt vpids_free b 1
check_equal "  and the others" "$(hits)" 65535

trace_begin
check "a storm of 4 threads" vmxt storm 100
echo 0 >"$tracing/events/vmxcore/enable"
check_equal "traced: its gets" "$(count vmxcore_get)" 400
check_equal "  its puts" "$(count vmxcore_put)" 400
check_equal "  VMX went off as often as on" "$(count vmxcore_vmx_off)" "$(count vmxcore_vmx_on)"
check_equal "  none of it failed" "$(grep -E ' vmxcore_vmx_on: ' "$tracing/trace" | grep -vc 'client=storm .*result=0$') $(count vmxcore_refused)" "0 0"
echo 1 >"$tracing/events/vmxcore/enable"

# Whoever reads in a loop: a file that goes under his hands is none, or no device; nothing else may go wrong.
reader() {
	local rounds=0
	while [ ! -e /run/enough ]; do
		cat $sysfs/state $sysfs/clients/*/* $sysfs/cpus/*/* 2>&1 >/dev/null
		rounds=$((rounds + 1))
	done | grep -vE 'No such (file or directory|device)$' >"/run/reader.$1"
}

# read_during DESCRIPTION COMMAND...: with three readers.
read_during() {
	local description=$1 readers='' i
	shift
	rm -f /run/enough
	for i in 1 2 3; do
		reader $i &
		readers="$readers $!"
	done
	check "$description, while three read all there is" "$@"
	: >/run/enough
	# shellcheck disable=SC2086 # three
	wait $readers
	check_equal "  and find nothing wrong" "$(cat /run/reader.*)" ""
}

hotplug() {
	local i
	for i in 1 2 3 4; do
		online 2 0 && online 2 1 || return 1
	done
}

read_during "a client comes and goes" vmxt churn "$(amount 150 5000)"
read_during "clients get and put" vmxt storm "$(amount 300 5000)"
check "a storm begins" vmxt storm_start
read_during "a CPU comes and goes in it" hotplug
check "the storm ends" vmxt storm_stop
books "after all that"
cpus "after all that" off off off

check "the last events are traced" test "$(hits)" -gt 0
exec 5<$sysfs/state 6<$sysfs/cpus/cpu0/since 7<$sysfs/clients/a/since 8<$sysfs/capabilities/basic
# shellcheck disable=SC2086 # or none
check "unloaded while files are open" modprobe -r vmxcore_test $provider_module vmxcore
check_fails "  nothing is left" test -e $sysfs
for fd in 5 6 7 8; do
	gone $fd "  nothing can be read, file $fd"
done
check "loaded again, with enable_virt_at_load" modprobe vmxcore enable_virt_at_load=1
load_provider
check "  and the test client" modprobe vmxcore_test
for fd in 5 6 7 8; do
	gone $fd "  what was open stays closed, file $fd"
done
exec 5<&- 6<&- 7<&- 8<&-
says policy always
says state on
says clients/vmxcore/references 1
says clients/vmxcore/module vmxcore
cpus "enable_virt_at_load" on on on
# shellcheck disable=SC2086 # or none
check "the modules are unloaded" modprobe -r vmxcore_test $provider_module vmxcore
