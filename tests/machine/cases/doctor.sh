# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=420
# kernels: 6.12
# more-kernels: 6.1 7.2
# vmxctl doctor names each problem and a command, and the command solves the
# problem.

release=$(uname -r)
modules=/lib/modules/$release

# fixes: prints the commands of the findings, one per line.
fixes() {
	sed -nE 's/^ *"fix":"(.+)",?$/\1/p' /run/json | sed 's/\\\//\//g'
}

ids() {
	sed -nE 's/^ *"id":"(.*)",$/\1/p' /run/json | xargs
}

# check_finds DESCRIPTION [ID...]: doctor finds exactly these, and its exit
# status says so.
check_finds() {
	local description=$1 status=0
	shift
	vmxctl --json doctor >/run/json || status=$?
	cat /run/json
	check_equal "$description, doctor finds: ${*:-nothing}" "$status $(ids)" "$(($# != 0)) $*"
}

# check_fixed: runs the commands that doctor has named; then it finds nothing
# any more.
check_fixed() {
	local fix
	fixes >/run/fixes
	check "  it names a command" test -s /run/fixes
	while read -r fix; do
		check "  the command runs: $fix" sh -c "$fix"
	done </run/fixes
	check_finds "  the problem is solved"
}

# check_ours: modprobe kvm_intel loads the one that uses vmxcore, and it works.
check_ours() {
	check "kvm_intel loads" modprobe kvm_intel
	check "  it is ours" grep -q '^vmxcore .*kvm_intel' /proc/modules
	check "  a VM runs" vmrun --rounds 2
	check "  the modules are unloaded" modprobe -r kvm_intel vmxcore
}

mkdir -p /etc/modprobe.d /run/modprobe.d
about "no problem"
check_finds "the modules are installed"
check "vmxcore loads" modprobe vmxcore
check_finds "vmxcore is loaded"
check "the modules are unloaded" modprobe -r vmxcore

about "stock-kvm"
check "stock KVM loads" load_stock 1
check_finds "the distribution's kvm_intel is loaded" stock-kvm
check_fixed
check "  kvm_intel is ours" grep -q '^vmxcore .*kvm_intel' /proc/modules
check "  a VM runs" vmrun --rounds 2
check "the modules are unloaded" modprobe -r kvm_intel vmxcore

about blacklisted
printf '# mine\nblacklist kvm_intel\n' >/etc/modprobe.d/mine.conf
check_finds "kvm_intel is blacklisted" blacklisted
check_fails "  modprobe -b does not load it" \
	sh -c "modprobe -b kvm_intel; grep -q ^kvm_intel /proc/modules"
check_fixed
check "  modprobe -b loads it" sh -c "modprobe -b kvm_intel && grep -q ^kvm_intel /proc/modules"
check "  the modules are unloaded" modprobe -r kvm_intel vmxcore

about replaced
printf 'install vmxcore /bin/true\n' >/run/modprobe.d/other.conf
check_finds "modprobe runs another command instead of loading vmxcore" replaced
check_fails "  modprobe does not load it" sh -c "modprobe vmxcore; grep -q ^vmxcore /proc/modules"
check_fixed
check_ours

about depmod
mkdir /run/kept
mv "$modules/updates/vmxcore.ko" /run/kept
depmod "$release"
mv /run/kept/vmxcore.ko "$modules/updates"
check_finds "depmod has not been run since vmxcore was installed" depmod
check_fails "  kvm_intel does not load" modprobe kvm_intel
check_fixed
check_ours

# The boot CPU loses VMX in sleep, which is possible with the native backend
# only.
if ! borrowed; then
	about failed
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "client a" vmxt register a
	check "a gets CPU 0" vmxt get_cpu a 0
	check "CPU 0 breaks" vmxt revision 0 1
	check "the machine sleeps (S3), and VMXON fails on CPU 0" sleep_for 2
	check "CPU 0 is repaired" vmxt revision 0 0
	check_finds "a CPU has lost VMX" failed
	check "  vmxctl clients names the client" \
		sh -c "vmxctl clients | grep -q '^a (.*CPU:times 0:1'"
	check "  a puts CPU 0" vmxt put_cpu a 0
	check_finds "  the problem is solved"
	check "  a gets it again" vmxt get_cpu a 0
	check_vmx_on "  VMX is on there" 0
	check "  a puts it again" vmxt put_cpu a 0
	about foreign-owner
	check "another hypervisor executes VMXON on CPU 1" vmxt foreign 1 1
	check_finds "a foreign owner" foreign-owner
	check "  it names the CPU" grep -q "on CPUs 1 by" /run/json
	check "the other hypervisor executes VMXOFF" vmxt foreign 1 0
	check_finds "  the problem is solved"
	check "the modules are unloaded" modprobe -r vmxcore_test vmxcore
fi

# In 6.1 kvm.ko is the distribution's with either kvm_intel.
if [ "$(line)" != 6.1 ]; then
	about kvm-left
	check "the distribution's kvm loads alone" stock_insmod kvm
	check_finds "it is left without its kvm_intel" kvm-left
	check_fails "  kvm_intel does not load" modprobe kvm_intel
	check_fixed
	check_ours
fi

about stock-resolved
mv "$modules/updates/kvm-intel.ko" /run/kept
depmod "$release"
check_finds "modprobe kvm_intel would load the distribution's" stock-resolved
mv /run/kept/kvm-intel.ko "$modules/updates"
depmod "$release"

# VMXON faults, which only the kernel's log says.
if ! borrowed; then
	about vmxon-failed
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	check "CR0.NE is cleared on CPU 1, with which VMXON faults" vmxt ne 1 0
	if [ "$(line)" = 6.1 ]; then
		check "  kvm_intel loads" modprobe kvm_intel
		check_fails "  a VM does not run" vmrun --rounds 1
	else
		check_fails "  kvm_intel does not load" modprobe kvm_intel
	fi
	check_finds "VMXON faulted" vmxon-failed
	check "  it quotes the log" \
		grep -q "CPU 1: VMXON faulted.*IA32_FEATURE_CONTROL" /run/json
	check "CR0.NE is set again" vmxt ne 1 1
	check "  kvm_intel loads" modprobe kvm_intel
	vm_start
	check_finds "  VMX is on there"
	vm_end
fi
