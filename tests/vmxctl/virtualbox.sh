# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# VirtualBox on synthetic machines: each state that vmxctl knows, and vmxctl
# switch. Sourced by run.
# shellcheck disable=SC2154

# is_virtualbox STATE LINE FIRST FIX: checks the tree "changed": status prints
# exactly this line about VirtualBox, and the other commands agree. It is a
# finding exactly if there is something to do.
is_virtualbox() {
	expect 0 changed status
	diff <(printf '%s' "${2:+$2$'\n'}") <(grep '^VirtualBox' "$out/stdout")
	expect 0 changed metrics
	says "vmxctl_virtualbox{state=\"$1\",version=\"7.2.22_Debian\"} 1"
	"$vmxctl" --root "$tree" --json clients >"$out/clients.json" 2>/dev/null || true
	"$vmxctl" --root "$tree" --json doctor >"$out/doctor.json" 2>/dev/null || true
	expect 0 changed --json status
	state=$1 line=$2 first=$3 fix=$4 python3 -c '
import json, os, sys
status, clients, doctor = (json.load(open(name)) for name in sys.argv[1:])
state, line, first, fix = (os.environ[key] for key in ("state", "line", "first", "fix"))
v = status["virtualbox"]
assert (v["state"], v["first"], v["fix"]) == (state, first, fix), v
assert line.startswith(v["text"]) if line else v["text"] is None, v
assert clients["virtualbox"] == v, clients
found = [f for f in doctor["findings"] if f["id"] == "virtualbox"]
assert [(f["text"], f["first"], f["fix"]) for f in found] == (
    [(v["text"], first, fix)] if first or fix else []), found
' "$out/stdout" "$out/clients.json" "$out/doctor.json"
}

# on_kernel RELEASE: the same machine with another kernel.
on_kernel() {
	mv "$tree/lib/modules/$release" "$tree/lib/modules/$1"
	put proc/sys/kernel/osrelease "$1"
}

virtualbox_client() {
	changed virtualbox
	is_virtualbox client "VirtualBox 7.2.22_Debian is a client of vmxcore: its VMs run beside\
 those of other clients" "" ""
	# That the device is open does not make the driver a second holder.
	expect 0 changed --json status
	holds 'names == ["vboxdrv"] and d["holders"][0]["kind"] == "client"'
	holds 'd["virtualbox"]["in_use"] and d["virtualbox"]["version"] == "7.2.22_Debian"'
	expect 0 changed status
	says "VT-x is held by vboxdrv (VirtualBox, client of vmxcore) on all CPUs, since "
	says "module vmxcore_vbox: VirtualBox as a client, use count 1"
	expect 0 changed clients
	says "vboxdrv (VirtualBox, module vmxcore_vbox): all CPUs 1 times, since "
	! grep -q '^VirtualBox' "$out/stdout"
	expect 0 changed doctor
	# vmxcore_vbox has been loaded after VirtualBox's modules for networks.
	rm -r "$tree/sys/kernel/vmxcore/clients/vboxdrv" "$tree/proc/77"
	put sys/kernel/vmxcore/state off
	sed -i 's/^vboxdrv 643072 2/vboxdrv 643072 1/' "$tree/proc/modules"
	is_virtualbox pending \
		"VirtualBox 7.2.22_Debian becomes a client of vmxcore when its next VM starts" "" ""
	# The driver is not loaded.
	expect 0 native --json status
	holds 'd["virtualbox"] is None'
	expect 0 native metrics
	! grep -q '^vmxctl_virtualbox' "$out/stdout"
}

virtualbox_stranger() {
	local end="end VirtualBox's programs" foreign="VirtualBox 7.2.22_Debian is no client of\
 vmxcore: its VMs and those of clients run in turns only"
	# vmxcore_vbox has been loaded while VirtualBox ran.
	changed virtualbox
	rm -r "$tree/sys/kernel/vmxcore/clients/vboxdrv"
	put sys/kernel/vmxcore/state off
	is_virtualbox foreign "$foreign; $end, and start them again" "$end, and start them again" ""
	# It is not loaded.
	sed -i '/^vmxcore_vbox/d; s/,vmxcore_vbox,/,/' "$tree/proc/modules"
	is_virtualbox foreign "$foreign; $end, then: modprobe vmxcore_vbox" "$end" \
		"modprobe vmxcore_vbox"
	expect 0 changed --json status
	holds 'names == ["vboxdrv"] and d["holders"][0]["certainty"] == "probable"'
	expect 0 changed clients
	says "$foreign"
	rm -r "$tree/proc/77"
	sed -i 's/^vboxdrv 643072 2/vboxdrv 643072 1/' "$tree/proc/modules"
	is_virtualbox foreign "$foreign; run: modprobe vmxcore_vbox" "" "modprobe vmxcore_vbox"
	# 6.16 is the first kernel on which VirtualBox has KVM turn VMX on.
	put proc/sys/kernel/osrelease 6.15.9-amd64
	expect 0 changed --json status
	holds 'd["virtualbox"]["state"] == "foreign"'
	put proc/sys/kernel/osrelease 6.16.0-amd64
	expect 0 changed --json status
	holds 'd["virtualbox"]["state"] == "stranger"'
	on_kernel 7.2.3+deb14-amd64
	is_virtualbox stranger "VirtualBox 7.2.22_Debian is no client of vmxcore, which does not\
 see when it uses VMX; run: modprobe vmxcore_vbox" "" "modprobe vmxcore_vbox"
}

