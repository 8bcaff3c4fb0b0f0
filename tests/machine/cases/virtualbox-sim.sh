# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2
# kernels: 6.12 7.2
# more-kernels: 6.1
# vmxcore_vbox beside a driver that plays the one of VirtualBox 7.0 and 7.1, of
# which no package can be had (vboxdrv_sim).

driver=/lib/modules/$(uname -r)/updates/vboxdrv.ko
parameters=/sys/module/vboxdrv/parameters

# check_asks ENABLE DESCRIPTION STATUS REFERENCES: VirtualBox turns VMX on or off,
# gets that status, and the client holds so many references then.
check_asks() {
	echo "$1" >$parameters/enable
	check_equal "$2" "$(cat $parameters/result) $(refs_of vboxdrv)" "$3 $4"
}

check "vmxcore_vbox and the test client load" modprobe -a vmxcore_vbox vmxcore_test
load_provider
sed 's/7\.0\.26/7.1.99/' "$driver" >/run/7.1.ko
for file in "$driver" /run/7.1.ko; do
	about "$(basename "$file")"
	check "the driver loads" insmod "$file"
	check_asks 0 "VMX is off: the driver itself answers" -37 0
	check_asks 1 "VMX is turned on" 0 1
	check_vmx_on "  it is on" all
	check_asks 1 "VMX is turned on twice" 0 2
	check_fails "  vmxcore_vbox is not unloaded" rmmod vmxcore_vbox
	check_fails "  ftrace is not turned off" sh -c 'echo 0 >/proc/sys/kernel/ftrace_enabled'
	check_asks 0 "VMX is turned off once" 0 1
	check_asks 0 "VMX is turned off twice" 0 0
	check_vmx_on "  it is off" none
	check_asks 0 "the driver itself answers again" -37 0
	check "the driver is unloaded" rmmod vboxdrv
	check_equal "  it is no client any more" "$(refs_of vboxdrv)" ""
done

about "a refused call"
check "the driver loads" insmod "$driver"
check "a client gets VMX for itself" vmxt register a exclusive
check_asks 1 "VirtualBox is refused: VERR_VMX_IN_VMX_ROOT_MODE" -4011 0
check "the client unregisters" vmxt unregister a
check_asks 1 "VMX is turned on" 0 1

about "a driver that goes with VMX on"
check "the driver is unloaded" rmmod vboxdrv
check "  the log says so" dmesg_has "client 'vboxdrv' .* went away with 1 references"
check_vmx_on "  VMX is off" none
check "vmxcore_vbox is unloaded" rmmod vmxcore_vbox

about "without vmxcore_vbox"
check "the driver loads" insmod "$driver"
check_asks 1 "the driver itself answers" "-37" ""
check "vmxcore_vbox loads beside it" modprobe vmxcore_vbox
check_asks 1 "VMX is turned on" 0 1
check_asks 0 "VMX is turned off" 0 0
check "vmxcore_vbox is unloaded under it" rmmod vmxcore_vbox
check_asks 1 "the driver itself answers" "-37" ""
check "the driver is unloaded" rmmod vboxdrv
