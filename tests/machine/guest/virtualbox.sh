# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Functions for VirtualBox's own programs (image "virtualbox"), which run in the
# root /vbox. Its VMs compute like those of vm_start. Sourced after lib.sh.

vbox_home=/run/vbox

# All of VirtualBox's programs in this root look for their settings here.
export VBOX_USER_HOME=$vbox_home/settings

# vbox_mount: makes the root usable. /run is the same there.
vbox_mount() {
	local dir
	for dir in proc sys dev run tmp; do
		mount --rbind /$dir /vbox/$dir || return
	done
	ip link set lo up
	mkdir -p $vbox_home
}

# vbox_id NAME: prints the UUID of the VM, which has the name's first character
# in it.
vbox_id() {
	printf '{00000000-0000-4000-8000-0000000000%02x}' "'$1"
}

# vbox_load: loads VirtualBox's driver. From 6.16 on modprobe would load
# kvm_intel and kvm_amd before it. The driver reads all of /proc/kallsyms, which
# takes 25 s of the machine's time.
vbox_load() {
	insmod "/lib/modules/$(uname -r)/updates/vboxdrv.ko"
}

# vbox_create NAME [CPUS]: writes the files that VBoxManage would write, which
# takes a second or two for each call. NAME is one character. VirtualBox reads them when
# it starts, so all VMs have to be created before the first one starts, or after
# vbox_end.
vbox_create() {
	mkdir -p "$vbox_home/$1" "$VBOX_USER_HOME"
	cp /vbox/floppy "$vbox_home/$1/"
	echo "${2:-1}" >"$vbox_home/$1/cpus"
	cat >"$vbox_home/$1/$1.vbox" <<-END
		<?xml version="1.0"?>
		<VirtualBox xmlns="http://www.virtualbox.org/" version="1.19-linux">
		<Machine uuid="$(vbox_id "$1")" name="$1" OSType="Other">
		<MediaRegistry><FloppyImages>
		<Image uuid="$(vbox_id "$1")" location="$vbox_home/$1/floppy"/>
		</FloppyImages></MediaRegistry>
		<Hardware>
		<CPU count="${2:-1}">
		<PAE enabled="false"/><LongMode enabled="false"/><X2APIC enabled="true"/>
		</CPU>
		<Memory RAMSize="16"/>
		<Paravirt provider="None"/>
		<Boot><Order position="1" device="Floppy"/></Boot>
		<Display controller="None"/>
		<Network><Adapter slot="0" enabled="false"/></Network>
		<BIOS>
		<IOAPIC enabled="true"/>
		<Logo fadeIn="false" fadeOut="false" displayTime="0"/>
		<BootMenu mode="Disabled"/>
		</BIOS>
		<UART><Port slot="0" enabled="true" IOBase="0x3f8" IRQ="4"
			path="$vbox_home/$1/lines" hostMode="RawFile"/></UART>
		<StorageControllers><StorageController name="f" type="I82078" PortCount="1"
			useHostIOCache="true" Bootable="true">
		<AttachedDevice type="Floppy" port="0" device="0">
		<Image uuid="$(vbox_id "$1")"/>
		</AttachedDevice>
		</StorageController></StorageControllers>
		</Hardware>
		</Machine>
		</VirtualBox>
	END
	cat >"$VBOX_USER_HOME/VirtualBox.xml" <<-END
		<?xml version="1.0"?>
		<VirtualBox xmlns="http://www.virtualbox.org/" version="1.12-linux">
		<Global><MachineRegistry>
		$(vbox_entries)
		</MachineRegistry></Global>
		</VirtualBox>
	END
}