virtualbox_stock() {
	local in_turns="end VirtualBox's VMs before KVM's start"
	local turns="VirtualBox 7.2.22_Debian and the distribution's KVM can run VMs in turns only"
	changed stock-idle
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," "vboxdrv 643072 0 -"
	vbox_version 7.2.22_Debian
	is_virtualbox stock-turns "$turns; end all VMs, then: vmxctl switch ours" "end all VMs" \
		"vmxctl switch ours"
	on_kernel 7.2.3+deb14-amd64
	is_virtualbox stock-kills "VirtualBox 7.2.22_Debian kills the VMs of the distribution's KVM\
 when it runs one; end all VMs, then: vmxctl switch ours" "end all VMs" "vmxctl switch ours"
	# VirtualBox uses kvm_intel, and no process has /dev/kvm open.
	modules "kvm_intel 401408 2 -" "kvm 1310720 1 kvm_intel," "vboxdrv 643072 1 -"
	process 77 VBoxHeadless /dev/vboxdrv
	expect 0 changed --json status
	holds 'names == ["vboxdrv"] and d["complete"] and d["notes"] == []'
	modules "kvm_intel 401408 2 -" "kvm 1310720 1 kvm_intel," "vboxdrv 643072 0 -"
	rm -r "$tree/proc/77"
	expect 3 changed --json status
	# There is nothing to switch to.
	put proc/sys/kernel/osrelease 6.5.0-1-amd64
	expect 1 changed --json doctor
	wanted=$in_turns python3 -c '
import json, os, sys
found = [f for f in json.load(open(sys.argv[1]))["findings"] if f["id"] == "virtualbox"]
assert [(f["first"], f["fix"]) for f in found] == [(os.environ["wanted"], "")], found
' "$out/stdout"
	changed built-in
	rm -r "$tree/proc/4711"
	modules "vboxdrv 643072 0 -"
	built_in N
	vbox_version 7.2.22_Debian
	is_virtualbox stock-turns "$turns; $in_turns" "$in_turns" ""
	# Nothing else uses VMX.
	changed empty
	modules "vboxdrv 643072 0 -"
	vbox_version 7.2.22_Debian
	is_virtualbox alone "" "" ""
	process 77 VBoxHeadless /dev/vboxdrv
	modules "vboxdrv 643072 1 -"
	expect 1 changed --json doctor
	holds '[(f["id"], f["fix"]) for f in d["findings"]][0] == (
		"foreign-owner", "modprobe -r vboxdrv")'
}

# knows VERSION yes|no: whether modprobe vmxcore_vbox is the advice.
knows() {
	vbox_version "$1"
	expect 0 changed --json status
	holds "d['virtualbox']['fix'] == ('modprobe vmxcore_vbox' if '$2' == 'yes' else '')"
	holds "d['virtualbox']['first'].startswith('update vmxcore') == ('$2' == 'no')"
}

