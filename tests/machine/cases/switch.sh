# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=600
# more-kernels: 6.1 7.2
# vmxctl switch: from the distribution's kvm_intel to ours and back; what was there stays, or comes back, where that cannot be.

stock=/lib/modules/$(uname -r)/kernel
updates=/lib/modules/$(uname -r)/updates
conf=/etc/modprobe.d/switch.conf
mkdir -p /etc/modprobe.d

# switched STATUS OPTION...: its standard output is in /run/said, all else in /run/noted.
switched() {
	local wanted=$1 status=0
	shift
	vmxctl switch "$@" >/run/said 2>/run/noted || status=$?
	cat /run/said /run/noted
	check_equal "vmxctl switch $*" "$status" "$wanted"
}

says() {
	check "  it says: $1" grep -qE "$1" /run/said
}

notes() {
	check "  it notes: $1" grep -qE "$1" /run/noted
}

# Addresses and use counts too: what has been loaded anew has others.
loaded() {
	grep -E '^(kvm|vmxcore|irqbypass|minivisor)' /proc/modules
}

# is_foreign MODULE: by the kernel's own account it was not built with it.
is_foreign() {
	grep -q O "/sys/module/$1/taint"
}

# ours_is_loaded, stock_is_loaded: of all modules, as the kernel sees them. In 6.1 kvm.ko is the stock one with ours too.
ours_is_loaded() {
	check "  kvm_intel is ours" is_foreign kvm_intel
	check "  it uses vmxcore" grep -q '^vmxcore .*[ ,]kvm_intel,' /proc/modules
	if [ "$(line)" = 6.1 ]; then
		check_fails "  kvm is the distribution's" is_foreign kvm
	else
		check "  kvm is ours" is_foreign kvm
	fi
}

stock_is_loaded() {
	check "  kvm_intel is loaded" grep -q '^kvm_intel ' /proc/modules
	check_fails "  it is the distribution's" is_foreign kvm_intel
	check_fails "  kvm is the distribution's" is_foreign kvm
	check_fails "  vmxcore is not loaded" grep -q '^vmxcore ' /proc/modules
}

# planned ours|stock: a dry run does nothing; what it says is in /run/plan.
planned() {
	loaded >/run/before
	dmesg_mark
	switched 0 "$1" --dry-run
	cp /run/said /run/plan
	loaded >/run/after
	check "  nothing is loaded or unloaded" cmp /run/before /run/after
	check_equal "  the kernel has nothing to say" "$(dmesg_since)" ""
}

# as_planned: what was done last is what the plan said.
as_planned() {
	head -n -1 /run/said >/run/done
	check "  it does what the dry run said" cmp /run/plan /run/done
}

# refused_for_a_vm ours|stock
refused_for_a_vm() {
	loaded >/run/before
	switched 1 "$1"
	# shellcheck disable=SC2154 # vm_start sets it
	says "vms: process $vm \(vmrun\) runs 1 VM$"
	loaded >/run/after
	check "  nothing is changed" cmp /run/before /run/after
	check_vm_computes "  the VM runs on"
}

# vmxctl_waits: the one in the background is at the command that stands for loading vmxcore.
vmxctl_waits() {
	[ -e /run/waiting ]
}

# background ours|stock: it waits where vmxcore is to be loaded.
background() {
	rm -f /run/waiting
	echo "install vmxcore : >/run/waiting; sleep 600" >$conf
	setsid vmxctl switch "$1" >/run/said 2>/run/noted &
	vmxctl=$!
	check "vmxctl switch $1 has unloaded the old one" wait_until 60 vmxctl_waits
	check_fails "  which is gone" grep -q '^kvm_intel ' /proc/modules
}

ended() {
	status=0
	wait "$vmxctl" || status=$?
	cat /run/said /run/noted
}

# The distribution's to ours.
check "the distribution's kvm_intel is loaded" load_stock 1 nested=0
planned ours
vm_start --vcpus 2
refused_for_a_vm ours
vm_end
switched 0 ours
as_planned
says "kvm_intel is vmxcore's now"
notes "kvm_intel.nested was N and is Y now"
ours_is_loaded
check "the test client is loaded" modprobe vmxcore_test
vm_start --vcpus 2
check_vmx_on "  vmxcore has VMX on, and nobody else" 0,1
check "the test client is unloaded" rmmod vmxcore_test
refused_for_a_vm stock
vm_end
loaded >/run/before
switched 0 ours
says "kvm_intel is vmxcore's already"
loaded >/run/after
check "  nothing is changed" cmp /run/before /run/after

# Other clients of vmxcore are named.
check "minivisor is loaded" modprobe minivisor
switched 1 stock
says "module minivisor .client minivisor.* uses vmxcore"
ours_is_loaded
check "minivisor is unloaded" rmmod minivisor

