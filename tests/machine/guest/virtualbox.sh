# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Functions for VirtualBox's own programs (image "virtualbox"), which run in the
# root /vbox. Its VMs compute like those of vm_start. Sourced after lib.sh.

vbox_home=/run/vbox

# All of VirtualBox's programs in this root look for their settings here.
export VBOX_USER_HOME=$vbox_home/settings

# vbox_mount: /run is the same in the root. VirtualBox's programs talk to each
# other by sockets.
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

# vbox_load: loads VirtualBox's driver. On 7.2 modprobe would load kvm_intel
# before it, and kvm_amd, which takes half a minute of the machine's time.
vbox_load() {
	insmod "/lib/modules/$(uname -r)/updates/vboxdrv.ko"
}

# vbox_create NAME [CPUS]: writes the files that VBoxManage would write, each
# call of which takes seconds. NAME is one character. VirtualBox reads them when
# it starts, so all VMs have to be created before the first one starts, or after
# vbox_end.
vbox_create() {
	mkdir -p "$vbox_home/$1" "$VBOX_USER_HOME"
	cp /vbox/floppy "$vbox_home/$1/"
	cat >"$vbox_home/$1/$1.vbox" <<-END
		<?xml version="1.0"?>
		<VirtualBox xmlns="http://www.virtualbox.org/" version="1.19-linux">
		<Machine uuid="$(vbox_id "$1")" name="$1" OSType="Other">
		<MediaRegistry><FloppyImages>
		<Image uuid="$(vbox_id "$1")" location="$vbox_home/$1/floppy"/>
		</FloppyImages></MediaRegistry>
		<Hardware>
		<CPU count="${2:-1}"><PAE enabled="false"/><LongMode enabled="false"/></CPU>
		<Memory RAMSize="16"/>
		<Paravirt provider="None"/>
		<Boot><Order position="1" device="Floppy"/></Boot>
		<Display controller="None"/>
		<BIOS>
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

vbox_pid() {
	cat "$vbox_home/$1/pid"
}

# vbox_start NAME: starts the VM, and gives no verdict.
vbox_start() {
	rm -f "$vbox_home/$1/lines"
	chroot /vbox /usr/lib/virtualbox/VBoxHeadless --startvm "$1" --vrde off \
		>"$vbox_home/$1/out" 2>&1 &
	echo $! >"$vbox_home/$1/pid"
}

# vbox_ticks NAME: the number of rounds that the VM has computed.
vbox_ticks() {
	wc -l <"$vbox_home/$1/lines"
}

# vbox_says NAME MORE SECONDS: waits for more lines of the VM and checks all.
vbox_says() {
	vboxticks "$vbox_home/$1/lines" "$2" "$3" && return
	vbox_show "$1"
	return 1
}

# check_vbox_starts NAME: passes when the VM has been started and computes.
check_vbox_starts() {
	vbox_start "$1"
	check "VirtualBox's VM $1 runs" vbox_says "$1" 1 200
}

# check_vbox_computes DESCRIPTION NAME: passes when the VM makes progress from
# here on, and all that it has computed is right.
check_vbox_computes() {
	check "$1" vbox_says "$2" 2 60
}

vbox_ended() {
	wait_until "$2" not_running "$(vbox_pid "$1")"
}

# vbox_stop NAME: switches the VM off. VBoxHeadless does that at SIGTERM.
vbox_stop() {
	kill -TERM "$(vbox_pid "$1")"
	vbox_ended "$1" 60 && return
	vbox_show "$1"
	return 1
}

# vbox_kill NAME: VirtualBox does not get to say good-bye.
vbox_kill() {
	kill -KILL "$(vbox_pid "$1")"
	vbox_ended "$1" 60
}

# vbox_end: ends VirtualBox's server, which the first VM has started.
vbox_end() {
	local pid
	for pid in $(pidof VBoxSVC VBoxXPCOMIPCD); do
		kill -TERM "$pid"
		wait_until 60 not_running "$pid" || return
	done
}