virtualbox_versions() {
	local series known
	mapfile -t known < <(grep -ohP '^\t\{ "\K[0-9.]+(?=\.", "SUPR0)' virtualbox/*.c)
	[ ${#known[@]} -gt 0 ]
	changed idle
	modules "vmxcore 65536 0 -" "vboxdrv 643072 0 -"
	for series in "${known[@]}"; do
		knows "$series.0" yes
		knows "${series}0.0" no
		knows "$series" no
	done
	knows 99.1.2_Debian no
	expect 0 changed status
	says "VirtualBox 99.1.2_Debian is no client of vmxcore: its VMs and those of clients run in\
 turns only; update vmxcore, which does not know this version; until then end VirtualBox's VMs\
 before KVM's start"
	put proc/sys/kernel/osrelease 7.2.3-amd64
	expect 0 changed --json status
	holds 'd["virtualbox"]["first"] == "update vmxcore, which does not know this version"'
	# A driver without a version, and one with a malformed one.
	rm "$tree/sys/module/vboxdrv/version"
	expect 0 changed --json status
	holds 'd["virtualbox"]["version"] is None and d["notes"] == []'
	holds 'd["virtualbox"]["text"].startswith("VirtualBox is no client")'
	put sys/module/vboxdrv/version $'7.2.22\033[31m'
	expect 0 changed --json status
	holds 'd["virtualbox"]["version"] is None and "vboxdrv/version" in d["notes"][0]'
}

virtualbox_switch() {
	local ours=("rmmod kvm_intel" "rmmod kvm" "insmod kernel/virt/irqbypass.ko"
		"insmod updates/dkms/kvm.ko" "insmod updates/dkms/vmxcore.ko"
		"insmod updates/dkms/kvm-intel.ko")
	local kvm=("kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel,")
	changed change-over
	rm "$tree/etc/modprobe.d/vmxcore.conf"
	modules "${kvm[@]}" "vboxnetflt 36864 0 -" "vboxdrv 643072 1 vboxnetflt,"
	vbox_version 7.2.22_Debian
	plans 0 changed ours "${ours[@]}" "insmod updates/dkms/vmxcore-vbox.ko"
	# vmxcore_vbox does not know the version, or is not installed.
	vbox_version 6.1.50
	plans 0 changed ours "${ours[@]}"
	warns "vmxcore_vbox does not know this VirtualBox and is not loaded: update vmxcore"
	vbox_version 7.2.22_Debian
	mv "$tree/lib/modules/$release/updates/dkms/vmxcore-vbox.ko" "$tree/hidden"
	index_modules
	refuses changed ours not-installed \
		"VirtualBox's driver is loaded, and modprobe does not find vmxcore_vbox" \
		"dkms install --force"
	mv "$tree/hidden" "$tree/lib/modules/$release/updates/dkms/vmxcore-vbox.ko"
	index_modules
	# It is loaded already.
	modules "vmxcore 65536 1 vmxcore_vbox," "vmxcore_vbox 20480 0 -" "vboxdrv 643072 0 -"
	put sys/module/vmxcore/taint OE
	put sys/module/vmxcore_vbox/taint OE
	plans 0 changed ours "${ours[@]:2:2}" "${ours[@]:5}"

	# VirtualBox has no VM.
	changed virtualbox
	rm -r "$tree/proc/77"
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," \
		"vmxcore 65536 2 kvm_intel,vmxcore_vbox," "vmxcore_vbox 20480 0 -" \
		"vboxnetflt 36864 0 -" "vboxdrv 643072 1 vboxnetflt,"
	put sys/kernel/vmxcore/clients/vboxdrv/references 0
	put etc/modprobe.d/vbox.conf "softdep kvm_intel pre: vmxcore_vbox"
	plans 0 changed stock "rmmod kvm_intel" "rmmod kvm" "rmmod vmxcore_vbox" "rmmod vmxcore" \
		"insmod kernel/virt/irqbypass.ko" "insmod kernel/kvm/kvm.ko" \
		"insmod kernel/kvm/kvm-intel.ko"
	expect 0 changed --json switch stock --dry-run
	holds '[s["module"] for s in d["restore"]] == [
		"vmxcore", "vmxcore_vbox", "kvm", "kvm_intel"]'
	modules "ext4 1114112 1 -"
	rm -r "$tree/sys/kernel/vmxcore"
	plans 0 changed stock "insmod kernel/virt/irqbypass.ko" "insmod kernel/kvm/kvm.ko" \
		"insmod kernel/kvm/kvm-intel.ko"
}

virtualbox_refused() {
	local pid kvm=("kvm 1310720 1 kvm_intel," "vboxdrv 643072 1 -")
	changed virtualbox
	process 78 VBoxSVC /srv/root/dev/vboxdrvu /dev/kvm anon_inode:kvm-vm
	refuses changed stock virtualbox \
		"VirtualBox is in use: process 77 (VBoxHeadless), process 78 (VBoxSVC)" \
		"end VirtualBox's VMs and programs"
	holds 'len(d["findings"]) == 1'
	# With the borrowed backend it holds kvm_intel, too.
	sed -i 's/^kvm_intel 401408 0/kvm_intel 401408 2/' "$tree/proc/modules"
	refuses changed stock virtualbox "VirtualBox is in use"
	holds 'len(d["findings"]) == 1'
	# The client holds VMX, and no process is seen.
	rm -r "$tree"/proc/7[78]
	sed -i 's/^vboxdrv 643072 2/vboxdrv 643072 1/' "$tree/proc/modules"
	refuses changed stock virtualbox "VirtualBox is in use"
	# The driver is in use without vmxcore.
	changed change-over
	modules "kvm_intel 401408 0 -" "${kvm[@]}"
	vbox_version 7.2.22_Debian
	refuses changed ours virtualbox "VirtualBox is in use"
	# On 7.2 VirtualBox has /dev/kvm open, and a VM of KVM.
	modules "kvm_intel 401408 2 -" "${kvm[@]}"
	process 77 VBoxHeadless /dev/vboxdrv /dev/kvm anon_inode:kvm-vm
	refuses changed ours virtualbox "VirtualBox is in use: process 77 (VBoxHeadless)"
	holds 'len(d["findings"]) == 1'
	# The list of processes does not fit.
	for pid in {100..120}; do
		process "$pid" VBoxHeadless /dev/vboxdrv
	done
	refuses changed ours virtualbox "(VBoxHeadless), ..."
	# KVM's VMs are named as well.
	rm -r "$tree"/proc/1??
	process 4711 qemu-system-x86 anon_inode:kvm-vm /dev/kvm
	expect 1 changed --json switch ours --dry-run
	holds '[f["id"] for f in d["findings"]] == ["virtualbox", "vms"]'
}
