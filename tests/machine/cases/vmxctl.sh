# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=3 limit=420
# kernels: 6.12 7.2
# more-kernels: 6.1
# vmxctl shows the state that the CPUs have when no hypervisor holds VMX, the
# distribution's KVM, clients of vmxcore, or an unknown owner.

# json REGEX: prints what the group of REGEX matches in the JSON of vmxctl
# status, one per line.
json() {
	sed -nE "s/$1/\\1/p" /run/json
}

# holders: the names of those that hold VMX.
holders() {
	sed -n '/^  "holders":/,/^  \]/p' /run/json | sed -nE 's/^ *"name":"(.*)",$/\1/p' | xargs
}

# hardware vmx|vmxe: the CPUs that have it on.
hardware() {
	sed -nE "s/^cpu ([0-9]+) .*\\b$1 1 .*/\\1/p" /sys/kernel/debug/vmxcore_cpus | xargs |
		tr ' ' ,
}

# cpus_in STATE: the CPUs that vmxcore has in that state, by vmxctl.
cpus_in() {
	awk -F: -v state="\"$1\"," '$1 ~ /"cpu"/ { cpu = $2 + 0 }
		$1 ~ /"state"/ && $2 == state { print cpu }' /run/json | xargs | tr ' ' ,
}

# check_holders DESCRIPTION CPUS [HOLDER...]: VMX is on there, and vmxctl names
# these in each of its formats.
check_holders() {
	local description=$1 cpus=$2 held=no free=0 gauge=0
	shift 2
	[ $# = 0 ] || { held=yes free=1 gauge=1; }
	check_equal "$description: VMX is on on CPUs '$cpus'" "$(hardware vmx)" "$cpus"
	vmxctl --json status >/run/json 2>/run/notes
	check_equal "  status prints no error" "$? $(cat /run/notes)" "0 "
	cat /run/json
	check_equal "  JSON: held: $held, by '$*', complete" \
		"$(json '^  "(schema|held|complete)":(.*),' | xargs) $(json '^  "schema":(.*),')\
 $(json '^  "held":"(.*)",') $(json '^  "complete":(.*),') $(holders)" \
		"schema held complete 1 $held true $*"
	vmxctl --no-colour status --free >/run/text
	check_equal "  the status of --free says the same" "$?" $free
	check_equal "  the text says the same" \
		"$(sed -nE 's/^VT-x is held by ([^ ]*) .*/\1/p' /run/text | xargs)" "$*"
	vmxctl metrics >/run/metrics
	check_equal "  the metrics say the same" \
		"$(sed -nE 's/^vmxctl_vmx_held //p; s/^vmxctl_holder\{name="([^"]*)".*/\1/p' \
			/run/metrics | xargs)" "$gauge${1:+ }$*"
}

check "the module that reads the CPUs' state loads" modprobe vmxcore_cpus
check_holders "nothing is loaded" ""
check "  it says that vmxcore is not loaded" grep -qx "vmxcore: not loaded" /run/text
check_equal "vmxctl clients fails" "$(vmxctl clients 2>&1 || echo $?)" \
	"vmxctl: vmxcore is not loaded, so it has no clients
3"

about "stock KVM"
check "it loads, VMX on demand" load_stock 0
check_holders "no VM" ""
check "  it says that this is the distribution's kvm_intel" \
	grep -q "^module kvm_intel: .*, the distribution's, use count 0" /run/text
vm_start --vcpus 2
check_holders "a VM" 0,1,2 kvm_intel
# shellcheck disable=SC2154 # vm_start's
check "  it names the process" grep -qx "process $vm (vmrun): 1 VM of KVM" /run/text
vm_end
check "the modules are unloaded" modprobe -r kvm_intel kvm
if [ "$(line)" != 6.1 ]; then
	about "stock KVM, VMX at load"
	check "it loads" load_stock 1
	check_holders "no VM" 0,1,2 kvm_intel
	check_equal "  it names no process" "$(grep -c ^process /run/text)" 0
	check "the modules are unloaded" modprobe -r kvm_intel kvm
fi

about "clients"
check "vmxcore loads" modprobe vmxcore
check_holders "vmxcore without clients" ""
load_provider
check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
check_holders "one client, which holds nothing" ""
check_equal "  it shows all CPUs off" "$(cpus_in off)" 0,1,2
check_equal "  it shows the backend" \
	"$(json '^    "backend":"(.*)",') $(json '^    "provider":(.*),')" \
	"$(borrowed && echo 'borrowed "kvm_intel"' || echo 'native null')"
check "a gets CPU 1" vmxt get_cpu a 1
check_holders "a holds CPU 1" 1 a
check_equal "  it shows CPU 1 on" "$(cpus_in on)" 1
check "  the text says which CPU" \
	grep -qE "^VT-x is held by a \(client of vmxcore\) on CPU:times 1:1, since " /run/text
check "client b" vmxt register b
check "b gets" vmxt get b
check "client c" vmxt register c
check "c gets CPU 2" vmxt get_cpu c 2
check_holders "three clients" 0,1,2 a b c
check_equal "  it shows all CPUs on" "$(cpus_in on)" 0,1,2
check "  the text says that b holds all CPUs" grep -qE \
	"^VT-x is held by b \(client of vmxcore\) on all CPUs, since .*\([0-9]+ s\)" /run/text
check_equal "  vmxctl clients shows what they hold" "$(vmxctl clients |
	sed -nE 's/^(.) \(module vmxcore_test\): (holds )?([^,;]*).*/\1 \3/p' | grep '^[abc] ')" \
	"$(printf '%s\n' 'a CPU:times 1:1' 'b all CPUs 1 times' 'c CPU:times 2:1')"
check "CPU 1 goes offline, with a's reference" online 1 0
check_holders "two clients" 0,2 b c
check_equal "  it shows the CPU that is offline" "$(cpus_in offline)" 1

if ! borrowed; then
	check "CPU 1 breaks" vmxt revision 1 1
	check_fails "  it does not come online" online 1 1
	check_holders "a CPU is refused" 0,2 b c
	check_equal "  it shows the CPU offline" "$(cpus_in offline)" 1
	check "CPU 1 is repaired" vmxt revision 1 0
fi
check "CPU 1 comes online" online 1 1
check_holders "VMX is on there again" 0,1,2 b c
check "b puts" vmxt put b
check "c puts CPU 2" vmxt put_cpu c 2
check_holders "no client holds VMX" ""

about "other owners"
check "x has VMX for itself" vmxt register x exclusive
check "x gets" vmxt get x
check_holders "x holds all" 0,1,2 x
check "  the text says that x is exclusive" \
	grep -qE "^VT-x is held by x .*, exclusively\$" /run/text
check "x unregisters" vmxt unregister x
check "CR4.VMXE is set on CPU 1 behind vmxcore's back" vmxt vmxe 1 1
check_holders "a foreign owner, before VMXON" "" foreign
check_equal "  CR4 and the text say so" \
	"$(hardware vmxe) $(grep -oE "on CPUs .*" /run/text)" "1 on CPUs 1"
check "CR4.VMXE is cleared" vmxt vmxe 1 0
check "another hypervisor executes VMXON on CPU 2" vmxt foreign 2 1
check "a gets CPU 0" vmxt get_cpu a 0
check_holders "a client, and a foreign owner" 0,2 a foreign
check_equal "  it shows CPU 0 on by vmxcore" "$(cpus_in on)" 0
check "a puts CPU 0" vmxt put_cpu a 0
check "the other hypervisor executes VMXOFF" vmxt foreign 2 0
check_holders "no hypervisor is left" ""

# in_background FILE ARGUMENT...: starts vmxctl. Its output is complete after
# check_ended.
in_background() {
	local to=$1
	shift
	vmxctl "$@" >"$to" 2>&1 &
	background=$!
}

check_ended() {
	local status=0
	wait "$background" || status=$?
	check_equal "  it ends with status 0" "$status" 0
}

instances=/sys/kernel/tracing/instances

# records N: true if there is one instance, with that many events enabled.
records() {
	[ "$(cat $instances/vmxctl*/events/vmxcore/*/enable | grep -c 1)" = "$1" ] &&
		[ "$(find $instances -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
}

about "trace"
in_background /run/trace --json trace --client a --event vmxcore_get --event vmxcore_put \
	--event vmxcore_refused --count 4
check "trace of client a begins" wait_until 20 records 3
check "  b gets" vmxt get b
check "  a gets" vmxt get a
check "  a puts" vmxt put a
check "  b puts" vmxt put b
check "  a gets CPU 1" vmxt get_cpu a 1
check "  a puts CPU 1" vmxt put_cpu a 1
check_ended
check_equal "  it shows the events of a" "$(sed -nE \
	's/.*"event": ?"([a-z_]*)".*"client": ?"(.)".*"cpu": ?(-?[0-9]+).*/\1 \2 \3/p' \
	/run/trace | xargs)" \
	"vmxcore_get a -1 vmxcore_put a -1 vmxcore_get a 1 vmxcore_put a 1"
check_equal "  its instance is gone" "$(ls $instances)" ""
in_background /run/trace trace
check "trace of all begins" wait_until 20 records 9
kill -KILL "$background"
wait "$background"
check "trace is killed, and leaves its instance" records 9
in_background /run/trace trace --event vmxcore_refused --count 1
check "  the next one deletes it" wait_until 20 records 1
check "  a is refused" sh -c "vmxt vmxe 1 1 && vmxt -e EBUSY get a; vmxt vmxe 1 0"
check_ended
check "  trace shows the refusal" grep -q 'a.*refused\|refused.*a' /run/trace
check_equal "  no instance is left" "$(ls $instances)" ""

in_background /run/watch watch --interval 0.2
about "watch"
check "watch begins" wait_until 10 grep -q "^VT-x is free" /run/watch
check "a gets" vmxt get a
check "  watch shows it" wait_until 10 grep -q "^VT-x is held by a " /run/watch
check "a unregisters" vmxt unregister a
check "  watch shows it" wait_until 10 sh -c 'tail -n 8 /run/watch | grep -q "^VT-x is free"'
check "vmxcore is unloaded" sh -c "modprobe -r vmxcore_test && modprobe -r kvm_intel vmxcore"
check "  watch shows it" wait_until 10 grep -q "^vmxcore: not loaded" /run/watch
kill "$background"
check_ended
log "$(cat /run/watch)"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test

# vmxctl reads the same registers by two ways.
about "caps"
check "vmxctl caps reads them from vmxcore" sh -c "vmxctl caps >/run/caps.vmxcore"
check "  IPI virtualization is among them" grep -q "IPI virtualization" /run/caps.vmxcore
check "vmxcore is unloaded" sh -c "modprobe -r vmxcore_test && modprobe -r kvm_intel vmxcore"
check "msr and the module that reads the CPUs' state load" modprobe -a msr vmxcore_cpus
check "vmxctl caps reads the MSRs of 3 CPUs" sh -c "vmxctl caps >/run/caps.msr"
for from in vmxcore msr; do
	grep -vi '^ *from ' /run/caps.$from >/run/caps.$from.values
done
check "  the values are the same" diff /run/caps.vmxcore.values /run/caps.msr.values
check_holders "nothing is loaded any more" ""
