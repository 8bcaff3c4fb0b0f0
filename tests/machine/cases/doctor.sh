# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=420
# kernels: 6.12
# more-kernels: 6.1 7.2
# vmxctl doctor names what is in the way, and the command it names, when it is run, mends it.

release=$(uname -r)
modules=/lib/modules/$release

# fixes: the commands of what it has found, each on a line.
fixes() {
	sed -nE 's/^ *"fix":"(.+)",?$/\1/p' /run/json | sed 's/\\\//\//g'
}

ids() {
	sed -nE 's/^ *"id":"(.*)",$/\1/p' /run/json | xargs
}

# finds DESCRIPTION [ID...]: exactly these, and the exit status goes with it.
finds() {
	local description=$1 status=0
	shift
	vmxctl --json doctor >/run/json || status=$?
	cat /run/json
	check_equal "$description: found: ${*:-nothing}" "$status $(ids)" "$(($# != 0)) $*"
}

# mended DESCRIPTION: by running what it said; then nothing is found any more.
mended() {
	local fix
	fixes >/run/fixes
	check "  it has a command for it" test -s /run/fixes
	while read -r fix; do
		check "  # $fix" sh -c "$fix"
	done </run/fixes
	finds "  mended"
}

# ours: modprobe kvm_intel gives the one that uses vmxcore, and it works.
ours() {
	check "$1: kvm_intel loads" modprobe kvm_intel
	check "  and is ours" grep -q '^vmxcore .*kvm_intel' /proc/modules
	check "  a VM runs" vmrun --rounds 2
	check "  the modules are unloaded" modprobe -r kvm_intel vmxcore
}

mkdir -p /etc/modprobe.d /run/modprobe.d
finds "all is well"
check "vmxcore loads" modprobe vmxcore
finds "vmxcore is loaded"
check "the modules are unloaded" modprobe -r vmxcore

check "stock KVM loads" load_stock 1
finds "the distribution's kvm_intel is loaded" stock-kvm
mended
check "  kvm_intel is ours" grep -q '^vmxcore .*kvm_intel' /proc/modules
check "  a VM runs" vmrun --rounds 2
check "the modules are unloaded" modprobe -r kvm_intel vmxcore

printf '# mine\nblacklist kvm_intel\n' >/etc/modprobe.d/mine.conf
finds "kvm_intel is blacklisted" blacklisted
check_fails "  modprobe -b does not load it" sh -c "modprobe -b kvm_intel; grep -q ^kvm_intel /proc/modules"
mended
check "  modprobe -b loads it" sh -c "modprobe -b kvm_intel && grep -q ^kvm_intel /proc/modules"
check "  the modules are unloaded" modprobe -r kvm_intel vmxcore

printf 'install vmxcore /bin/true\n' >/run/modprobe.d/other.conf
finds "something else is done instead of loading vmxcore" replaced
check_fails "  modprobe does not load it" sh -c "modprobe vmxcore; grep -q ^vmxcore /proc/modules"
mended
ours "then"

mkdir /run/kept
mv "$modules/updates/vmxcore.ko" /run/kept
depmod "$release"
mv /run/kept/vmxcore.ko "$modules/updates"
finds "depmod has not been run since vmxcore was installed" depmod
check_fails "  kvm_intel does not load" modprobe kvm_intel
mended
ours "then"

# Lost in sleep, by the boot CPU: native only.
if ! borrowed; then
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "client a" vmxt register a
	check "a gets CPU 0" vmxt get_cpu a 0
	check "CPU 0 breaks" vmxt revision 0 1
	check "S3, after which VMXON fails on CPU 0" sleep_for 2
	check "CPU 0 is repaired" vmxt revision 0 0
	finds "a CPU has lost VMX" failed
	check "  what a person has to do: names who" sh -c "vmxctl clients | grep -q '^a (.*CPU:times 0:1'"
	check "  a ends" vmxt put_cpu a 0
	finds "  mended"
	check "  a gets it again" vmxt get_cpu a 0
	check_vmx_on "  and it is on" 0
	check "  a puts it" vmxt put_cpu a 0
	check "another hypervisor executes VMXON on CPU 1" vmxt foreign 1 1
	finds "a foreign owner" foreign-owner
	check "  with the CPU" grep -q "on CPUs 1 by" /run/json
	check "it executes VMXOFF" vmxt foreign 1 0
	finds "  it is gone"
	check "the modules are unloaded" modprobe -r vmxcore_test vmxcore
fi

# In 6.1 kvm.ko is the distribution's with either kvm_intel.
if [ "$(line)" != 6.1 ]; then
	check "the distribution's kvm loads alone" stock_insmod kvm
	finds "it has been left without its kvm_intel" kvm-left
	check_fails "  kvm_intel does not load" modprobe kvm_intel
	mended
	ours "then"
fi

mv "$modules/updates/kvm-intel.ko" /run/kept
depmod "$release"
finds "kvm_intel would be the distribution's" stock-resolved
mv /run/kept/kvm-intel.ko "$modules/updates"
depmod "$release"

# VMXON faults, which the kernel log alone says.
if ! borrowed; then
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "CR0.NE is cleared on CPU 1, with which VMXON faults" vmxt ne 1 0
	if [ "$(line)" = 6.1 ]; then
		check "  kvm_intel loads" modprobe kvm_intel
		check_fails "  a VM does not run" vmrun --rounds 1
	else
		check_fails "  kvm_intel does not load" modprobe kvm_intel
	fi
	finds "VMXON faulted" vmxon-failed
	check "  with what the log says" grep -q "CPU 1: VMXON faulted.*IA32_FEATURE_CONTROL" /run/json
	check "CR0.NE is set again" vmxt ne 1 1
	check "  kvm_intel loads" modprobe kvm_intel
	vm_start
	finds "  VMX is on there, and nothing is found any more"
	vm_end
fi
