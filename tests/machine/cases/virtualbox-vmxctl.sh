# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 image=virtualbox limit=600
# kernels: 7.2
# more-kernels: 6.12 6.1
# form: long
# vmxctl beside VirtualBox: it says how VirtualBox shares VMX, what it advises
# works, and switch takes VirtualBox along.

# VirtualBox has KVM turn VMX on since Linux 6.16.
if [ "$(line)" = 7.2 ]; then
	stock=stock-kills stranger=stranger
else
	stock=stock-turns stranger=foreign
fi

# check_state DESCRIPTION STATE [REGEX]: status has this state, and one line
# about VirtualBox, which matches.
check_state() {
	vmxctl --json status >/run/json
	vmxctl status >/run/text
	cat /run/text
	check_equal "$1: VirtualBox is '$2'" \
		"$(sed -nE '/^  "virtualbox":/,/^  }/s/^ *"state":"(.*)",$/\1/p' /run/json)" "$2"
	check_equal "  in one line${3:+: $3}" \
		"$(grep -cE "^VirtualBox 7\.2\.[0-9]+_Debian .*${3:-}" /run/text)" 1
}

# check_refused ours|stock: while VirtualBox's VM a runs.
check_refused() {
	grep -oE '^[^ ]+ [0-9]+ [0-9]+' /proc/modules >/run/before
	check_switch 1 "$1"
	check_says "^virtualbox: VirtualBox is in use: .*process $(vbox_pid a) \(VBoxHeadless\)"
	check_equal "  in one finding" "$(grep -cE '^[a-z-]+: ' /run/said)" 1
	grep -oE '^[^ ]+ [0-9]+ [0-9]+' /proc/modules >/run/after
	check "  nothing is loaded or unloaded" cmp /run/before /run/after
	check_vbox_computes "  the VM computes" a
}

# vbox_quit: ends the VM and VirtualBox's server.
vbox_quit() {
	check "it is switched off" vbox_stop a
	check "VirtualBox's server ends" vbox_end
}

# check_advice: runs the command that doctor has for VirtualBox.
check_advice() {
	vmxctl --json doctor >/run/json
	sed -nE '/^ *"id":"virtualbox"/,/}/s/^ *"fix":"(.*)"$/\1/p' /run/json >/run/advice
	check "  doctor names a command: $(cat /run/advice)" test -s /run/advice
	check "  it works" sh /run/advice
}

# With its default KVM would have VMX from load to unload, and VirtualBox none
# where it executes VMXON.
mkdir -p /etc/modprobe.d
[ "$(line)" = 6.1 ] || echo "options kvm enable_virt_at_load=0" >/etc/modprobe.d/kvm.conf

check "VirtualBox is there" vbox_mount
vbox_create a

about "the distribution's KVM"
check "the distribution's KVM loads" load_stock 0
check "VirtualBox's driver loads" vbox_load
check_state "no VM" $stock "end all VMs, then: vmxctl switch ours$"
vbox_start a
check_equal "status names VirtualBox" \
	"$(vmxctl status | sed -nE 's/^VT-x is (.*) \(.*\) on all CPUs.*/\1/p')" \
	"probably held by vboxdrv"
check_refused ours
vbox_quit

about "to ours"
check_advice
check "vmxcore_vbox is loaded" test -d /sys/module/vmxcore_vbox
check_state "switched" client
vbox_start a
check_vbox_holds "it is a client" 1
check_equal "  status names no other holder" \
	"$(vmxctl status | sed -nE 's/^VT-x is (.*) \(.*\) on all CPUs.*/\1/p')" "held by vboxdrv"
check "  clients names it" sh -c \
	"vmxctl clients | grep -q '^vboxdrv (VirtualBox, module vmxcore_vbox): all CPUs 1 times'"
check "  metrics name it" sh -c \
	"vmxctl metrics | grep -q '^vmxctl_virtualbox{state=\"client\",version=\"7.2.*\"} 1\$'"
check_refused stock
vbox_quit

about "to stock"
check_switch 0 stock
check_fails "vmxcore_vbox is not loaded" test -d /sys/module/vmxcore_vbox
check_fails "vmxcore is not loaded" test -d /sys/module/vmxcore
check_state "switched" $stock

about "no client"
check_switch 0 ours
check "vmxcore_vbox is unloaded" rmmod vmxcore_vbox
check_state "without it" $stranger "; run: modprobe vmxcore_vbox$"
check_advice
check_state "with it" client
check "vmxcore_vbox is unloaded again" rmmod vmxcore_vbox
vbox_start a
check_state "a VM runs" $stranger "; end VirtualBox's programs, then: modprobe vmxcore_vbox$"
check "vmxcore_vbox is loaded meanwhile" modprobe vmxcore_vbox
check_state "too late" $stranger "; end VirtualBox's programs, and start them again$"
vbox_quit
check_state "the programs have ended" pending
vbox_start a
check_state "they run again" client
check_vbox_holds "  it runs" 1
vbox_quit
check "the driver is unloaded" rmmod vboxdrv
check_equal "status says nothing about VirtualBox" "$(vmxctl status | grep -c ^VirtualBox)" 0
