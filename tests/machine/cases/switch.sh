# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=600
# more-kernels: 6.1 7.2
# vmxctl switch changes from the distribution's kvm_intel to ours and back. If
# that fails, the modules that were loaded stay, or come back.

stock=/lib/modules/$(uname -r)/kernel
updates=/lib/modules/$(uname -r)/updates
conf=/etc/modprobe.d/switch.conf
mkdir -p /etc/modprobe.d

check_notes() {
	check "  it notes: $1" grep -qE "$1" /run/noted
}

# loaded: with addresses and use counts, which differ after a module was loaded
# anew.
loaded() {
	grep -E '^(kvm|vmxcore|irqbypass|minivisor)' /proc/modules
}

# is_foreign MODULE: true if the module is not the kernel's own, by its taint.
is_foreign() {
	grep -q O "/sys/module/$1/taint"
}

# check_ours, check_stock: all modules are ours, or the distribution's. In 6.1
# kvm.ko is always the distribution's.
check_ours() {
	check "  kvm_intel is ours" is_foreign kvm_intel
	check "  it uses vmxcore" grep -q '^vmxcore .*[ ,]kvm_intel,' /proc/modules
	if [ "$(line)" = 6.1 ]; then
		check_fails "  kvm is the distribution's" is_foreign kvm
	else
		check "  kvm is ours" is_foreign kvm
	fi
}

check_stock() {
	check "  kvm_intel is loaded" grep -q '^kvm_intel ' /proc/modules
	check_fails "  it is the distribution's" is_foreign kvm_intel
	check_fails "  kvm is the distribution's" is_foreign kvm
	check_fails "  vmxcore is not loaded" grep -q '^vmxcore ' /proc/modules
}

# check_dry_run ours|stock: a dry run changes nothing. Its output is in
# /run/plan.
check_dry_run() {
	loaded >/run/before
	dmesg_mark
	check_switch 0 "$1" --dry-run
	cp /run/said /run/plan
	loaded >/run/after
	check "  nothing is loaded or unloaded" cmp /run/before /run/after
	check_equal "  the kernel prints nothing" "$(dmesg_since)" ""
}

# check_as_planned: the last switch did what the dry run said.
check_as_planned() {
	head -n -1 /run/said >/run/done
	check "  it does what the dry run said" cmp /run/plan /run/done
}

# check_refused_for_a_vm ours|stock
check_refused_for_a_vm() {
	loaded >/run/before
	check_switch 1 "$1"
	# shellcheck disable=SC2154 # vm_start sets it
	check_says "vms: process $vm \(vmrun\) runs 1 VM$"
	loaded >/run/after
	check "  nothing is changed" cmp /run/before /run/after
	check_vm_computes "  the VM runs on"
}

# vmxctl_waits: true if vmxctl in the background has come to the command that
# stands for loading vmxcore.
vmxctl_waits() {
	[ -e /run/waiting ]
}

# background ours|stock: starts vmxctl, which waits where it loads vmxcore.
background() {
	rm -f /run/waiting
	echo "install vmxcore : >/run/waiting; sleep 600" >$conf
	setsid vmxctl switch "$1" >/run/said 2>/run/noted &
	vmxctl=$!
	check "vmxctl switch $1 comes to load vmxcore" wait_until 60 vmxctl_waits
	check_fails "  the old kvm_intel is unloaded" grep -q '^kvm_intel ' /proc/modules
}

ended() {
	status=0
	wait "$vmxctl" || status=$?
	cat /run/said /run/noted
}

about "to ours"
check "the distribution's kvm_intel is loaded" load_stock 1 nested=0
check_dry_run ours
about "to ours, with a VM"
vm_start --vcpus 2
check_refused_for_a_vm ours
vm_end
about "to ours, without a VM"
check_switch 0 ours
check_as_planned
check_says "kvm_intel is vmxcore's now"
check_notes "kvm_intel.nested was N and is Y now"
check_ours
check "the test client is loaded" modprobe vmxcore_test
about "to stock, with a VM"
vm_start --vcpus 2
check_vmx_on "  VMX is on by vmxcore alone" 0,1
check "the test client is unloaded" rmmod vmxcore_test
check_refused_for_a_vm stock
vm_end
about "to ours again"
loaded >/run/before
check_switch 0 ours
check_says "kvm_intel is vmxcore's already"
loaded >/run/after
check "  nothing is changed" cmp /run/before /run/after

about "to stock, with another client"
check "minivisor is loaded" modprobe minivisor
check_switch 1 stock
check_says "module minivisor .client minivisor.* uses vmxcore"
check_ours
check "minivisor is unloaded" rmmod minivisor

# A VM starts after vmxctl has looked for VMs, and before it unloads: the pipe
# is full, so vmxctl waits at its first line.
about "to stock, a VM starts meanwhile"
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
check_equal "vmxctl refuses" "$status" 1
check_says "process $vm \(vmrun\) runs 1 VM"
check_ours
check_vm_computes "  the VM runs on"
vm_end

