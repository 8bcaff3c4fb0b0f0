# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3 limit=420
# kernels: 6.12 7.2
# more-kernels: 6.1
# vmxctl says what the CPUs say, whoever holds VMX: nobody, the distribution's KVM, clients of vmxcore, somebody unknown.

# json REGEX: what its group matches in the JSON of vmxctl status, each on a line.
json() {
	sed -nE "s/$1/\\1/p" /run/json
}

# holders: their names.
holders() {
	sed -n '/^  "holders":/,/^  \]/p' /run/json | sed -nE 's/^ *"name":"(.*)",$/\1/p' | xargs
}

# hardware VMX|VMXE: CPUs on which the hardware says so.
hardware() {
	sed -nE "s/^cpu ([0-9]+) .*\\b$1 1 .*/\\1/p" /sys/kernel/debug/vmxcore_cpus | xargs | tr ' ' ,
}

# books STATE: CPUs of which vmxctl says that vmxcore says so.
books() {
	awk -F: -v state="\"$1\"," '$1 ~ /"cpu"/ { cpu = $2 + 0 } $1 ~ /"state"/ && $2 == state { print cpu }' /run/json | xargs | tr ' ' ,
}

# holds DESCRIPTION CPUS [HOLDER...]: VMX is on there, and vmxctl names these, in each of its languages.
holds() {
	local description=$1 cpus=$2 held=no free=0 gauge=0
	shift 2
	[ $# = 0 ] || { held=yes free=1 gauge=1; }
	check_equal "$description: VMX is on on CPUs '$cpus'" "$(hardware vmx)" "$cpus"
	vmxctl --json status >/run/json 2>/run/notes
	check_equal "  status: nothing to complain of" "$? $(cat /run/notes)" "0 "
	cat /run/json
	check_equal "  VMX is held: $held, by '$*', and that is all" \
		"$(json '^  "(schema|held|complete)":(.*),' | xargs) $(json '^  "schema":(.*),') $(json '^  "held":"(.*)",') $(json '^  "complete":(.*),') $(holders)" \
		"schema held complete 1 $held true $*"
	vmxctl --no-colour status --free >/run/text
	check_equal "  for a script: free or not" "$?" $free
	check_equal "  for people: the same" "$(sed -nE 's/^VT-x is held by ([^ ]*) .*/\1/p' /run/text | xargs)" "$*"
	vmxctl metrics >/run/metrics
	check_equal "  for Prometheus: the same" \
		"$(sed -nE 's/^vmxctl_vmx_held //p; s/^vmxctl_holder\{name="([^"]*)".*/\1/p' /run/metrics | xargs)" "$gauge${1:+ }$*"
}

check "what asks the CPUs loads" modprobe vmxcore_cpus
holds "nothing is loaded" ""
check "  vmxcore: not loaded" grep -qx "vmxcore: not loaded" /run/text
check_equal "clients: there are none, and an error" "$(vmxctl clients 2>&1 || echo $?)" "vmxctl: vmxcore is not loaded: it has no clients
3"

check "stock KVM loads, VMX on demand" load_stock 0
holds "stock KVM, no VM" ""
check "  whose kvm_intel that is" grep -q "^module kvm_intel: .*, the distribution's, use count 0" /run/text
vm_start --vcpus 2
holds "stock KVM, a VM" 0,1,2 kvm_intel
# shellcheck disable=SC2154 # vm_start's
check "  its process" grep -qx "process $vm (vmrun): 1 VM of KVM" /run/text
vm_end
check "the modules are unloaded" modprobe -r kvm_intel kvm
if [ "$(line)" != 6.1 ]; then
	check "stock KVM loads, VMX at load" load_stock 1
	holds "stock KVM, VMX at load" 0,1,2 kvm_intel
	check_equal "  no process" "$(grep -c ^process /run/text)" 0
	check "the modules are unloaded" modprobe -r kvm_intel kvm
fi

check "vmxcore loads" modprobe vmxcore
holds "vmxcore without clients" ""
load_provider
check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
holds "one client, which holds nothing" ""
check_equal "  CPUs are off" "$(books off)" 0,1,2
check_equal "  backend" "$(json '^    "backend":"(.*)",') $(json '^    "provider":(.*),')" \
	"$(borrowed && echo 'borrowed "kvm_intel"' || echo 'native null')"
check "a gets CPU 1" vmxt get_cpu a 1
holds "a holds CPU 1" 1 a
check_equal "  which is on" "$(books on)" 1
check "  and CPU 1 only" grep -qE "^VT-x is held by a \(client of vmxcore\) on CPU:times 1:1, since " /run/text
check "client b" vmxt register b
check "b gets" vmxt get b
check "client c" vmxt register c
check "c gets CPU 2" vmxt get_cpu c 2
holds "three clients" 0,1,2 a b c
check_equal "  CPUs are on" "$(books on)" 0,1,2
check "  b on all CPUs" grep -qE "^VT-x is held by b \(client of vmxcore\) on all CPUs, since .*\([0-9]+ s\)" /run/text
check_equal "  clients says what they hold" "$(vmxctl clients | sed -nE 's/^(.) \(module vmxcore_test\): (holds )?([^,;]*).*/\1 \3/p' | grep '^[abc] ')" \
	"$(printf '%s\n' 'a CPU:times 1:1' 'b all CPUs 1 times' 'c CPU:times 2:1')"
check "CPU 1 goes offline, with a's reference" online 1 0
holds "two clients" 0,2 b c
check_equal "  and a CPU that is offline" "$(books offline)" 1

if ! borrowed; then
	check "CPU 1 breaks" vmxt revision 1 1
	check_fails "  it is not let online" online 1 1
	holds "a CPU is refused" 0,2 b c
	check_equal "  it is offline" "$(books offline)" 1
	check "CPU 1 is repaired" vmxt revision 1 0
fi
check "CPU 1 comes online" online 1 1
holds "it is back" 0,1,2 b c
check "b puts" vmxt put b
check "c puts CPU 2" vmxt put_cpu c 2
holds "no client holds VMX" ""

check "x has VMX for itself" vmxt register x exclusive
check "x gets" vmxt get x
holds "x, exclusively" 0,1,2 x
check "  status says so" grep -qE "^VT-x is held by x .*, exclusively\$" /run/text
check "x goes" vmxt unregister x
check "CR4.VMXE is set on CPU 1 behind everybody's back" vmxt vmxe 1 1
holds "a foreign owner, before VMXON" "" foreign
check_equal "  CR4 says the same" "$(hardware vmxe) $(grep -oE "on CPUs .*" /run/text)" "1 on CPUs 1"
check "  it goes" vmxt vmxe 1 0
check "another hypervisor executes VMXON on CPU 2" vmxt foreign 2 1
check "a gets CPU 0" vmxt get_cpu a 0
holds "a client, and a foreign owner" 0,2 a foreign
check_equal "  vmxcore's CPU is the client's" "$(books on)" 0
check "a puts CPU 0" vmxt put_cpu a 0
check "it executes VMXOFF" vmxt foreign 2 0
holds "it has gone" ""

# in_background FILE ARGUMENT...: vmxctl, whose output is complete when ended has returned.
in_background() {
	local to=$1
	shift
	vmxctl "$@" >"$to" 2>&1 &
	background=$!
}

ended() {
	local status=0
	wait "$background" || status=$?
	check_equal "  it ended well" "$status" 0
}

instances=/sys/kernel/tracing/instances

# records N: one instance, with that many events enabled.
records() {
	[ "$(cat $instances/vmxctl*/events/vmxcore/*/enable | grep -c 1)" = "$1" ] && [ "$(find $instances -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
}

in_background /run/trace --json trace --client a --event vmxcore_get --event vmxcore_put --event vmxcore_refused --count 4
check "trace has begun" wait_until 20 records 3
check "  b, of whom it is not asked, gets" vmxt get b
check "  a gets" vmxt get a
check "  a puts" vmxt put a
check "  b puts" vmxt put b
check "  a gets CPU 1" vmxt get_cpu a 1
check "  a puts CPU 1" vmxt put_cpu a 1
ended
check_equal "  what it has seen: a, and in this order" \
	"$(sed -nE 's/.*"event": ?"([a-z_]*)".*"client": ?"(.)".*"cpu": ?(-?[0-9]+).*/\1 \2 \3/p' /run/trace | xargs)" "vmxcore_get a -1 vmxcore_put a -1 vmxcore_get a 1 vmxcore_put a 1"
check_equal "  nothing is left of it" "$(ls $instances)" ""
in_background /run/trace trace
check "trace has begun again" wait_until 20 records 9
kill -KILL "$background"
wait "$background"
check "  killed, it leaves its instance" records 9
in_background /run/trace trace --event vmxcore_refused --count 1
check "  the next one cleans up" wait_until 20 records 1
check "  a is refused" sh -c "vmxt vmxe 1 1 && vmxt -e EBUSY get a; vmxt vmxe 1 0"
ended
check "  it says so" grep -q 'a.*refused\|refused.*a' /run/trace
check_equal "  nothing is left" "$(ls $instances)" ""

in_background /run/watch watch --interval 0.2
check "watch has begun" wait_until 10 grep -q "^VT-x is free" /run/watch
check "  a gets" vmxt get a
check "  it says so" wait_until 10 grep -q "^VT-x is held by a " /run/watch
check "  a goes" vmxt unregister a
check "  it says so" wait_until 10 sh -c 'tail -n 8 /run/watch | grep -q "^VT-x is free"'
check "vmxcore goes while it is watched" sh -c "modprobe -r vmxcore_test && modprobe -r kvm_intel vmxcore"
check "  it says so" wait_until 10 grep -q "^vmxcore: not loaded" /run/watch
kill "$background"
ended
log "$(cat /run/watch)"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test

# caps reads the same registers by two ways.
check "caps, by vmxcore" sh -c "vmxctl caps >/run/caps.vmxcore"
check "  IPI virtualization among them" grep -q "IPI virtualization" /run/caps.vmxcore
check "clients and vmxcore are unloaded" sh -c "modprobe -r vmxcore_test && modprobe -r kvm_intel vmxcore"
check "msr loads, and what asks the CPUs" modprobe -a msr vmxcore_cpus
check "caps, by MSRs of 3 CPUs" sh -c "vmxctl caps >/run/caps.msr"
check "  the same" sh -c "diff /run/caps.vmxcore /run/caps.msr | grep '^[<>]' | grep -v 'from '; ! diff /run/caps.vmxcore /run/caps.msr | grep '^[<>]' | grep -qv 'from '"
holds "nothing is loaded any more" ""