# Between the look and the deed somebody starts a VM: the pipe is full, so it waits at its first line.
mkfifo /run/pipe
exec 9<>/run/pipe
dd if=/dev/zero bs=4096 count=16 >&9 2>/dev/null
vmxctl switch stock >/run/pipe 2>/run/noted &
vmxctl=$!
check "vmxctl switch stock is about to unload" wait_until 60 grep -q pipe_write /proc/$vmxctl/wchan
vm_start
dd bs=65536 count=1 <&9 >/dev/null 2>&1
ended
dd bs=65536 count=1 <&9 2>/dev/null | tr -d '\0' >/run/said
exec 9<&-
cat /run/said
check_equal "  it is refused" "$status" 1
says "process $vm \(vmrun\) runs 1 VM"
ours_is_loaded
check_vm_computes "  the VM runs on"
vm_end

# Ours to the distribution's.
echo "options kvm_intel nested=0" >$conf
planned stock
switched 0 stock
as_planned
says "kvm_intel is the distribution's now"
stock_is_loaded
check_equal "  it has its parameter from modprobe.d" "$(cat /sys/module/kvm_intel/parameters/nested)" N
check "  a VM runs" vmrun --vcpus 2 --rounds 3
switched 0 stock
says "kvm_intel is the distribution's already"

# Ours does not load: the distribution's comes back.
for line in "install vmxcore /bin/false" "install kvm_intel /bin/true" "options vmxcore enable_virt_at_load=perhaps"; do
	log "$line"
	echo "$line" >$conf
	switched 4 ours
	says "failed; all is as it was, kvm_intel is the distribution's"
	notes "vmxcore.* is not loaded|kvm_intel is still not the one that was wanted"
	notes "kvm/kvm-intel.ko is loaded again"
	stock_is_loaded
done
check "  a VM runs" vmrun --rounds 3

# What comes back has the parameters that it had, and not those that modprobe gives it: with at-load=1 the distribution's would not
# load either, as another hypervisor has VMX on a CPU.
check "the distribution's is unloaded" modprobe -r kvm_intel kvm
if [ "$(line)" = 6.12 ]; then
	rm $conf
	check "another hypervisor executes VMXON on CPU 1" sh -c "modprobe vmxcore_test && vmxt foreign 1 1 && modprobe -r vmxcore_test vmxcore"
else
	echo "install vmxcore /bin/false" >$conf
fi
check "the distribution's is loaded by hand, with parameters of its own" load_stock 0 nested=0 ple_gap=64
check "  and gets another one afterwards" sh -c "echo 54321 >/sys/module/kvm/parameters/halt_poll_ns"
grep -r . /sys/module/kvm/parameters /sys/module/kvm_intel/parameters | sort >/run/before
switched 4 ours
says "failed; all is as it was, kvm_intel is the distribution's"
stock_is_loaded
grep -r . /sys/module/kvm/parameters /sys/module/kvm_intel/parameters | sort >/run/after
check "  with the parameters it had, every one" diff /run/before /run/after
check_fails "  of which nothing has to be said" grep -E "kvm(_intel)?\..* was" /run/noted
if [ "$(line)" = 6.12 ]; then
	check "the other hypervisor executes VMXOFF" sh -c "rmmod kvm_intel kvm && modprobe vmxcore_test && vmxt foreign 1 0 && modprobe -r vmxcore_test vmxcore"
	check "the distribution's is loaded" load_stock 0
fi
check "  a VM runs" vmrun --rounds 3

# Nor does the distribution's come back, as its file has gone meanwhile.
file=$stock/arch/x86/kvm/kvm-intel.ko
echo "install vmxcore mv $file $file.hidden; false" >$conf
switched 5 ours
says "failed, and what was loaded before is not loaded again: kvm_intel is not loaded"
notes "kvm/kvm-intel.ko is not loaded again"
check_fails "  there is no kvm_intel" grep -q '^kvm_intel ' /proc/modules
mv "$file.hidden" "$file"
switched 0 stock
stock_is_loaded

# It cannot be loaded, as is known before.
loaded >/run/before
echo "blacklist vmxcore" >$conf
switched 1 ours
says "vmxcore is blacklisted"
rm $conf
mv "$updates/vmxcore.ko" "$updates/vmxcore.hidden"
switched 1 ours
says "kvm-intel.ko needs vmxcore, which modprobe does not find"
mv "$updates/vmxcore.hidden" "$updates/vmxcore.ko"
loaded >/run/after
check "nothing is changed" cmp /run/before /run/after

# Ctrl-C half-way, and another one meanwhile.
background ours
switched 1 stock
says "another vmxctl switch is running"
kill -INT "-$vmxctl"
ended
check_equal "interrupted half-way it goes back" "$status" 4
stock_is_loaded
background ours
kill -TERM "-$vmxctl"
ended
check_equal "terminated half-way it goes back" "$status" 4
stock_is_loaded
check "  a VM runs" vmrun --rounds 3

# Killed half-way it cannot.
background ours
kill -KILL "-$vmxctl"
ended
rm $conf
check_equal "killed half-way it leaves nothing" "$status $(grep -c '^kvm_intel ' /proc/modules)" "137 0"
switched 0 ours
ours_is_loaded
check "  a VM runs" vmrun --vcpus 2 --rounds 3

# From nothing.
check "the modules are unloaded" modprobe -r kvm_intel vmxcore
switched 0 stock
stock_is_loaded
check "  a VM runs" vmrun --rounds 3

# That nobody reads what it says is no reason to stop half-way.
{ sleep 1; vmxctl switch ours; } 2>/run/noted | :
ours_is_loaded