vbox_entries() {
	local file name
	for file in "$vbox_home"/*/*.vbox; do
		name=$(basename "$file" .vbox)
		echo "<MachineEntry uuid=\"$(vbox_id "$name")\" src=\"$file\"/>"
	done
}

# vbox_show NAME: prints what VirtualBox says, with a bar so that boot does not
# take the lines for this machine's.
vbox_show() {
	local file
	for file in "$vbox_home/$1/out" "$vbox_home/$1/Logs/VBox.log"; do
		[ ! -e "$file" ] || tail -n "${2:-60}" "$file" | sed 's/^/| /'
	done
}

# vbox_said NAME REGEX: true if VirtualBox has said so about the VM.
vbox_said() {
	grep -E "$2" "$vbox_home/$1/out" "$vbox_home/$1/Logs/VBox.log"
}

vbox_pid() {
	cat "$vbox_home/$1/pid"
}

# vbox_launch NAME [CPUS]: starts the VM, with all threads on these CPUs, and
# does not wait.
vbox_launch() {
	rm -f "$vbox_home/$1/lines"
	[ -e "$vbox_home/$1/saved" ] || : >"$vbox_home/$1/saved"
	taskset -c "${2:-0-$(($(nproc) - 1))}" chroot /vbox \
		/usr/lib/virtualbox/VBoxHeadless --startvm "$1" --vrde off \
		>"$vbox_home/$1/out" 2>&1 &
	echo $! >"$vbox_home/$1/pid"
}

# vbox_ticks NAME: prints the number of rounds that the VM's CPUs have computed.
vbox_ticks() {
	wc -l <"$vbox_home/$1/lines"
}

# vbox_says NAME MORE SECONDS: waits for more lines of each CPU of the VM, and
# checks all.
vbox_says() {
	vboxticks "$(cat "$vbox_home/$1/cpus")" "$2" "$3" "$vbox_home/$1/saved" \
		"$vbox_home/$1/lines" && return
	vbox_show "$1"
	return 1
}

# vbox_start NAME [CPUS]: starts the VM, which computes until vbox_stop or
# vbox_kill.
vbox_start() {
	vbox_launch "$@"
	check "VirtualBox's VM $1 runs${2:+ (CPU $2)}" vbox_says "$1" 1 60
}

# check_vbox_computes DESCRIPTION NAME: passes when the VM makes progress from
# here on, and all that it has computed is right.
check_vbox_computes() {
	check "$1" vbox_says "$2" 2 60
}

# check_vbox_holds DESCRIPTION REFERENCES: as a client of vmxcore.
check_vbox_holds() {
	check_equal "$1: VirtualBox holds VMX $2 times" "$(refs_of vboxdrv)" "$2"
}

# check_both_compute WHEN NAME: VirtualBox's VM and KVM's go on.
check_both_compute() {
	check_vbox_computes "$1: VirtualBox's VM computes" "$2"
	check_vm_computes "  KVM's VM computes"
}

# vbox_and_kvm_start NAME CPUS: makes the machine ready, and starts a VM of each
# with so many CPUs.
vbox_and_kvm_start() {
	check "VirtualBox is there" vbox_mount
	vbox_create "$1" "$2"
	check "the test client loads" modprobe vmxcore_test
	load_kvm 0
	check "VirtualBox's driver loads" modprobe vboxdrv
	vm_start --vcpus "$2"
	vbox_start "$1"
	check_both_compute "together" "$1"
}

# vbox_ended NAME SECONDS: waits for the end of the VM. With the last VM the
# server ends, too: it would end by itself some seconds later, and refuse a VM
# that starts at that moment.
vbox_ended() {
	local vm
	wait_until "$2" not_running "$(vbox_pid "$1")" || return
	for vm in "$vbox_home"/*/pid; do
		not_running "$(cat "$vm")" || return 0
	done
	vbox_end
}

# vbox_control NAME VERB: has the VM end.
vbox_control() {
	chroot /vbox /usr/lib/virtualbox/VBoxManage controlvm "$1" "$2"
	vbox_ended "$1" 60 && return
	vbox_show "$1"
	return 1
}

# vbox_stop NAME: switches the VM off.
vbox_stop() {
	vbox_control "$1" poweroff && rm "$vbox_home/$1/saved"
}

# vbox_save NAME: the next vbox_start goes on from here. VirtualBox writes the
# lines to a new file then.
vbox_save() {
	vbox_control "$1" savestate && cat "$vbox_home/$1/lines" >>"$vbox_home/$1/saved"
}

# vbox_kill NAME: VirtualBox does not get to say good-bye.
vbox_kill() {
	kill -KILL "$(vbox_pid "$1")"
	vbox_ended "$1" 60 && rm "$vbox_home/$1/saved"
}

# vbox_end: ends VirtualBox's server, which the first VM has started.
vbox_end() {
	local pid
	for pid in $(pidof VBoxSVC); do
		kill -TERM "$pid"
		wait_until 60 not_running "$pid" || return
	done
}