about "to stock"
echo "options kvm_intel nested=0" >$conf
check_dry_run stock
check_switch 0 stock
check_as_planned
check_says "kvm_intel is the distribution's now"
check_stock
check_equal "  it has its parameter from modprobe.d" \
	"$(cat /sys/module/kvm_intel/parameters/nested)" N
check "  a VM runs" vmrun --vcpus 2 --rounds 3
about "to stock again"
check_switch 0 stock
check_says "kvm_intel is the distribution's already"

# Ours does not load, and the distribution's comes back.
for line in "install vmxcore /bin/false" "install kvm_intel /bin/true" \
	"options vmxcore enable_virt_at_load=perhaps"; do
	about "to ours, $line"
	echo "$line" >$conf
	check_switch 4 ours
	check_says "failed; all is as it was, kvm_intel is the distribution's"
	check_notes "vmxcore.* is not loaded|kvm_intel is still not the one that was wanted"
	check_notes "kvm/kvm-intel.ko is loaded again"
	check_stock
done
check "  a VM runs" vmrun --rounds 3

# The modules that come back have their old parameters, and not those that
# modprobe gives. With enable_virt_at_load=1 the distribution's would not load
# either, as another hypervisor has VMX on a CPU.
about "to ours, parameters"
check "the distribution's is unloaded" modprobe -r kvm_intel kvm
if [ "$(line)" = 6.12 ]; then
	rm $conf
	check "another hypervisor executes VMXON on CPU 1" sh -c "modprobe vmxcore_test &&
		vmxt foreign 1 1 && modprobe -r vmxcore_test vmxcore"
else
	echo "install vmxcore /bin/false" >$conf
fi
check "the distribution's is loaded with other parameters" load_stock 0 nested=0 ple_gap=64
check "  a parameter is changed afterwards" \
	sh -c "echo 54321 >/sys/module/kvm/parameters/halt_poll_ns"
grep -r . /sys/module/kvm/parameters /sys/module/kvm_intel/parameters | sort >/run/before
check_switch 4 ours
check_says "failed; all is as it was, kvm_intel is the distribution's"
check_stock
grep -r . /sys/module/kvm/parameters /sys/module/kvm_intel/parameters | sort >/run/after
check "  all its parameters are the old ones" diff /run/before /run/after
check_fails "  vmxctl notes no change of parameters" grep -E "kvm(_intel)?\..* was" /run/noted
if [ "$(line)" = 6.12 ]; then
	check "the other hypervisor executes VMXOFF" sh -c "rmmod kvm_intel kvm &&
		modprobe vmxcore_test && vmxt foreign 1 0 && modprobe -r vmxcore_test vmxcore"
	check "the distribution's is loaded again" load_stock 0
fi
check "  a VM runs" vmrun --rounds 3

# The distribution's does not come back either, as its file is gone meanwhile.
about "to ours, nothing loads"
file=$stock/arch/x86/kvm/kvm-intel.ko
echo "install vmxcore mv $file $file.hidden; false" >$conf
check_switch 5 ours
check_says "failed, and what was loaded before is not loaded again: kvm_intel is not loaded"
check_notes "kvm/kvm-intel.ko is not loaded again"
check_fails "  there is no kvm_intel" grep -q '^kvm_intel ' /proc/modules
mv "$file.hidden" "$file"
about "to stock, from nothing"
check_switch 0 stock
check_stock

# vmxctl knows before it begins that ours cannot be loaded.
about "to ours, blacklisted"
loaded >/run/before
echo "blacklist vmxcore" >$conf
check_switch 1 ours
check_says "vmxcore is blacklisted"
rm $conf
about "to ours, missing"
mv "$updates/vmxcore.ko" "$updates/vmxcore.hidden"
check_switch 1 ours
check_says "kvm-intel.ko needs vmxcore, which modprobe does not find"
mv "$updates/vmxcore.hidden" "$updates/vmxcore.ko"
loaded >/run/after
check "nothing is changed" cmp /run/before /run/after

# Ctrl-C half-way, and another vmxctl meanwhile.
about "to ours, interrupted"
background ours
check_switch 1 stock
check_says "another vmxctl switch is running"
kill -INT "-$vmxctl"
ended
check_equal "it goes back" "$status" 4
check_stock
about "to ours, terminated"
background ours
kill -TERM "-$vmxctl"
ended
check_equal "it goes back" "$status" 4
check_stock
check "  a VM runs" vmrun --rounds 3

about "to ours, killed"
background ours
kill -KILL "-$vmxctl"
ended
rm $conf
check_equal "no kvm_intel is loaded" "$status $(grep -c '^kvm_intel ' /proc/modules)" "137 0"
check_switch 0 ours
check_ours
check "  a VM runs" vmrun --vcpus 2 --rounds 3

about "to stock, unloaded before"
check "the modules are unloaded" modprobe -r kvm_intel vmxcore
check_switch 0 stock
check_stock
check "  a VM runs" vmrun --rounds 3

# A closed pipe is no reason to stop half-way.
about "to ours, into a closed pipe"
{ sleep 1; vmxctl switch ours; } 2>/run/noted | :
check_ours
